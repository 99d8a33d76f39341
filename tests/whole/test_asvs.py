"""The table in `docs/asvs.md` has every number of the standard once, and names tests that exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
PAGE = (TOP / "docs" / "asvs.md").read_text("utf-8")
# Number and level of each requirement, as version 5.0.0 lists them; nothing else of its text.
NUMBERS = (TOP / "tests" / "standards" / "asvs-5.0.0.txt").read_text("utf-8")
STANDARD = dict(line.split() for line in NUMBERS.splitlines())
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
LEFT_OUT = re.compile(r"^\| ((?:\d+\.\d+\.\d+ ?)+)\| ([^|]+) \|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
OPEN = re.compile(r"not yet|partly|reason: ", re.IGNORECASE)


def asked() -> list[str]:
    """Return the numbers of the levels that are held here."""
    return [number for number, level in STANDARD.items() if level in {"1", "2"}]


def left_out() -> list[str]:
    return [number for numbers, _ in LEFT_OUT.findall(PAGE) for number in numbers.split()]


@cache
def names_in(path: str) -> set[str]:
    tree = ast.parse((TOP / path).read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_each_requirement_stands_in_the_table_once() -> None:
    told = [number for number, *_ in ROW.findall(PAGE)] + left_out()
    assert sorted(told) == sorted(asked())


def test_each_level_is_the_standards() -> None:
    assert [row for row in ROW.findall(PAGE) if STANDARD[row[0]] != row[1]] == []


@pytest.mark.parametrize(("path", "name"), sorted(set(TEST.findall(PAGE))))
def test_each_test_that_is_named_exists(path: str, name: str) -> None:
    assert name in names_in(path)


def test_each_requirement_has_a_test_or_says_how_it_stands() -> None:
    silent = [
        number
        for number, _, _, stands in ROW.findall(PAGE)
        if not (TEST.search(stands) or OPEN.search(stands))
    ]
    assert silent == []


def test_what_is_missing_is_in_the_plan() -> None:
    plan = PAGE.partition("## What is missing")[2]
    missing = [
        number
        for number, _, _, stands in ROW.findall(PAGE)
        if re.search(r"not yet|partly", stands, re.IGNORECASE)
    ]
    planned = set(re.findall(r"\d+\.\d+\.\d+", plan))
    assert [number for number in missing if number not in planned] == []
