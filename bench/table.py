"""The goals, one by one: what was measured of ours and of the peer, and whether it is met.

Reads JSON lines as the benches print them. Ours and the peer's stand in a line under `ours` and
`peer`, or under the names that the goal gives.
"""

from __future__ import annotations

import json
import operator
import sys
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Line = Mapping[str, Any]
LIMITS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
}


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal: the lines it looks at, the figure it looks for in them, and the limit."""

    bench: str
    what: str
    limit: str
    figure: str = "ratio"
    ours: str = "ours"
    peer: str = "peer"
    engine: str = ""

    def takes(self, line: Line) -> bool:
        """Say whether a line tells of this."""
        is_there = line.get("bench") == self.bench and self.figure in line
        of_engine = self.engine in {"", line.get("engine")}
        return is_there and of_engine and str(line.get("what", "")).startswith(self.what)

    def is_met(self, figure: float) -> bool:
        """Say whether a figure is within the limit."""
        sign, limit = self.limit.split()
        return LIMITS[sign](figure, float(limit))


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table."""

    what: str
    engine: str
    ours: str
    peer: str
    figure: str
    goal: str
    verdict: str


COMMITS = {"ours": "audited_per_s", "peer": "base_per_s"}
CLOCKED = {"ours": "p95_ms", "peer": "p95_ms_at_few"}
GOALS = (
    Goal("overhead", "approval, audited / off", "<= 1.20"),
    Goal("overhead", "approvals of 8 clients, audited / off", ">= 0.75"),
    Goal("overhead", "what the log adds / what postgresql-audit adds", "<= 1"),
    Goal("overhead", "what the log adds / what SQLAlchemy-Continuum adds", "<= 0.5"),
    Goal("approvals", "approval with", "<= 1.1"),
    Goal("log", "audited / raw commit, sqlite, writers: 1", ">= 0.50", **COMMITS),
    Goal("log", "audited / raw commit, sqlite, writers: 8", ">= 0.65", **COMMITS),
    Goal("log", "audited / raw commit, postgresql, writers: 1", ">= 0.55", **COMMITS),
    Goal("log", "audited / raw commit, postgresql, writers: 8", ">= 0.50", **COMMITS),
    Goal("raw batch", "batch of", "<= 2.5", engine="sqlite"),
    Goal("raw batch", "batch of", "<= 6", engine="postgresql"),
    Goal("verifying", "log check / reading the rows", "<= 5"),
    Goal("verifying", "every hash / reading the rows", "<= 5"),
    Goal("verifying", "inclusion proof at", "<= 2"),
    Goal("verifying", "consistency proof at", "<= 2"),
    Goal("public", "searches", "<= 5", **CLOCKED),
    Goal("public", "searches", "<= 60", figure="p95_ms", **CLOCKED),
    Goal("public", "searches", "<= 500", figure="slowest_ms", ours="slowest_ms"),
    Goal("public", "list and facets", ">= 20", ours="ms", peer="ms_of_theirs"),
    Goal("public", "CSV of all", ">= 0.30", "speed_to_same_cells", "seconds_ours", "seconds_told",
         "sqlite"),
    Goal("public", "CSV of all", ">= 0.45", "speed_to_same_cells", "seconds_ours", "seconds_told",
         "postgresql"),
    Goal("public", "CSV of all", "<= 150", figure="first_byte_ms", ours="first_byte_ms"),
    Goal("public", "CSV of all", "<= 20", figure="memory_mb", ours="memory_mb"),
    Goal("papers", "portal / bare WeasyPrint, CPU time", "<= 1.15",
         ours="portal_pages_per_s", peer="bare_pages_per_s"),
    Goal("long papers", "CPU of a PDF page", "<= 1.10"),
    Goal("long papers", "memory", "<= 600", figure="peak_mb"),
    Goal("starting", "cold start to the first page", "<= 2.0"),
    Goal("starting", "memory of a web process", "<= 1.8"),
    Goal("load", "signed-in page", "< 500", figure="p95_ms", ours="p95_ms"),
    Goal("load", "errors", "<= 0", figure="errors", ours="errors"),
)  # fmt: skip
HEAD = Row("what", "engine", "ours", "peer", "figure", "goal", "verdict")


def rows(lines: Iterable[Line]) -> Iterator[Row]:
    """Give a row for each goal and line, and one for a goal that nothing was measured of."""
    held = list(lines)
    for goal in GOALS:
        found = [line for line in held if goal.takes(line)]
        yield from (_row(goal, line) for line in found)
        if not found:
            yield Row(goal.what, goal.engine, "", "", "", goal.limit, "not measured")


def _row(goal: Goal, line: Line) -> Row:
    figure = line[goal.figure]
    kind = "" if goal.figure == "ratio" else f", {goal.figure}"
    return Row(
        f"{line['what']}{kind}",
        str(line.get("engine", "")),
        str(line.get(goal.ours, "")),
        str(line.get(goal.peer, "")),
        str(figure),
        goal.limit,
        "met" if goal.is_met(figure) else "**missed**",
    )


def table(lines: Iterable[Line]) -> str:
    """Write the table as Markdown."""
    cells = [_cells(row) for row in (HEAD, *rows(lines))]
    cells.insert(1, ["---"] * len(cells[0]))
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def _cells(row: Row) -> Sequence[str]:
    return [row.what, row.engine, row.ours, row.peer, row.figure, row.goal, row.verdict]


def main() -> None:
    """Print the table of a file of lines."""
    text = Path(sys.argv[1]).read_text("utf-8")
    print(table(json.loads(line) for line in text.splitlines()))


if __name__ == "__main__":
    main()
