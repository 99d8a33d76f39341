"""Every paper of the treasury as other people's tools read it: poppler's, Chrome's, and qpdf's."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from flask_babel import gettext
from fontTools.ttLib import TTFont

from portal import pdf
from portal.audit.entry import canonical
from portal.id_numbers import grouped_id
from portal.labels import TABLES
from portal.labels import label
from portal.manuscript import Manuscript
from portal.money import Money
from portal.papers import Order
from portal.papers import make_paper
from portal.papers import make_papers
from portal.papers import manuscript
from portal.payments.printed import RemittanceList
from portal.payments.printed import Sheet
from portal.pdf import render_pdf
from portal.press import PressStoppedError
from portal.press import press
from portal.thai import long_day
from portal.thai import long_month
from portal.thai import short_day
from tests.conftest import Portal
from tests.printed import AT
from tests.printed import MEMO
from tests.printed import OTHERS
from tests.printed import RECEIPT
from tests.printed import REMITTANCE
from tests.printed import SHEETS
from tests.printed import STAMP
from tests.printed import THANKS
from tests.printed import VOUCHER
from tests.printed import paper

BASE_URL = "https://fund.example"
ADDRESS = STAMP.address(BASE_URL)
ALL = [*SHEETS.values(), *OTHERS]
each_paper = pytest.mark.parametrize(
    "sheet", ALL, ids=[f"{sheet.kind}-{number}" for number, sheet in enumerate(ALL)]
)
each_template = pytest.mark.parametrize(
    "sheet", SHEETS.values(), ids=[sheet.kind for sheet in SHEETS.values()]
)


@pytest.fixture
def thai(shared_portal: Portal) -> Iterator[None]:
    with shared_portal.app.test_request_context():
        yield


pytestmark = pytest.mark.usefixtures("thai")


def written(sheet: Sheet, *, number: int = 1) -> Manuscript:
    return manuscript(Order(sheet.kind, paper(sheet, number=number)), base_url=BASE_URL)


def without_mending(page: Manuscript) -> bytes:
    made: bytes = pdf.lay_out(page.html).write_pdf(**pdf.OPTIONS)
    return made


def run(*command: str | Path) -> bytes:
    return subprocess.run(command, check=True, capture_output=True).stdout  # noqa: S603 - our own


def picture(content: bytes, path: Path) -> bytes:
    path.write_bytes(content)
    return run("pdftoppm", "-r", "75", path)


def read_by_poppler(content: bytes, path: Path) -> str:
    path.write_bytes(content)
    return run("pdftotext", "-raw", path, "-").decode()


def read_by_chrome(content: bytes, _path: Path) -> str:
    document = pypdfium2.PdfDocument(content)
    told = []
    for page in document:
        text = page.get_textpage()
        told.append(text.get_text_range())
        text.close()
        page.close()
    document.close()
    return "\n".join(told)


def bare(text: str) -> str:
    """What was written, whichever way; where a line or a page ends, words may stand apart."""
    return unicodedata.normalize("NFKC", "".join(text.split()))


class Words(HTMLParser):
    """The words of a page, without its head and without what a drawing is called."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._silent += tag in {"head", "svg"}

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"head", "svg"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found += data.split()


def words(html: str) -> list[str]:
    parser = Words()
    parser.feed(html)
    return parser.found


@each_paper
def test_two_readers_find_every_word_that_is_printed(sheet: Sheet, tmp_path: Path) -> None:
    page = written(sheet)
    content = render_pdf(page)
    printed = words(page.html)
    assert len(printed) > 60
    assert any("\u0e33" in word for word in printed)
    for reader in (read_by_poppler, read_by_chrome):
        found = bare(reader(content, tmp_path / "paper.pdf"))
        assert [word for word in printed if bare(word) not in found] == []


@each_template
def test_without_the_mending_words_are_lost_and_the_picture_is_the_same(
    sheet: Sheet, tmp_path: Path
) -> None:
    page = written(sheet)
    plain = without_mending(page)
    for reader in (read_by_poppler, read_by_chrome):
        found = bare(reader(plain, tmp_path / "plain.pdf"))
        assert [word for word in words(page.html) if bare(word) not in found]
    mended = picture(render_pdf(page), tmp_path / "mended.pdf")
    assert mended == picture(plain, tmp_path / "plain.pdf")


