"""A paper made in parts is to every reader what it is made at once."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace
from io import BytesIO
from itertools import cycle
from itertools import islice
from pathlib import Path
from typing import Any
from typing import cast

import pikepdf
import pytest

from portal.long_paper import LongPaper
from portal.manuscript import Manuscript
from portal.papers import Order
from portal.papers import manuscript
from portal.payments.printed import Sheet
from portal.pdf import render_pdf
from tests.conftest import Portal
from tests.printed import AT
from tests.printed import RECONCILIATION
from tests.printed import REMITTANCE
from tests.printed import paper

BASE_URL = "https://fund.example"
PART_ROWS = 30
REMITTED = replace(REMITTANCE, lines=tuple(islice(cycle(REMITTANCE.lines), 95)))
RECONCILED = replace(
    RECONCILIATION,
    not_in_books=tuple(islice(cycle(RECONCILIATION.not_in_books), 55)),
    not_at_bank=tuple(islice(cycle(RECONCILIATION.not_at_bank), 40)),
)


@dataclass(frozen=True, slots=True)
class Made:
    """A paper, made at once and in parts."""

    page: Manuscript
    at_once: bytes
    in_parts: bytes


@pytest.fixture(scope="module", params=[REMITTED, RECONCILED], ids=lambda sheet: sheet.kind)
def made(request: pytest.FixtureRequest, shared_portal: Portal) -> Made:
    sheet = cast("Sheet", request.param)
    with shared_portal.app.test_request_context():
        page = manuscript(Order(sheet.kind, paper(sheet)), base_url=BASE_URL)
    return Made(page, render_pdf(page), render_pdf(page, rows_max=PART_ROWS))


def run(content: bytes, path: Path, *command: str) -> bytes:
    path.write_bytes(content)
    done = subprocess.run([*command, path], check=True, capture_output=True)  # noqa: S603 - our own
    assert done.stderr == b""
    return done.stdout


def test_it_is_made_in_several_parts(made: Made) -> None:
    """Each has a typeface of its own, and the folios have one."""
    assert count_of_typefaces(made.at_once) == 2
    assert count_of_typefaces(made.in_parts) >= 2 * 3 + 1


def count_of_typefaces(content: bytes) -> int:
    return content.count(b"/Type /FontDescriptor")


def test_every_page_looks_the_same(made: Made, tmp_path: Path) -> None:
    pictures = [
        run(content, tmp_path / "paper.pdf", "pdftoppm", "-r", "75")
        for content in (made.at_once, made.in_parts)
    ]
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("order", ["-raw", "-layout"])
def test_every_page_says_the_same(made: Made, order: str, tmp_path: Path) -> None:
    texts = [
        run(content, tmp_path / "paper.pdf", "pdftotext", order, "-enc", "UTF-8").decode()
        for content in (made.at_once, made.in_parts)
    ]
    assert texts[0] == texts[1]


def test_the_same_input_gives_the_same_bytes(made: Made) -> None:
    assert render_pdf(made.page, rows_max=PART_ROWS) == made.in_parts


def test_a_paper_with_no_more_rows_than_a_part_is_made_at_once(made: Made) -> None:
    assert len(LongPaper.of(made.page.html).rows) < 110
    assert render_pdf(made.page, rows_max=110) == made.at_once


@pytest.fixture
def both(made: Made) -> Iterator[tuple[pikepdf.Pdf, pikepdf.Pdf]]:
    with (
        pikepdf.open(BytesIO(made.at_once)) as at_once,
        pikepdf.open(BytesIO(made.in_parts)) as in_parts,
    ):
        yield at_once, in_parts


def pages_of(made: pikepdf.Pdf) -> dict[tuple[int, int], int]:
    """The number of each page, by which object it is."""
    return {page.obj.objgen: number for number, page in enumerate(made.pages)}


@dataclass(frozen=True, slots=True)
class Tags:
    """What a paper says to those who cannot see it."""

    pages: dict[tuple[int, int], int]
    # Cells are known by their names to others: where they stand, by name.
    places: dict[str, tuple[int, ...]]

    def told(self, element: Any, place: tuple[int, ...] = ()) -> list[object]:
        """Everything below an element: what it is, on which page, with which pieces of it."""
        if isinstance(element, int):  # pikepdf's own types do not say so
            return [element]
        if element.get("/Type") == "/OBJR":
            assert element.Obj.StructParent >= 0
            return [self.pages[element.Pg.objgen], str(element.Obj.A.URI)]
        said = [str(element.S), str(element.get("/Alt", ""))]
        if "/ID" in element:
            name = str(element.ID)
            assert name not in self.places
            self.places[name] = place
        attributes = dict(element.get("/A", {}).items())
        heads = [self.places.get(str(name)) for name in attributes.pop("/Headers", [])]
        assert None not in heads
        page = self.pages[element.Pg.objgen] if "/Pg" in element else None
        kids = [self.told(kid, (*place, number)) for number, kid in enumerate(element.K)]
        return [said, page, str(attributes), heads, kids]


def test_the_tags_are_the_same(both: tuple[pikepdf.Pdf, pikepdf.Pdf]) -> None:
    at_once, in_parts = (
        [Tags(pages_of(made), {}).told(kid) for kid in made.Root.StructTreeRoot.K] for made in both
    )
    assert str(at_once).count("/TD") > 400
    assert at_once == in_parts


def operations(page: pikepdf.Page) -> list[tuple[Any, str]]:
    """What is done on a page: each time with what, and what."""
    done = pikepdf.parse_content_stream(page)
    return [(each.operands, str(each.operator)) for each in done]


def test_every_piece_of_a_page_is_found_from_its_tag_and_the_other_way(
    both: tuple[pikepdf.Pdf, pikepdf.Pdf],
) -> None:
    made = both[1]
    listed = list(made.Root.StructTreeRoot.ParentTree.Nums)
    places = dict(zip(map(int, listed[::2]), listed[1::2], strict=True))
    assert list(places) == sorted(places)
    assert len(places) == len(listed) / 2
    for page in made.pages:
        tags = places.pop(int(page.StructParents))
        pieces = [
            int(operands[1].MCID)
            for operands, operator in operations(page)
            if operator == "BDC" and "/MCID" in operands[1]
        ]
        assert pieces == list(range(len(tags)))
        for piece, tag in enumerate(tags):
            assert piece in list(tag.K)
            assert tag.Pg.objgen == page.objgen
        for link in page.get("/Annots", []):
            assert link.objgen in [
                kid.Obj.objgen
                for kid in places.pop(int(link.StructParent)).K
                if isinstance(kid, pikepdf.Dictionary)
            ]
    assert places == {}


def test_a_folio_is_no_part_of_what_is_told(both: tuple[pikepdf.Pdf, pikepdf.Pdf]) -> None:
    for number, page in enumerate(both[1].pages):
        *_, (kind, begin), (drawn, draw), (_, end) = operations(page)
        assert [begin, draw, end] == ["BDC", "Do", "EMC"]
        assert (kind[0], kind[1].Type) == ("/Artifact", "/Pagination")
        assert list(map(str, drawn)) == [f"/Folio{number}"]


def outlines(made: pikepdf.Pdf) -> list[tuple[object, ...]]:
    pages = pages_of(made)

    def below(items: list[pikepdf.OutlineItem], depth: int) -> Iterator[tuple[object, ...]]:
        for item in items:
            page, _, *where = list(item.to_dictionary_object(made).Dest)
            yield str(item.title), pages[page.objgen], [float(one) for one in where], depth
            yield from below(item.children, depth + 1)

    with made.open_outline() as outline:
        return list(below(outline.root, 0))


def test_the_outlines_lead_to_the_same_places(both: tuple[pikepdf.Pdf, pikepdf.Pdf]) -> None:
    at_once, in_parts = map(outlines, both)
    assert at_once
    assert at_once == in_parts


def test_the_links_are_on_the_last_page(both: tuple[pikepdf.Pdf, pikepdf.Pdf]) -> None:
    found = [
        [
            [(str(link.A.URI), [float(side) for side in link.Rect]) for link in page.Annots]
            for page in made.pages
            if "/Annots" in page
        ]
        for made in both
    ]
    assert found[0] == found[1]
    assert "/Annots" in both[1].pages[-1]


def test_what_belongs_to_the_whole_is_there_once(
    made: Made, both: tuple[pikepdf.Pdf, pikepdf.Pdf]
) -> None:
    at_once, in_parts = both
    assert in_parts.check_pdf_syntax() == []
    assert in_parts.Root.keys() == at_once.Root.keys()
    for key in ("/Lang", "/MarkInfo", "/ViewerPreferences"):
        assert in_parts.Root[key] == at_once.Root[key]
    assert in_parts.docinfo == at_once.docinfo
    assert in_parts.Root.Metadata.read_bytes() == at_once.Root.Metadata.read_bytes()
    assert [len(each.Root.OutputIntents) for each in both] == [1, 1]
    assert [len(each.Root.AF) for each in both] == [1, 1]
    assert list(in_parts.attachments) == ["paper.json"]
    assert in_parts.attachments["paper.json"].get_file().read_bytes() == made.page.data.encode()
    for kind in (
        b"/Filespec",
        b"/Metadata",
        b"/Catalog",
        b"/Pages",
        b"/StructTreeRoot",
        b"/Document",
    ):
        wanted = rb"%b(?![A-Za-z])" % kind
        assert len(re.findall(wanted, made.in_parts)) == len(re.findall(wanted, made.at_once))


def test_nothing_in_it_is_beyond_reach(both: tuple[pikepdf.Pdf, pikepdf.Pdf]) -> None:
    made = both[1]
    count = len(made.objects)
    smaller = BytesIO()
    made.save(smaller)
    with pikepdf.open(smaller) as saved:
        assert len(saved.objects) == count


def test_the_link_can_be_found_without_decompressing(made: Made) -> None:
    link = re.search(rb"/URI \(([^)]+)\)", made.in_parts)
    assert link
    assert b"/Keywords (%b)" % link[1] in made.in_parts


TALL = "<p>น้ำ</p>" * 60
NOWHERE = f"""<html lang="th"><head><title>ก</title></head><body><table><tbody class="long">
{"".join(f"<tr><td>{number}{TALL}</td></tr>" for number in range(4))}</tbody></table></body>"""


def test_where_no_page_begins_with_a_row_it_is_not_cut(tmp_path: Path) -> None:
    page = Manuscript(NOWHERE, "one", "{}", AT)
    at_once, in_parts = (render_pdf(page, rows_max=rows) for rows in (4, 2))
    assert count_of_typefaces(in_parts) == count_of_typefaces(at_once) + 1
    pictures = [
        run(content, tmp_path / "paper.pdf", "pdftoppm", "-r", "40")
        for content in (at_once, in_parts)
    ]
    assert pictures[0] == pictures[1]
