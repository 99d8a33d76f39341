from __future__ import annotations

import hashlib
import zlib
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array
from pikepdf import Dictionary
from pikepdf import Name
from PIL import Image
from PIL import ImageCms

from portal import pdf_cleaning
from portal import picture_cleaning
from portal import uploads
from portal.apart import REFUSED
from portal.apart import serve
from portal.errors import InputError
from portal.flaws import Flaw
from portal.flaws import FlawedFileError
from portal.uploads import BYTES_MAX
from portal.uploads import Upload
from portal.uploads import UploadKind
from portal.uploads import clean
from tests import hostile
from tests.hostile import TELLTALE

# The marks of the parts of a JPEG that tell of camera, place, time, or whatever was written.
NOTES = (b"Exif", b"http://ns.adobe.com", b"ICC_PROFILE", b"Photoshop", b"GPS", TELLTALE)
PICTURES = {
    "a phone's JPEG": (hostile.phone_jpeg(), (480, 640)),
    "JPEG in grey": (hostile.written(hostile.drawn(mode="L"), "JPEG"), (640, 480)),
    "JPEG for print": (hostile.written(hostile.drawn(mode="CMYK"), "JPEG"), (640, 480)),
    "PNG with words": (hostile.png_with_words(), (640, 480)),
    "PNG with a palette": (hostile.written(hostile.drawn(mode="P"), "PNG"), (640, 480)),
    "PNG in black and white": (hostile.written(hostile.drawn(mode="1"), "PNG"), (640, 480)),
    "WebP": (hostile.written(hostile.drawn(), "WEBP"), (640, 480)),
    "a large one": (hostile.written(hostile.drawn(4800, 1200), "JPEG"), (2400, 600)),
    "two views in one file": (hostile.animation("MPO"), (640, 480)),
    "JPEG and a page behind it": (hostile.jpeg() + hostile.SCRIPT, (640, 480)),
    "JPEG and an archive behind it": (hostile.jpeg() + hostile.archive(), (640, 480)),
    "JPEG with a page as its comment": (hostile.jpeg(comment=hostile.SCRIPT), (640, 480)),
}
NO_PICTURES = {
    "nothing": (b"", Flaw.EMPTY),
    "a byte too much": (b"\xff\xd8\xff" + b"\0" * (BYTES_MAX - 2), Flaw.TOO_LARGE),
    "SVG with a script": (b"<svg xmlns='x'>" + hostile.SCRIPT + b"</svg>", Flaw.UNKNOWN),
    "a page named .jpg": (b"<!doctype html>" + hostile.SCRIPT, Flaw.UNKNOWN),
    "a moving GIF": (hostile.animation("GIF"), Flaw.UNKNOWN),
    "a program": (b"MZ\x90\0" + b"\0" * 100, Flaw.UNKNOWN),
    "AVIF": (b"\0\0\0\x20ftypavif" + b"\0" * 100, Flaw.UNKNOWN),
    "TIFF": (hostile.written(hostile.drawn(), "TIFF"), Flaw.UNKNOWN),
    "a PDF behind other bytes": (b"\n" + hostile.pdf(), Flaw.UNKNOWN),
    "an archive named .pdf": (hostile.archive(), Flaw.OFFICE),
    "an archive that is a bomb": (hostile.archive(bytes_inside=50_000_000), Flaw.OFFICE),
    "an old Word document": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, Flaw.OFFICE),
    "RTF": (b"{\\rtf1\\ansi Hello}", Flaw.OFFICE),
    "HEIC": (b"\0\0\0\x24ftypheic\0\0\0\0mif1heic" + b"\0" * 100, Flaw.HEIC),
    "a moving WebP": (hostile.animation("WEBP"), Flaw.MOVING),
    "a moving PNG": (hostile.animation("PNG"), Flaw.MOVING),
    "a hundred million pixels": (hostile.huge_png(), Flaw.PIXELS),
    "a billion pixels": (hostile.huge_png(40_000, 30_000)[:3000], Flaw.PIXELS),
    "a JPEG that was cut off": (hostile.jpeg()[:-2000], Flaw.BROKEN),
    "a JPEG of three bytes": (b"\xff\xd8\xff", Flaw.BROKEN),
    "a PNG with a wrong sum": (hostile.png()[:-20] + b"\0" * 20, Flaw.BROKEN),
    "PNG whose words are a bomb": (
        hostile.png()[:-12]
        + hostile.chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"\0" * 200_000_000))
        + hostile.png()[-12:],
        Flaw.BROKEN,
    ),
}


