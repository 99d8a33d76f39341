"""What may be wrong with a file that somebody sends, each with a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from portal.errors import N_
from portal.errors import InputError


class Flaw(StrEnum):
    """Why a file is not taken."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    UNKNOWN = "unknown"
    OFFICE = "office"
    HEIC = "heic"
    BROKEN = "broken"
    HEAVY = "heavy"
    MOVING = "moving"
    PIXELS = "pixels"
    PAGES = "pages"
    LOCKED = "locked"
    ACTIVE = "active"
    HOLDS_FILES = "holds_files"
    FORM = "form"


_SENTENCES: Mapping[Flaw, str] = {
    Flaw.EMPTY: N_("The file is empty. Choose it again, or take a new photo."),
    Flaw.TOO_LARGE: N_(
        "The file is larger than 10 MB. Take a photo at medium quality, or split the PDF."
    ),
    Flaw.UNKNOWN: N_("Only photos (JPEG, PNG, WebP) and PDF are taken. Take a photo of the paper."),
    Flaw.OFFICE: N_(
        "This is a document of an office program, or an archive. Save it as PDF, then send that."
    ),
    Flaw.HEIC: N_(
        "This photo is in the form HEIC, which cannot be opened here. In the camera's settings "
        "choose “Most Compatible” (JPEG), then take it again."
    ),
    Flaw.BROKEN: N_("The file cannot be read: it is damaged or cut off. Take a new photo of it."),
    Flaw.HEAVY: N_("The file takes too much work to open. Take a photo of the paper instead."),
    Flaw.MOVING: N_("The picture moves. Send a photo that stands still."),
    Flaw.PIXELS: N_("The picture has more than 50 million pixels. Take a photo of medium size."),
    Flaw.PAGES: N_("The PDF has more than 50 pages. Split it, and send only what is needed."),
    Flaw.LOCKED: N_("The PDF is locked. Save it again without a password, or photograph it."),
    Flaw.ACTIVE: N_(
        "The PDF holds a program or commands. Print it as a new PDF, or photograph the paper."
    ),
    Flaw.HOLDS_FILES: N_(
        "The PDF holds other files, sound or film. Print it as a new PDF, or photograph the paper."
    ),
    Flaw.FORM: N_(
        "The PDF is a form that must be opened in another program (XFA). Print it as a new PDF."
    ),
}


class FlawedFileError(InputError):
    """A file that somebody sent is not taken."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(_SENTENCES[flaw])
        self.flaw = flaw
