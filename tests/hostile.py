"""Files that somebody might send, made by code: honest ones, and those that mean harm."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pikepdf
from pikepdf import Array
from pikepdf import Dictionary
from pikepdf import Name
from PIL import Image
from PIL import PngImagePlugin

# Stands in what a file tells beside its drawing, and must be gone from what is kept.
TELLTALE = b"told by the camera"
SCRIPT = b"<script>alert(1)</script>"
GPS, ORIENTATION, DESCRIPTION = 0x8825, 0x0112, 0x010E


def drawn(width: int = 640, height: int = 480, mode: str = "RGB") -> Image.Image:
    """A picture that is red on its left half and blue on its right."""
    image = Image.new("RGB", (width, height), "blue")
    image.paste("red", (0, 0, width // 2, height))
    return image.convert(mode)


def written(image: Image.Image, kind: str, **more: object) -> bytes:
    content = BytesIO()
    image.save(content, kind, **more)
    return content.getvalue()


def jpeg(**more: object) -> bytes:
    return written(drawn(), "JPEG", **more)


def phone_jpeg(orientation: int = 6) -> bytes:
    """As a phone writes it: turned on its side, with the place, a thumbnail's worth of words."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[DESCRIPTION] = TELLTALE.decode()
    exif.get_ifd(GPS).update({1: "N", 2: (12.0, 40.0, 51.0), 3: "E", 4: (101.0, 16.0, 40.0)})
    return jpeg(exif=exif, comment=TELLTALE, xmp=b"<x:xmpmeta>%s</x:xmpmeta>" % TELLTALE)


def png(**more: object) -> bytes:
    return written(drawn(), "PNG", **more)


def png_with_words() -> bytes:
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", TELLTALE.decode())
    words.add_itxt("XML:com.adobe.xmp", TELLTALE.decode(), zip=True)
    return png(pnginfo=words)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def huge_png(width: int = 10_000, height: int = 10_000) -> bytes:
    """A hundred million pixels in a few hundred kilobytes."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * ((width // 8 + 1) * height), 9)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def animation(kind: str) -> bytes:
    frames = [drawn(), drawn(mode="L").convert("RGB")]
    return written(frames[0], kind, save_all=True, append_images=frames[1:])


def archive(*, bytes_inside: int = 100) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("word/document.xml", b"\0" * bytes_inside)
    return content.getvalue()


def pdf(change: Callable[[pikepdf.Pdf], object] = lambda _: None, **more: object) -> bytes:
    """One page, with what `change` puts into it."""
    with pikepdf.new() as made:
        made.add_blank_page()
        made.docinfo["/Author"] = TELLTALE.decode()
        change(made)
        content = BytesIO()
        made.save(content, **more)  # type: ignore[arg-type]  # pikepdf's own options
        return content.getvalue()


def raw_pdf(*objects: bytes) -> bytes:
    """A PDF written by hand, object after object; the first is the catalogue."""
    content, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    end = b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    trailer = b"trailer << /Root 1 0 R /Size %d >>\n" % size
    return content + end + trailer + b"startxref\n%d\n%%%%EOF\n" % len(content)


PAGES = (
    b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>",
)


def action(**keys: Any) -> Callable[[pikepdf.Pdf], None]:
    """Let a link on the page do something."""

    def change(made: pikepdf.Pdf) -> None:
        link = Dictionary(Type=Name.Annot, Subtype=Name.Link, A=Dictionary(**keys))
        made.pages[0].obj.Annots = Array([made.make_indirect(link)])

    return change


def opening(**keys: Any) -> Callable[[pikepdf.Pdf], None]:
    def change(made: pikepdf.Pdf) -> None:
        made.Root.OpenAction = Dictionary(**keys)

    return change


def named(name: str, value: object) -> Callable[[pikepdf.Pdf], None]:
    """Put something into the catalogue."""

    def change(made: pikepdf.Pdf) -> None:
        made.Root[name] = value

    return change


def unreachable_script(made: pikepdf.Pdf) -> None:
    """No page leads to it; a reader that mends files may still find it."""
    made.Root.Extra = made.make_indirect(Dictionary(S=Name.JavaScript, JS="app.alert(1)"))


def embedding(made: pikepdf.Pdf) -> None:
    made.attachments["tool.exe"] = b"MZ"


def faxed(made: pikepdf.Pdf) -> None:
    """A page as a fax machine packs it; nobody here unpacks it."""
    made.Root.Extra = made.make_stream(b"\0\1\2")
    made.Root.Extra.write(b"\0\1\2", filter=Name.CCITTFaxDecode)


def photographed(made: pikepdf.Pdf, *, wrapped: bool = False) -> None:
    """A page with a phone's photo in it, as scanning programs make it."""
    photo = phone_jpeg()
    picture = pikepdf.Stream(made, b"")
    if wrapped:
        filters = Array([Name.FlateDecode, Name.DCTDecode])
        picture.write(
            zlib.compress(photo), filter=filters, decode_parms=Array([None, Dictionary()])
        )
    else:
        picture.write(photo, filter=Name.DCTDecode)
    more = {"Type": Name.XObject, "Subtype": Name.Image, "Width": 640, "Height": 480}
    for key, value in {**more, "ColorSpace": Name.DeviceRGB, "BitsPerComponent": 8}.items():
        picture[f"/{key}"] = value
    picture["/Metadata"] = made.make_stream(TELLTALE)
    made.pages[0].obj.Resources = Dictionary(XObject=Dictionary(P=picture))


def packed(
    content: bytes, *filters: str, width: int = 0, count: int = 1
) -> Callable[[pikepdf.Pdf], None]:
    """Put a stream as it is into the file, as many times as told."""

    def change(made: pikepdf.Pdf) -> None:
        made.Root.Extra = Array([])
        for _ in range(count):
            stream = pikepdf.Stream(made, b"")
            stream.write(content, filter=Array([Name(f"/{name}") for name in filters]))
            stream["/Width"] = stream["/Height"] = width
            made.Root.Extra.append(made.make_indirect(stream))

    return change


def as_it_is() -> dict[str, object]:
    """How pikepdf leaves streams alone when it writes a file."""
    return {"compress_streams": False, "stream_decode_level": pikepdf.StreamDecodeLevel.none}


def bomb(megabytes: int) -> bytes:
    """A thousandth of its size, packed."""
    pack = zlib.compressobj(9)
    whole = b"".join(pack.compress(b"\0" * 1024 * 1024) for _ in range(megabytes))
    return whole + pack.flush()
