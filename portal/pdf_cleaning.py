"""Making a harmless PDF of one that came from outside: the one file that knows pikepdf.

It runs in a process of its own (`uploads.py`). Every object of the file is looked at, also those in
object streams and those that no page leads to; what does more than show pages is refused. The rest
is written anew, without what tells who made it, where and when.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import pikepdf
from pikepdf import settings

from portal.flaws import Flaw
from portal.flaws import FlawedFileError

PAGES_MAX = 50
PIXELS_MAX = 50_000_000
# What one stream may grow to, and all together: a bomb grows a thousandfold.
STREAM_BYTES_MAX = 96 * 1024 * 1024
GROWN_BYTES_MAX = 256 * 1024 * 1024

# A key that is enough to refuse the file, whatever stands behind it.
KEYS: Mapping[str, Flaw] = {
    "/AA": Flaw.ACTIVE,
    "/JS": Flaw.ACTIVE,
    "/JavaScript": Flaw.ACTIVE,
    "/EF": Flaw.HOLDS_FILES,
    "/EmbeddedFiles": Flaw.HOLDS_FILES,
    "/RichMediaContent": Flaw.HOLDS_FILES,
    "/XFA": Flaw.FORM,
}
# What an object may not be, and what an action may not do.
KINDS: Mapping[str, Flaw] = {
    "/GoToE": Flaw.ACTIVE,
    "/GoToR": Flaw.ACTIVE,
    "/ImportData": Flaw.ACTIVE,
    "/JavaScript": Flaw.ACTIVE,
    "/Launch": Flaw.ACTIVE,
    "/PS": Flaw.ACTIVE,
    "/SubmitForm": Flaw.ACTIVE,
    "/3D": Flaw.HOLDS_FILES,
    "/EmbeddedFile": Flaw.HOLDS_FILES,
    "/FileAttachment": Flaw.HOLDS_FILES,
    "/Movie": Flaw.HOLDS_FILES,
    "/Rendition": Flaw.HOLDS_FILES,
    "/RichMedia": Flaw.HOLDS_FILES,
    "/RichMediaExecute": Flaw.HOLDS_FILES,
    "/Screen": Flaw.HOLDS_FILES,
    "/Sound": Flaw.HOLDS_FILES,
}
TELL_KIND = ("/Type", "/Subtype", "/S")
LINKS = ("http:", "https:", "mailto:", "tel:")
# What tells who made a thing, where and when.
NOTES = ("/Metadata", "/PieceInfo", "/LastModified", "/Thumb")
PICTURES = frozenset({"/CCITTFaxDecode", "/DCTDecode", "/JBIG2Decode", "/JPXDecode"})
# The marks in a JPEG: where its drawing begins, and what only tells of camera, place and time.
DRAWING = 0xDA
TELLING = frozenset({*range(0xE1, 0xEE), 0xEF, 0xFE})


def clean(content: bytes) -> bytes:
    """Return the PDF written anew, or raise `FlawedFileError`."""
    settings.set_qpdf_limits(
        flate_max_memory=STREAM_BYTES_MAX,
        run_length_max_memory=STREAM_BYTES_MAX,
        png_max_memory=STREAM_BYTES_MAX,
        tiff_max_memory=STREAM_BYTES_MAX,
        max_stream_filters=2,
    )
    try:
        with pikepdf.open(BytesIO(content), attempt_recovery=False) as pdf:
            _check_whole(pdf)
            _clean_parts(pdf)
            return _written(pdf)
    except pikepdf.PasswordError as error:
        raise FlawedFileError(Flaw.LOCKED) from error
    except (pikepdf.PdfError, pikepdf.DataDecodingError) as error:
        flaw = Flaw.HEAVY if "memory limit" in str(error) else Flaw.BROKEN
        raise FlawedFileError(flaw) from error


def _check_whole(pdf: pikepdf.Pdf) -> None:
    if pdf.is_encrypted:
        raise FlawedFileError(Flaw.LOCKED)
    if not 0 < len(pdf.pages) <= PAGES_MAX:
        raise FlawedFileError(Flaw.PAGES if len(pdf.pages) else Flaw.BROKEN)
    # What would be done as soon as the file is opened; turning to a page is fine.
    opening = pdf.Root.get("/OpenAction")
    if isinstance(opening, pikepdf.Dictionary) and opening.get("/S") != pikepdf.Name.GoTo:
        raise FlawedFileError(Flaw.ACTIVE)


def _clean_parts(pdf: pikepdf.Pdf) -> None:
    """Look at every object, take its notes away, and refuse the file for any that is not a page's.

    Streams are unpacked one by one, to see how large they grow.
    """
    grown = 0
    for item in (pdf.trailer, *filter(_has_parts, pdf.objects)):
        for part in _parts(item):
            _check(part)
            _forget_notes(part)
        if isinstance(item, pikepdf.Stream):
            grown += _grown(pdf, item)
            if grown > GROWN_BYTES_MAX:
                raise FlawedFileError(Flaw.HEAVY)


def _written(pdf: pikepdf.Pdf) -> bytes:
    # The number of the first file stays with every copy of it.
    for key in ("/Info", "/ID"):
        if key in pdf.trailer:
            del pdf.trailer[key]
    written = BytesIO()
    # Nothing is unpacked or packed again, nothing is hidden in object streams.
    pdf.save(
        written,
        compress_streams=False,
        stream_decode_level=pikepdf.StreamDecodeLevel.none,
        object_stream_mode=pikepdf.ObjectStreamMode.disable,
        fix_metadata_version=False,
        deterministic_id=True,
    )
    return written.getvalue()


def _has_parts(item: pikepdf.Object) -> bool:
    return isinstance(item, pikepdf.Array | pikepdf.Dictionary | pikepdf.Stream)


def _parts(item: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """Return an object and what stands in it; what it only points to has its own turn."""
    waiting = [item]
    while waiting:
        part = waiting.pop()
        if isinstance(part, pikepdf.Array):
            inside = list(part)
        else:
            inside = [value for _key, value in part.items()]
            yield part
        waiting += [
            value
            for value in inside
            if isinstance(value, pikepdf.Array | pikepdf.Dictionary) and not value.is_indirect
        ]


def _check(part: pikepdf.Object) -> None:
    for key in part.keys():  # noqa: SIM118 - iterating over a stream gives something else
        if key in KEYS:
            raise FlawedFileError(KEYS[key])
    for name in TELL_KIND:
        kind = str(part.get(name, ""))
        if kind in KINDS:
            raise FlawedFileError(KINDS[kind])
        if kind == "/URI" and not str(part.get("/URI", "")).lower().startswith(LINKS):
            raise FlawedFileError(Flaw.ACTIVE)
    if isinstance(part, pikepdf.Stream) and "/F" in part:
        raise FlawedFileError(Flaw.HOLDS_FILES)


def _forget_notes(part: pikepdf.Object) -> None:
    for key in NOTES:
        if key in part:
            del part[key]


def _grown(pdf: pikepdf.Pdf, stream: pikepdf.Stream) -> int:
    """Return how large a stream grows when it is unpacked, and keep it from growing too large."""
    width, height = stream.get("/Width", 0), stream.get("/Height", 0)
    if int(width) * int(height) > PIXELS_MAX:
        raise FlawedFileError(Flaw.PIXELS)
    filters = stream.get("/Filter", "")
    names = list(map(str, filters if isinstance(filters, pikepdf.Array) else [filters]))
    if names and names[-1] in PICTURES:
        return _picture(pdf, stream, names)
    return len(stream.read_bytes())


def _picture(pdf: pikepdf.Pdf, stream: pikepdf.Stream, filters: list[str]) -> int:
    """Take away what a photo in the PDF tells beside its drawing; return its size."""
    content = stream.read_raw_bytes()
    if filters[:-1]:
        # As if what is packed around the photo were all there is.
        outer = pikepdf.Stream(pdf, b"")
        outer.write(content, filter=pikepdf.Array([pikepdf.Name(name) for name in filters[:-1]]))
        content = outer.read_bytes()
    if filters[-1] == "/DCTDecode":
        how: Any = stream.get("/DecodeParms")  # a dictionary, or a list with one for each filter
        how = how[len(filters) - 1] if isinstance(how, pikepdf.Array) else how
        stream.write(_drawing(content), filter=pikepdf.Name.DCTDecode, decode_parms=how)
    return len(content)


def _drawing(jpeg: bytes) -> bytes:
    """Return a JPEG without its notes; its drawing stays, byte for byte."""
    kept, place = [jpeg[:2]], 2
    while jpeg[place : place + 1] == b"\xff" and jpeg[place + 1] != DRAWING:
        end = place + 2 + int.from_bytes(jpeg[place + 2 : place + 4])
        if jpeg[place + 1] not in TELLING:
            kept.append(jpeg[place:end])
        place = end
    return b"".join((*kept, jpeg[place:]))