def image_of(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content), formats=["JPEG"])


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_drawn_anew_and_tells_nothing_else(name: str) -> None:
    content, size = PICTURES[name]
    upload = clean(content)
    assert (upload.kind, upload.media_type) == (UploadKind.PICTURE, "image/jpeg")
    image = image_of(upload.content)
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", size)
    assert image.getexif() == {}
    assert image.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert upload.content.endswith(b"\xff\xd9")
    for note in (*NOTES, hostile.SCRIPT, b"PK\x03\x04"):
        assert note not in upload.content
    assert hashlib.sha256(upload.content).hexdigest() == upload.digest


def test_what_a_phone_told_was_there_before() -> None:
    found = image_of(hostile.phone_jpeg())
    assert found.getexif().get_ifd(hostile.GPS)[3] == "E"
    for note in (b"Exif", b"http://ns.adobe.com", TELLTALE):
        assert note in hostile.phone_jpeg()
    assert TELLTALE in hostile.png_with_words()


@pytest.mark.parametrize(
    ("orientation", "red"), [(1, "left"), (3, "right"), (6, "top"), (8, "bottom")]
)
def test_a_picture_stands_upright(orientation: int, red: str) -> None:
    image = image_of(clean(hostile.phone_jpeg(orientation)).content)
    width, height = image.size
    places = {
        "left": (width // 8, height // 2),
        "right": (width * 7 // 8, height // 2),
        "top": (width // 2, height // 8),
        "bottom": (width // 2, height * 7 // 8),
    }
    colours = {name: image.getpixel(place) for name, place in places.items()}
    found = colours[red]
    assert isinstance(found, tuple)
    assert (found[0] > 200, found[2] < 60) == (True, True)


def test_what_is_seen_through_is_white() -> None:
    clear = Image.new("RGBA", (100, 100), (255, 0, 0, 0))
    for kind in ("PNG", "WEBP"):
        image = image_of(clean(hostile.written(clear, kind)).content)
        assert image.getpixel((50, 50)) == (255, 255, 255)


def test_sixteen_bits_of_grey_are_not_all_white() -> None:
    grey = Image.new("I;16", (100, 100), 0x4000)
    pixel = image_of(clean(hostile.written(grey, "PNG")).content).getpixel((50, 50))
    assert isinstance(pixel, tuple)
    assert 50 < pixel[0] < 80


def test_colours_are_those_of_every_screen_and_a_wrong_profile_is_left_out() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain = clean(hostile.jpeg()).content
    for profile in (srgb, lab, b"no profile"):
        cleaned = clean(hostile.jpeg(icc_profile=profile)).content
        assert b"ICC_PROFILE" not in cleaned
        before, after = (image_of(one).getpixel((100, 100)) for one in (plain, cleaned))
        assert isinstance(before, tuple)
        assert isinstance(after, tuple)
        assert max(abs(a - b) for a, b in zip(before, after, strict=True)) < 4
    seen_through = Image.new("RGBA", (100, 100), (255, 0, 0, 255))
    kept = image_of(clean(hostile.written(seen_through, "PNG", icc_profile=srgb)).content)
    assert kept.mode == "RGB"
    palette = hostile.written(hostile.drawn(mode="P"), "PNG", icc_profile=srgb)
    assert b"ICC_PROFILE" not in clean(palette).content


def test_the_same_picture_gives_the_same_bytes() -> None:
    assert clean(hostile.phone_jpeg()) == clean(hostile.phone_jpeg())
    assert clean(hostile.pdf()).digest == clean(hostile.pdf()).digest


@pytest.mark.parametrize("name", NO_PICTURES)
def test_what_is_no_photo_is_refused_with_a_sentence(name: str) -> None:
    content, flaw = NO_PICTURES[name]
    with pytest.raises(FlawedFileError) as caught:
        clean(content)
    assert caught.value.flaw is flaw
    assert isinstance(caught.value, InputError)
    assert len(str(caught.value)) > 30


PDFS = {
    "one page": hostile.pdf(),
    "packed in object streams": hostile.pdf(
        object_stream_mode=pikepdf.ObjectStreamMode.generate, compress_streams=True
    ),
    "fifty pages": hostile.pdf(lambda made: [made.add_blank_page() for _ in range(49)]),
    "turns to a page": hostile.pdf(hostile.opening(S=Name.GoTo, D="first")),
    "turns to a page, in short": hostile.pdf(hostile.named("/OpenAction", Array([0, Name.Fit]))),
    "a link to a page of the web": hostile.pdf(
        hostile.action(S=Name.URI, URI="https://www.moe.go.th/")
    ),
    "a photo": hostile.pdf(hostile.photographed),
    "a fax": hostile.pdf(hostile.faxed, **hostile.as_it_is()),
    "a photo, packed again": hostile.pdf(
        lambda made: hostile.photographed(made, wrapped=True), **hostile.as_it_is()
    ),
    "a page and more behind it": hostile.pdf() + hostile.SCRIPT,
    "lists too deep to be read": hostile.raw_pdf(
        b"<< /Type /Catalog /Pages 2 0 R /Extra 4 0 R >>", *hostile.PAGES, b"[" * 2000 + b"]" * 2000
    ),
    "written by hand": hostile.raw_pdf(b"<< /Type /Catalog /Pages 2 0 R >>", *hostile.PAGES),
}


@pytest.mark.parametrize("name", PDFS)
def test_a_pdf_is_written_anew_and_tells_nothing_of_its_maker(name: str) -> None:
    upload = clean(PDFS[name])
    assert (upload.kind, upload.media_type) == (UploadKind.PDF, "application/pdf")
    with pikepdf.open(BytesIO(upload.content)) as kept:
        assert "/Info" not in kept.trailer
        assert "/Metadata" not in kept.Root
        assert len(kept.pages) in {1, 50}
        assert kept.check_pdf_syntax() == []
        for item in kept.objects:
            if isinstance(item, pikepdf.Stream):
                assert TELLTALE not in item.read_raw_bytes()
                assert "/Metadata" not in item
    for note in (TELLTALE, b"Exif", b"http://ns.adobe.com", hostile.SCRIPT, b"/ObjStm"):
        assert note not in upload.content


def test_the_photo_in_a_pdf_looks_as_before() -> None:
    for content in (PDFS["a photo"], PDFS["a photo, packed again"]):
        with pikepdf.open(BytesIO(clean(content).content)) as kept:
            photo = kept.pages[0].obj.Resources.XObject.P
            assert (
                image_of(photo.read_raw_bytes()).tobytes()
                == image_of(hostile.phone_jpeg()).tobytes()
            )


def test_metadata_that_was_there_is_gone() -> None:
    def told(made: pikepdf.Pdf) -> None:
        with made.open_metadata() as metadata:
            metadata["dc:creator"] = [TELLTALE.decode()]
        made.pages[0].obj.PieceInfo = Dictionary(Maker=Dictionary(Private=TELLTALE.decode()))

    content = hostile.pdf(told)
    assert TELLTALE in content
    assert TELLTALE not in clean(content).content


def hidden(name: bytes) -> bytes:
    """An action whose kind is written in another way, or stands elsewhere."""
    return hostile.raw_pdf(
        b"<< /Type /Catalog /Pages 2 0 R /Extra 4 0 R >>", *hostile.PAGES, name, b"/JavaScript"
    )


LOCKED = pikepdf.Encryption(owner="owner", user="user")
OPEN_TO_READ = pikepdf.Encryption(owner="owner", user="")
FLATE = ("FlateDecode",)
NO_PDFS = {
    "a script": (hostile.action(S=Name.JavaScript, JS="app.alert(1)"), Flaw.ACTIVE),
    "a script when opened": (hostile.opening(S=Name.JavaScript, JS="1"), Flaw.ACTIVE),
    "a page of the web when opened": (hostile.opening(S=Name.URI, URI="https://x"), Flaw.ACTIVE),
    "something when printed": (hostile.named("/AA", Dictionary()), Flaw.ACTIVE),
    "scripts by name": (
        hostile.named("/Names", Dictionary(JavaScript=Dictionary(Names=Array([])))),
        Flaw.ACTIVE,
    ),
    "a program to launch": (hostile.action(S=Name.Launch, F="calc.exe"), Flaw.ACTIVE),
    "a form that is sent": (hostile.action(S=Name.SubmitForm, F="https://x"), Flaw.ACTIVE),
    "data that is fetched": (hostile.action(S=Name.ImportData, F="x.fdf"), Flaw.ACTIVE),
    "another file to open": (hostile.action(S=Name.GoToR, F="//server/x.pdf"), Flaw.ACTIVE),
    "a link that runs": (hostile.action(S=Name.URI, URI="javascript:alert(1)"), Flaw.ACTIVE),
    "a link to this machine": (hostile.action(S=Name.URI, URI="file:///etc/passwd"), Flaw.ACTIVE),
    "a link to nowhere": (hostile.action(S=Name.URI), Flaw.ACTIVE),
    "the next action": (
        hostile.action(S=Name.GoTo, Next=Array([Dictionary(S=Name.Launch)])),
        Flaw.ACTIVE,
    ),
    "a script that no page leads to": (hostile.unreachable_script, Flaw.ACTIVE),
    "a file inside": (hostile.embedding, Flaw.HOLDS_FILES),
    "a file as a note": (
        hostile.named("/Extra", Dictionary(Subtype=Name.FileAttachment)),
        Flaw.HOLDS_FILES,
    ),
    "a film": (hostile.named("/Extra", Dictionary(Subtype=Name.RichMedia)), Flaw.HOLDS_FILES),
    "a sound": (hostile.action(S=Name.Sound), Flaw.HOLDS_FILES),
    "a form of another program": (
        hostile.named("/AcroForm", Dictionary(XFA="<xdp/>", Fields=Array([]))),
        Flaw.FORM,
    ),
    "fifty-one pages": (lambda made: [made.add_blank_page() for _ in range(50)], Flaw.PAGES),
    "no page": (lambda made: made.pages.__delitem__(0), Flaw.BROKEN),
    "a bomb": (hostile.packed(hostile.bomb(120), *FLATE), Flaw.HEAVY),
    "a bomb in a bomb": (
        hostile.packed(zlib.compress(hostile.bomb(200), 9), *FLATE, *FLATE),
        Flaw.HEAVY,
    ),
    "many small bombs": (hostile.packed(hostile.bomb(60), *FLATE, count=5), Flaw.HEAVY),
    "a picture of a billion pixels": (
        hostile.packed(b"\xff\xd8", "DCTDecode", width=40_000),
        Flaw.PIXELS,
    ),
    "what cannot be unpacked": (hostile.packed(b"not packed", *FLATE), Flaw.BROKEN),
}


@pytest.mark.parametrize("name", NO_PDFS)
def test_a_pdf_that_does_more_than_show_pages_is_refused(name: str) -> None:
    change, flaw = NO_PDFS[name]
    with pytest.raises(FlawedFileError) as caught:
        clean(hostile.pdf(change, **hostile.as_it_is()))
    assert caught.value.flaw is flaw
    assert len(str(caught.value)) > 30


HIDDEN = {
    "in an object stream": hostile.pdf(
        hostile.action(S=Name.JavaScript, JS="1"),
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
    ),
    "under a name written otherwise": hidden(b"<< /S /J#61vaScript /J#53 (1) >>"),
    "by a name that stands elsewhere": hidden(b"<< /S 5 0 R >>"),
    "deep in lists": hidden(b"[[[<< /X [<< /S /Launch >>] >>]]]"),
    "in a stream's own dictionary": hidden(
        b"<< /Length 0 /A << /S /JavaScript >> >>\nstream\n\nendstream"
    ),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_what_is_hidden_is_found(name: str) -> None:
    assert b"/S /JavaScript /JS" not in HIDDEN[name]
    with pytest.raises(FlawedFileError) as caught:
        clean(HIDDEN[name])
    assert caught.value.flaw is Flaw.ACTIVE


ODD_PDFS = {
    "locked": (hostile.pdf(encryption=LOCKED), Flaw.LOCKED),
    "locked for printing alone": (hostile.pdf(encryption=OPEN_TO_READ), Flaw.LOCKED),
    "its beginning alone": (hostile.pdf()[:200], Flaw.BROKEN),
    "only the name of one": (b"%PDF-1.7 and nothing else", Flaw.BROKEN),
    "bytes of another file": (
        hidden(b"<< /F (/etc/passwd) /Length 0 >>\nstream\n\nendstream"),
        Flaw.HOLDS_FILES,
    ),
    "pages in a ring": (
        hostile.raw_pdf(
            b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"
        ),
        Flaw.BROKEN,
    ),
}


@pytest.mark.parametrize("name", ODD_PDFS)
def test_a_pdf_that_cannot_be_read_is_refused(name: str) -> None:
    content, flaw = ODD_PDFS[name]
    with pytest.raises(FlawedFileError) as caught:
        clean(content)
    assert caught.value.flaw is flaw


def test_what_is_no_longer_small_is_refused() -> None:
    """Small when packed in object streams, and large when it is written in the open."""

    def grows(made: pikepdf.Pdf) -> None:
        made.Root.Extra = Array(
            [made.make_indirect(Dictionary(X="y" * 900)) for _ in range(12_000)]
        )

    content = hostile.pdf(grows, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    assert len(content) < BYTES_MAX // 10
    with pytest.raises(FlawedFileError) as caught:
        clean(content)
    assert caught.value.flaw is Flaw.TOO_LARGE


@pytest.mark.parametrize(
    ("program", "flaw"),
    [
        ("while True: pass", Flaw.HEAVY),
        ("import time; time.sleep(60)", Flaw.HEAVY),
        ("import os; os.abort()", Flaw.HEAVY),
        ("raise ValueError", Flaw.BROKEN),
    ],
)
def test_whatever_a_file_does_to_its_reader_ends_there(
    monkeypatch: pytest.MonkeyPatch, program: str, flaw: Flaw
) -> None:
    monkeypatch.setattr(uploads, "_PROGRAM", f"import sys; sys.stdin.buffer.read()\n{program}")
    monkeypatch.setattr(uploads, "SECONDS_MAX", 2)
    with pytest.raises(FlawedFileError) as caught:
        clean(hostile.jpeg())
    assert caught.value.flaw is flaw


def test_a_file_writes_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    target = tmp_path / "dropped"
    program = f"import sys; sys.stdin.buffer.read(); open({str(target)!r}, 'w').write('x' * 10)"
    monkeypatch.setattr(uploads, "_PROGRAM", program)
    with pytest.raises(FlawedFileError):
        clean(hostile.jpeg())
    assert target.read_bytes() == b""


def test_the_process_apart_has_no_secrets_and_little_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PORTAL_SECRET_KEY", "must not be seen")
    told = "import os, sys; sys.stdin.buffer.read(); print(sorted(os.environ)); sys.exit(0)"
    monkeypatch.setattr(uploads, "_PROGRAM", told)
    assert b"PORTAL" not in clean(hostile.jpeg()).content
    takes = "import sys; sys.stdin.buffer.read(); x = bytearray(2 << 30)"
    monkeypatch.setattr(uploads, "_PROGRAM", takes)
    with pytest.raises(FlawedFileError):
        clean(hostile.jpeg())


def served(content: bytes, cleaner: object = picture_cleaning.clean) -> tuple[int, bytes]:
    target = BytesIO()
    assert callable(cleaner)
    return serve(cleaner, BytesIO(content), target), target.getvalue()


def test_the_process_tells_what_it_found() -> None:
    code, cleaned = served(hostile.jpeg())
    assert (code, Upload(UploadKind.PICTURE, cleaned)) == (0, clean(hostile.jpeg()))
    assert served(hostile.huge_png()) == (REFUSED, b"pixels")
    assert served(hostile.pdf(encryption=LOCKED), pdf_cleaning.clean) == (REFUSED, b"locked")

    def runs_out(_content: bytes) -> bytes:
        raise MemoryError

    assert served(b"", runs_out) == (REFUSED, b"heavy")


def cleaned_here(content: bytes) -> Flaw | None:
    """What counts the lines that tests reach does not see into a process apart."""
    room = pdf_cleaning if content.startswith(b"%PDF") else picture_cleaning
    try:
        room.clean(content)
    except FlawedFileError as refusal:
        return refusal.flaw
    return None


def test_the_rooms_answer_the_same_in_this_process() -> None:
    clear = Image.new("RGBA", (100, 100), (255, 0, 0, 0))
    grey = hostile.written(Image.new("I;16", (100, 100)), "PNG")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    coloured = [hostile.jpeg(icc_profile=one) for one in (profile, b"no profile")]
    pictures = [content for content, _ in PICTURES.values()]
    for content in (*pictures, *PDFS.values(), hostile.written(clear, "PNG"), grey, *coloured):
        assert cleaned_here(content) is None
    for change, flaw in NO_PDFS.values():
        assert cleaned_here(hostile.pdf(change, **hostile.as_it_is())) is flaw
    hidden_ones = {name: (content, Flaw.ACTIVE) for name, content in HIDDEN.items()}
    for content, flaw in (ODD_PDFS | hidden_ones).values():
        assert cleaned_here(content) is flaw
    assert cleaned_here(hostile.huge_png()) is Flaw.PIXELS
    assert cleaned_here(hostile.animation("PNG")) is Flaw.MOVING
