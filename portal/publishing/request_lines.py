"""The published requests as lines of CSV that the database writes: a million in some seconds.

They are the same bytes that `exporting.csv_bytes` would write of `request_sheet`.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import closing
from itertools import chain
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy import Engine
from sqlalchemy import String
from sqlalchemy import case
from sqlalchemy import cast
from sqlalchemy import func
from sqlalchemy import literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from portal.db import streamed
from portal.exporting import BYTE_ORDER_MARK
from portal.exporting import guarded
from portal.publishing.models import PublishedRequest
from portal.publishing.narrowing import Narrowed
from portal.publishing.request_sheet import COLUMNS
from portal.publishing.request_sheet import asked_for
from portal.publishing.searching import Search

LINES_AT_ONCE = 1_000
# What a code is called in the language of the page, by the kind of its rule.
Said = Mapping[tuple[str, str], str]


class InBangkok(FunctionElement[str]):
    """A moment of the log as it is told in a file, in Bangkok's time; nothing for an empty one."""

    type = String()
    inherit_cache = True


@compiles(InBangkok, "sqlite")
def _in_bangkok_sqlite(element: InBangkok, compiler: SQLCompiler, **how: object) -> str:
    moment = compiler.process(element.clauses, **how)
    return f"strftime('%Y-%m-%dT%H:%M:%S+07:00', {moment}, '+7 hours')"


@compiles(InBangkok, "postgresql")
def _in_bangkok_postgresql(element: InBangkok, compiler: SQLCompiler, **how: object) -> str:
    moment = f"CAST(nullif({compiler.process(element.clauses, **how)}, '') AS timestamp)"
    form = '\'YYYY-MM-DD"T"HH24:MI:SS"+07:00"\''
    return f"to_char({moment} + interval '7 hours', {form})"


class Formatted(FunctionElement[str]):
    """A text whose marks `%s` are filled in: both engines have it, by two names."""

    type = String()
    inherit_cache = True


@compiles(Formatted, "sqlite")
def _formatted_sqlite(element: Formatted, compiler: SQLCompiler, **how: object) -> str:
    return f"printf({compiler.process(element.clauses, **how)})"


@compiles(Formatted, "postgresql")
def _formatted_postgresql(element: Formatted, compiler: SQLCompiler, **how: object) -> str:
    return f"format({compiler.process(element.clauses, **how)})"


def csv_lines(engine: Engine, said: Said, search: Search, conditions: Narrowed) -> Iterator[bytes]:
    """Give all that a search finds as CSV, a piece at a time."""
    header = ",".join(f'"{column.key}"' for column in COLUMNS)
    yield f"{BYTE_ORDER_MARK}{header}\r\n".encode()
    with closing(streamed(engine, asked_for(search, conditions, _line(said)))) as rows:
        while piece := "".join(row[0] for row in islice(rows, LINES_AT_ONCE)):
            yield piece.encode()


def _line(said: Said) -> ColumnElement[str]:
    """Return one line, every cell of it quoted, as the database writes it."""
    told = cells(said)
    marks = ",".join(f'"{mark}"' for mark, _ in told) + "\r\n"
    return Formatted(literal(marks), *chain.from_iterable(values for _, values in told))


def cells(said: Said) -> Sequence[tuple[str, list[Any]]]:
    """Return how each cell of a line is written, and the values in it."""
    request = PublishedRequest
    return [
        ("%s", [request.reference]),
        ("%s", [request.status]),
        ("%s", [request.kind]),
        ("%s", [_named(said, "category", request.category)]),
        ("%s", [_named(said, "purpose", request.purpose)]),
        ("%s", [_named(said, "subcommittee", request.subcommittee)]),
        ("%s", [_named(said, "fund", request.fund)]),
        ("%s", [request.fiscal_year]),
        ("%s.%s", _baht(request.satang)),
        ("%s.%s", _baht(request.approved_satang)),
        ("%s.%s", _baht(request.disbursed_satang)),
        ("%s", [InBangkok(request.submitted_at)]),
        ("%s", [InBangkok(request.decided_at)]),
        ("%s", [InBangkok(request.paid_at)]),
    ]


def _named(said: Said, kind: str, column: InstrumentedAttribute[str]) -> ColumnElement[str]:
    names = {code: _cell(name) for (of, code), name in said.items() if of == kind}
    return case(names, value=column, else_=column) if names else column.expression


def _cell(name: str) -> str:
    return guarded(name).replace('"', '""')


def _baht(column: InstrumentedAttribute[int]) -> list[ColumnElement[Any]]:
    """Return whole baht, and the satang in two digits."""
    satang = func.substr(cast(column % 100 + 100, String), 2)
    return [column // 100, satang]
