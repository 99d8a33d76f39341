"""A long paper in parts: its page cut between the rows of the tables that may become long.

A template marks such a table with `<tbody class="long">`. A row there has no `style` and no table
inside, and its cells are as wide whatever other rows there are (`table-layout: fixed`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

_ROWS = re.compile(r'(?<=<tbody class="long">).*?(?=</tbody>)', re.DOTALL)
_ROW = re.compile(r"<tr\b.*?</tr>", re.DOTALL)
# By this a row is known on the pages that are laid out.
ROW_ATTRIBUTE = "data-row"


@dataclass(frozen=True, slots=True)
class Cut:
    """Which pages of a part are kept, and the row with which the next part begins."""

    pages: slice
    row: int


@dataclass(frozen=True, slots=True)
class LongPaper:
    """The rows of a paper, and what stands before each of them and after the last one."""

    rows: Sequence[str]
    between: Sequence[str]

    @classmethod
    def of(cls, html: str) -> Self:
        """Take a page apart; one without long tables has no rows."""
        rows = [
            found.span()
            for table in _ROWS.finditer(html)
            for found in _ROW.finditer(html, *table.span())
        ]
        ends = [0, *(end for _, end in rows)]
        starts = [*(start for start, _ in rows), len(html)]
        between = [html[end:start] for end, start in zip(ends, starts, strict=True)]
        return cls(
            [html[start:end] for start, end in rows],
            [text if text.strip() else "" for text in between],
        )

    def part(self, start: int, stop: int) -> str:
        """Return the page with the rows from `start` to `stop`; its end is with the last ones.

        Before them, on pages that are thrown away, stand the head of the paper and one row more:
        running texts and sums that are carried from page to page come from there.
        """
        shown = range(max(start - 1, 0), stop)
        texts = list(self.between[: shown.start])
        for number in shown:
            is_first = number == start > 0
            told = f'{ROW_ATTRIBUTE}="{number}"' + ' style="break-before: page"' * is_first
            texts += [self.between[number], self.rows[number].replace("<tr", f"<tr {told}", 1)]
        # What is still open at the end of a part, a reader of HTML closes.
        return "".join([*texts, self.between[stop] if stop == len(self.rows) else ""])

    def cut(self, pages: Sequence[Sequence[int]], start: int, stop: int) -> Cut | None:
        """Return where to end a part, if there is a place; `pages` are the rows on each page.

        The last page is seldom full, so that its rows are laid out again with the next part.
        """
        first = next(page for page, rows in enumerate(pages) if start in rows) if start else 0
        if stop == len(self.rows):
            return Cut(slice(first, None), stop)
        for page in range(len(pages) - 1, first, -1):
            row = min(pages[page], default=0)
            # A page that begins with something else, or within a row, is no place to cut.
            if row and not self.between[row] and row not in pages[page - 1]:
                return Cut(slice(first, page), row)
        return None
