"""Where a long paper may be cut, and what stands in its parts."""

from __future__ import annotations

import pytest

from portal.long_paper import Cut
from portal.long_paper import LongPaper

PAGE = """<header>H</header>
<table><tbody><tr><td>facts</td></tr></tbody></table>
<table><thead><tr><th>one</th></tr></thead>
<tbody class="long">
<tr><td>r0</td></tr>
<tr data-sum="1">
<td>r1</td></tr>
<tr><td>r2</td></tr>
</tbody></table>
<h2>more</h2>
<table><tbody class="long"><tr><td>r3</td></tr> <tr><td>r4</td></tr></tbody></table>
<p>end</p>"""
PAPER = LongPaper.of(PAGE)


def test_only_marked_tables_are_long() -> None:
    assert len(PAPER.rows) == 5
    assert [row.count("<tr") for row in PAPER.rows] == [1] * 5
    assert PAPER.rows[1] == '<tr data-sum="1">\n<td>r1</td></tr>'
    assert [bool(text) for text in PAPER.between] == [True, False, False, True, False, True]


def test_a_paper_without_long_tables_has_no_rows() -> None:
    paper = LongPaper.of("<p>a</p>")
    assert (paper.rows, paper.between) == ([], ["<p>a</p>"])


def test_the_first_part_has_the_head_and_no_end() -> None:
    told = PAPER.part(0, 2)
    assert told.startswith("<header>H</header>")
    assert '<tr data-row="0"><td>r0</td></tr><tr data-row="1" data-sum="1">' in told
    assert not [word for word in ("r2", "more", "end", "break-before") if word in told]


def test_a_later_part_has_the_head_one_row_more_and_then_a_new_page() -> None:
    told = PAPER.part(2, 4)
    assert told.startswith("<header>H</header>")
    assert "r0" not in told
    assert '<tr data-row="1" data-sum="1">' in told
    assert '<tr data-row="2" style="break-before: page"><td>r2</td></tr>' in told
    assert told.endswith(
        '<h2>more</h2>\n<table><tbody class="long"><tr data-row="3"><td>r3</td></tr>'
    )


def test_the_last_part_has_what_stood_between_and_the_end() -> None:
    told = PAPER.part(4, 5)
    assert [word for word in ("r0", "r1", "r2") if word in told] == []
    assert told.index("one") < told.index("more") < told.index("r3") < told.index("r4")
    assert told.endswith("</tbody></table>\n<p>end</p>")


@pytest.mark.parametrize(
    ("pages", "start", "stop", "cut"),
    [
        # The last page may not be full.
        ([[0], [1, 2]], 0, 3, Cut(slice(0, 1), 1)),
        ([[0], [1], [2]], 0, 3, Cut(slice(0, 2), 2)),
        # The head of the paper and the row before are not of this part.
        ([[], [0], [1], [2]], 1, 3, Cut(slice(2, 3), 2)),
        # A page that begins with another table or its title, or within a row.
        ([[0, 1], [2], [3]], 0, 4, Cut(slice(0, 1), 2)),
        ([[0], [1], [1, 2]], 0, 3, Cut(slice(0, 1), 1)),
        ([[0, 1], [1], [1, 2]], 0, 3, None),
        # All on one page, or on one page after the head.
        ([[0, 1, 2]], 0, 3, None),
        ([[0], [1, 2]], 1, 3, None),
        # The end of the paper is the end of the last part.
        ([[0, 1, 2, 3], [4]], 0, 5, Cut(slice(0, None), 5)),
        ([[], [1], [2], [3, 4], []], 2, 5, Cut(slice(2, None), 5)),
    ],
)
def test_where_it_is_cut(pages: list[list[int]], start: int, stop: int, cut: Cut | None) -> None:
    assert PAPER.cut(pages, start, stop) == cut
