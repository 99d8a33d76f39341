"""Papers as other people's tools read them: poppler's, which `make test` installs."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC
from datetime import datetime
from pathlib import Path

import pytest

from portal import pdf
from portal.drawing import Canvas
from portal.drawing import words_apart
from portal.manuscript import Manuscript
from portal.pdf import render_pdf
from portal.qr import qr_svg
from portal.text_layer import glyph_texts

LINK = "https://fund.example/v#1.AZqfAAAAcACAAAAAAAAAAQ." + "A" * 43
# Every tone over every height, letters that lose their foot, and what HarfBuzz splits.
LINES = (
    "น้ำ ก้ำ ป้ำ ทำ จำนวน สำนักงาน กำลังใจ ใบสำคัญจ่าย คำขอ ดำเนินการ",
    "นา มา ตา การศึกษา ประธานอนุกรรมการ กาลครั้งหนึ่ง น้ำน้ำ ฝั่งฝั่ง ฟื้นฟู ป้าย ปี่ ABC",
    "ที่ นี่ ผู้ ปู่ ปี่ ฝั่ง ฟ้า ป๊า เปิ้ล ฟื้น เชื่อ ลิ้น ฮึ่ม ก็ เก็บ สิทธิ์ ศุกร์",
    "ญู ฐุ ฎุ ฏุ กตัญญู ฤๅษี ต่าง ๆ ทูลเกล้าฯ ฿100 ๑๒๓๔๕๖๗๘๙๐",
)
HTML = f"""<!doctype html><html lang="th"><head><title>ใบสำคัญ</title>
<meta name="keywords" content="{LINK}"><meta name="dcterms.created" content="2026-11-20T05:00:00Z">
</head><body><h1>ใบสำคัญจ่าย จำนวนเงิน</h1>{"".join(f"<p>{line}</p>" for line in LINES)}
<p><b>{LINES[0]}</b></p><a href="{LINK}">{qr_svg(LINK, title="ตรวจสอบ")}</a></body></html>"""


def made(html: str, identifier: str = "one") -> bytes:
    return render_pdf(Manuscript(html, identifier, "{}", datetime(2026, 11, 20, 5, tzinfo=UTC)))


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("paper") / "paper.pdf"
    path.write_bytes(made(HTML))
    return path


def run(*command: str | Path) -> bytes:
    return subprocess.run(command, check=True, capture_output=True).stdout  # noqa: S603 - our own


def words(path: Path, order: str = "-raw") -> list[str]:
    return run("pdftotext", order, path, "-").decode().split()


def picture(path: Path) -> bytes:
    return run("pdftoppm", "-r", "100", path)


@pytest.mark.parametrize("order", ["-raw", "-layout", "-nopgbrk"])
def test_the_text_behind_the_picture_is_what_was_written(paper: Path, order: str) -> None:
    found = words(paper, order)
    assert [word for word in " ".join(LINES).split() if word not in found] == []
    assert [found.count(word) for word in ("น้ำ", "น้ำน้ำ", "ฝั่งฝั่ง")] == [2, 1, 1]


def test_without_the_mending_the_text_is_wrong_and_the_picture_the_same(
    paper: Path, tmp_path: Path
) -> None:
    plain = tmp_path / "plain.pdf"
    plain.write_bytes(pdf.lay_out(HTML).write_pdf(**pdf.OPTIONS))
    assert {"สำนักงาน", "นา", "การศึกษา", "ฝั่ง", "ฟื้น"}.isdisjoint(words(plain))
    assert picture(plain) == picture(paper)


def test_the_typeface_is_inside(paper: Path) -> None:
    fonts = run("pdffonts", paper).decode().splitlines()[2:]
    assert sorted(line.split()[0].partition("+")[2] for line in fonts) == [
        "Sarabun",
        "Sarabun-Bold",
    ]
    for line in fonts:
        # Embedded, a subset of itself, with a table of its texts.
        assert re.search(r"Identity-H +yes yes yes", line)


def test_it_says_that_it_is_made_to_be_archived(paper: Path) -> None:
    content = paper.read_bytes()
    assert content.startswith(b"%PDF-1.7")
    assert b'pdfaid:part="3" pdfaid:conformance="A"' in content
    told = run("pdfinfo", paper).decode()
    for line in (r"Title: +ใบสำคัญ", r"Tagged: +yes", r"Page size: .*A4", r"Creat.*2026"):
        assert re.search(line, told)


def test_the_link_can_be_found_without_decompressing(paper: Path) -> None:
    content = paper.read_bytes()
    assert f"/URI ({LINK})".encode() in content
    assert f"/Keywords ({LINK})".encode() in content
    assert f"<pdf:Keywords>{LINK}</pdf:Keywords>".encode() in content
    assert run("pdfinfo", "-url", paper).decode().split()[-1] == LINK


def test_the_same_input_gives_the_same_bytes(paper: Path) -> None:
    assert made(HTML) == paper.read_bytes()
    assert made(HTML, "two") != paper.read_bytes()


def test_a_paper_fetches_nothing(tmp_path: Path) -> None:
    (tmp_path / "secret.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"><rect width="99"'
        ' height="99"/></svg>'
    )
    image = f'<img src="{(tmp_path / "secret.svg").as_uri()}" alt="" width="99" height="99">'
    blank, tried = tmp_path / "blank.pdf", tmp_path / "tried.pdf"
    blank.write_bytes(made("<p>ก</p>"))
    tried.write_bytes(made(f"<p>ก</p>{image}"))
    assert picture(tried) == picture(blank)


def test_every_thai_glyph_says_what_it_stands_for() -> None:
    for weight in pdf.WEIGHTS:
        texts = set(glyph_texts(pdf._font(weight)).values())  # noqa: SLF001 - the file we ship
        letters = {chr(code) for code in range(0x0E01, 0x0E5C)} - {
            "\u0e3b",
            "\u0e3c",
            "\u0e3d",
            "\u0e3e",
        }
        assert letters - texts <= {"\u0e33"}  # ำ is always drawn as two
        assert {"\u0e48\u0e4d", "ฤๅ", "ญ", "ฐ"} <= texts


def test_the_words_of_a_chart_stand_on_paper_as_any_words_do(tmp_path: Path) -> None:
    """A mark over a mark is seen: the renderer would set the words of an SVG letter by letter."""
    size_mm = 4.0

    def ink(name: str, html: str) -> bytes:
        path = tmp_path / f"{name}.pdf"
        path.write_bytes(made(f'<html lang="th"><body style="margin:0">{html}</body></html>'))
        return picture(path)

    canvas = Canvas("one", 140, 40, ident="one", title="one", description="one")
    canvas.text(100, 24, "เครื่องมือเริ่มต้น", text_anchor="end", font_weight="600")
    # One unit of the drawing is a fourteenth of the letters' height.
    unit = size_mm / 14
    beside = (
        f"position:absolute;right:{(140 - 100) * unit:.2f}mm;top:{(24 - 1.068 * 14) * unit:.2f}mm;"
        f"font:600 {size_mm}mm/1.3 Sarabun;white-space:nowrap;color:#1f2a2c"
    )
    box = f"position:relative;width:{140 * unit:.2f}mm;height:{40 * unit:.2f}mm"
    wanted = f'<div style="{box}"><span style="{beside}">เครื่องมือเริ่มต้น</span></div>'
    chart = f'<figure style="margin:0;width:{140 * unit:.2f}mm">{{}}</figure>'
    apart = words_apart(canvas.finished(), 140 * unit)
    assert "<text" not in apart
    assert ink("apart", chart.format(apart)) == ink("wanted", wanted)
    assert ink("within", chart.format(canvas.finished())) != ink("wanted", wanted)
