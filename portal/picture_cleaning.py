"""Making a harmless picture of one that came from outside: the one file that knows Pillow.

It runs in a process of its own (`uploads.py`): what a picture does to its reader, it does there.
What is kept is the drawing alone, drawn anew: no position, no thumbnail, no words, nothing behind
its end.
"""

from __future__ import annotations

import warnings
from io import BytesIO

from PIL import Image
from PIL import ImageCms
from PIL import ImageOps

from portal.flaws import Flaw
from portal.flaws import FlawedFileError

READS = ("JPEG", "PNG", "WEBP")
SIDE_MAX = 2400
PIXELS_MAX = 50_000_000
QUALITY = 85


def clean(content: bytes) -> bytes:
    """Return the picture as a JPEG that holds nothing but what can be seen."""
    image = _open(content)
    if getattr(image, "is_animated", False) and image.format != "MPO":
        # Phones keep a second view of a photo behind it (MPO); a second frame hides something.
        raise FlawedFileError(Flaw.MOVING)
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I"):
        # Sixteen bits of grey, of which eight are seen.
        image = image.point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        image = image.convert("RGBA")
    image.thumbnail((SIDE_MAX, SIDE_MAX))
    return _written(_in_srgb(ImageOps.exif_transpose(image), profile))


def _open(content: bytes) -> Image.Image:
    """Read the head of a picture; one with too many pixels is not decoded."""
    Image.MAX_IMAGE_PIXELS = PIXELS_MAX
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            return Image.open(BytesIO(content), formats=READS)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise FlawedFileError(Flaw.PIXELS) from error


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture in the colours of every screen; what its profile says is used up."""
    if profile is None or image.mode not in {"RGB", "RGBA", "CMYK", "L"}:
        return image
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        changed = ImageCms.profileToProfile(image, source, target, outputMode=mode)
    except (ImageCms.PyCMSError, OSError):
        # A profile of another kind of picture, or none at all: the colours may be a little off.
        return image
    return changed or image


def _written(image: Image.Image) -> bytes:
    """Return the picture as JPEG on white, from a new sheet that knows nothing of the old file."""
    sheet = Image.new("RGB", image.size, "white")
    sheet.paste(image.convert("RGB"), mask=image if image.mode == "RGBA" else None)
    written = BytesIO()
    sheet.save(written, "JPEG", quality=QUALITY)
    return written.getvalue()