@each_template
def test_a_glance_finds_every_piece_that_must_be_mended(
    sheet: Sheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = written(sheet)
    made = render_pdf(page)
    monkeypatch.setattr("portal.text_layer._Letters.may_mislead", lambda *_: True)
    assert render_pdf(page) == made


@each_template
def test_the_same_input_gives_the_same_bytes(sheet: Sheet) -> None:
    order = Order(sheet.kind, paper(sheet))
    content = make_paper(order, base_url=BASE_URL)
    assert make_paper(order, base_url=BASE_URL) == content
    assert render_pdf(written(sheet, number=2)) != content


def test_made_on_every_core_they_are_the_same_in_the_same_order() -> None:
    orders = [Order(sheet.kind, paper(sheet)) for sheet in SHEETS.values()]
    made = list(make_papers(orders, base_url=BASE_URL))
    assert [one.content for one in made] == [make_paper(one, base_url=BASE_URL) for one in orders]
    assert [one.digest for one in made] == [hashlib.sha256(one.content).hexdigest() for one in made]


def test_fewer_papers_than_processes_and_none_at_all() -> None:
    page = written(THANKS)
    assert [one.content for one in press([page], processes=3)] == [render_pdf(page)]
    assert list(press([], processes=2)) == []


def test_who_stops_halfway_leaves_no_process(tmp_path: Path) -> None:
    papers = press([written(RECEIPT)] * 4, processes=2)
    next(papers)
    children = Path("/proc/self/task").glob("*/children")
    assert len(" ".join(path.read_text() for path in children).split()) >= 2
    papers.close()
    children = Path("/proc/self/task").glob("*/children")
    running = " ".join(path.read_text() for path in children).split()
    commands = [Path(f"/proc/{pid}/cmdline").read_text() for pid in running]
    assert [command for command in commands if "paper_apart" in command] == []
    assert list(tmp_path.iterdir()) == []


def test_the_press_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    made = press([written(MEMO, number=number) for number in (1, 2)], processes=1)
    next(made)
    assert [*tmp_path.rglob("weasyprint-*/*")]
    made.close()
    assert not [*tmp_path.iterdir()]


def test_a_process_that_ends_early_is_told_and_takes_no_paper_for_made(
    capfd: pytest.CaptureFixture[str],
) -> None:
    page = written(RECEIPT)
    # No bytes can be made of half a letter.
    bad = replace(page, identifier="\ud800")
    papers = press([page, bad, page, page], processes=1)
    assert next(papers).content == render_pdf(page)
    with pytest.raises(PressStoppedError):
        next(papers)
    assert "UnicodeEncodeError" in capfd.readouterr().err


def test_a_process_that_cannot_begin_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    huge = replace(written(RECEIPT), html="ก" * 1_000_000)
    with pytest.raises(PressStoppedError):
        next(press([huge], processes=1))


def leaves(told: object) -> Iterator[object]:
    """Everything that the data says, one by one; what it leaves open is not printed either."""
    if isinstance(told, dict) and told.keys() == {"satang"}:
        yield Money(told["satang"])
    elif isinstance(told, dict | list):
        for part in told.values() if isinstance(told, dict) else told:
            yield from leaves(part)
    elif told is not None and not isinstance(told, bool):
        yield told


DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(T[0-9:]{8}Z)?")


def ways(leaf: object) -> list[str]:
    """The ways in which a paper may print something of its data."""
    if isinstance(leaf, Money):
        baht, satang = divmod(abs(leaf.satang), 100)
        return [str(leaf), f"{'-' * (leaf.satang < 0)}{baht:,}{satang:02}"]
    text = str(leaf)
    if day := DAY.fullmatch(text):
        on = date.fromisoformat(day[1])
        return [long_day(on, "th"), short_day(on, "th"), long_month(on, "th")]
    for table in ("role", "channel", "payee"):
        if text in TABLES[table]:
            return [gettext(label(table, text))]
    return [text, grouped_id(text)]


@each_paper
def test_the_data_inside_is_canonical_and_all_of_it_is_printed(sheet: Sheet) -> None:
    page = written(sheet)
    with pikepdf.open(BytesIO(render_pdf(page))) as made:
        assert list(made.attachments) == ["paper.json"]
        inside = made.attachments["paper.json"].get_file()
        content = inside.read_bytes()
        assert inside.mime_type == "application/json"
        assert inside.mod_date == AT
        assert made.attachments["paper.json"].relationship == pikepdf.Name.Data
    told = json.loads(content)
    assert canonical(told) == content == page.data.encode()
    assert (told["paper"], told["reference"], told["number"]) == (sheet.kind, "PV-2570-000045", 1)
    assert told["at"] == "2026-11-25T06:30:00Z"
    printed = bare("".join(words(page.html)))
    found = [
        leaf for leaf in leaves(told["sheet"]) if any(bare(one) in printed for one in ways(leaf))
    ]
    assert found == list(leaves(told["sheet"]))


ROW = re.compile(r"^99[0-9]{8}\n([0-9,]+) ([0-9]{2})$", re.MULTILINE)


def carried(content: bytes, path: Path) -> list[tuple[list[str], list[str], list[int]]]:
    """Page by page: what is brought, what is carried forward, and the amounts that stand there."""
    path.write_bytes(content)
    pages = run("pdftotext", "-raw", path, "-").decode().split("\f")[:-1]
    amount = r"([0-9,]+(?:[.][0-9]+)?) บาท"
    return [
        (
            re.findall(f"ยอดยกมา {amount}", page),
            re.findall(f"ยอดยกไป {amount}", page),
            [Money.parse(f"{baht}.{satang}").satang for baht, satang in ROW.findall(page)],
        )
        for page in pages
    ]


def test_a_long_list_carries_its_sum_from_page_to_page(tmp_path: Path) -> None:
    pages = carried(render_pdf(written(REMITTANCE)), tmp_path / "list.pdf")
    assert len(pages) > 3
    so_far = 0
    for number, (brought, forward, amounts) in enumerate(pages, 1):
        assert brought == ([] if number == 1 else [str(Money(so_far))])
        assert amounts
        so_far += sum(amounts)
        assert forward == ([] if number == len(pages) else [str(Money(so_far))])
    assert Money(so_far) == REMITTANCE.amount
    text = read_by_poppler(render_pdf(written(REMITTANCE)), tmp_path / "list.pdf")
    assert text.count("ธนาคารและเลขที่บัญชี") == len(pages)


def test_a_short_list_carries_nothing(tmp_path: Path) -> None:
    short: RemittanceList = replace(REMITTANCE, lines=REMITTANCE.lines[:2])
    [(brought, forward, amounts)] = carried(render_pdf(written(short)), tmp_path / "list.pdf")
    assert (brought, forward) == ([], [])
    assert Money(sum(amounts)) == short.amount


@each_template
def test_each_page_has_its_number_and_the_last_one_the_address(
    sheet: Sheet, tmp_path: Path
) -> None:
    pages = read_by_poppler(render_pdf(written(sheet)), tmp_path / "paper.pdf").split("\f")[:-1]
    for number, page in enumerate(pages, 1):
        assert f"หน้า {number} จาก {len(pages)}" in page
        assert "PV-2570-000045" in page
    assert ADDRESS in pages[-1]
    # Nobody signs a page on which nothing is told.
    assert len(pages[-1].split()) > 40


@each_template
def test_what_can_be_checked_of_pdf_a_3a_holds(sheet: Sheet) -> None:
    content = render_pdf(written(sheet))
    with pikepdf.open(BytesIO(content)) as made:
        assert made.check_pdf_syntax() == []
        assert "/Encrypt" not in made.trailer
        assert len(made.trailer.ID) == 2
        root = made.Root
        assert (str(root.Lang), bool(root.MarkInfo.Marked)) == ("th", True)
        assert root.StructTreeRoot.K
        assert [str(intent.S) for intent in root.OutputIntents] == ["/GTS_PDFA1"]
        assert root.OutputIntents[0].DestOutputProfile.N == 3
        assert [str(file.AFRelationship) for file in root.AF] == ["/Data"]
        with made.open_metadata() as told:
            assert (told["pdfaid:part"], told["pdfaid:conformance"]) == ("3", "A")
            assert told["pdf:Keywords"] == str(made.docinfo.Keywords) == ADDRESS
        for item in made.objects:
            if isinstance(item, pikepdf.Dictionary):
                assert not {"/JS", "/AA", "/Launch"} & set(item.keys())
                if item.get("/Type") == "/Annot":
                    assert int(item.F) == 4  # printed, not hidden
                if item.get("/Subtype") == "/CIDFontType2":
                    assert_widths_are_the_fonts(item)


def assert_widths_are_the_fonts(font: pikepdf.Dictionary) -> None:
    """What the PDF says of a glyph's width is what the typeface inside says."""
    inside = TTFont(BytesIO(font.FontDescriptor.FontFile2.read_bytes()))
    unit = 1000 / inside["head"].unitsPerEm
    names = inside.getGlyphOrder()
    listed = list(font.W)
    for start, widths in zip(listed[::2], listed[1::2], strict=True):
        for number, width in enumerate(widths, int(start)):
            assert abs(float(width) - inside["hmtx"][names[number]][0] * unit) <= 1


def test_amounts_are_told_in_words(tmp_path: Path) -> None:
    for sheet, told in (
        (VOUCHER, "(ห้าพันสองร้อยหกสิบบาทห้าสิบสตางค์)"),
        (RECEIPT, "(สามพันแปดร้อยห้าสิบบาทห้าสิบสตางค์)"),
        (THANKS, "(ห้าหมื่นบาทถ้วน)"),
    ):
        assert told in read_by_poppler(render_pdf(written(sheet)), tmp_path / "paper.pdf")


def test_what_people_wrote_is_text_and_nothing_else(tmp_path: Path) -> None:
    told = replace(VOUCHER, beneficiary="<b>ก</b> & 3 คน")
    page = written(told)
    assert '&lt;b&gt;ก&lt;/b&gt; &amp; <span class="whole">3 คน</span>' in page.html
    assert "<b>ก</b> & 3 คน" in read_by_poppler(render_pdf(page), tmp_path / "paper.pdf")


def test_days_and_counted_things_do_not_break() -> None:
    page = written(MEMO).html
    for whole in ("วันที่ 30 พฤศจิกายน พ.ศ. 2569", "พ.ศ. 2570", "12 คน"):
        assert f'<span class="whole">{whole}</span>' in page
