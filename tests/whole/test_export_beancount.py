"""The exported ledger, judged by beancount: our balances stand in it, and nothing private."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from beancount import loader
from beancount.core.data import Transaction
from click.testing import Result
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import db
from portal.funds.beancount import account_name
from portal.funds.ledger import Account
from portal.funds.ledger import EntryKind
from portal.funds.models import Balance
from portal.funds.models import JournalEntry
from tests.conftest import Maker
from tests.conftest import Portal
from tests.moved import everything_that_moves_money
from tests.statements import statements
from tests.world import SECRETS

CHECK = (sys.executable, "-m", "beancount.scripts.check")


def exported(portal: Portal, path: Path) -> Result:
    return portal.app.test_cli_runner().invoke(args=["export", "beancount", "--output", str(path)])


def summed(path: Path) -> dict[str, Decimal]:
    """Add up every posting as beancount reads it, whatever the balances say."""
    entries, errors, _ = loader.load_file(str(path))
    assert errors == []
    found: dict[str, Decimal] = defaultdict(Decimal)
    for entry in entries:
        if isinstance(entry, Transaction):
            for posting in entry.postings:
                assert posting.units is not None
                assert isinstance(posting.units.number, Decimal)
                found[posting.account] += posting.units.number
    return found


def ours() -> dict[str, Decimal]:
    with Session(db.engine) as session:
        return {
            account_name(Account(row.fund_code, row.subcommittee_code, row.place)): Decimal(
                row.satang
            )
            / 100
            for row in session.scalars(select(Balance))
        }


def test_beancount_finds_our_balances(portal: Portal, made: Maker, tmp_path: Path) -> None:
    made(everything_that_moves_money)
    with Session(db.engine) as session:
        kinds = set(session.scalars(select(JournalEntry.kind)))
    assert kinds == set(EntryKind)
    path = tmp_path / "books.beancount"
    answer = exported(portal, path)
    assert (answer.exit_code, answer.output) == (0, "")
    assert summed(path) == ours()
    checked = subprocess.run([*CHECK, str(path)], capture_output=True, text=True, check=False)  # noqa: S603 - our own
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
    told = path.read_text("utf-8")
    assert not [secret for secret in SECRETS if secret in told]
    shown = portal.app.test_cli_runner().invoke(args=["export", "beancount"])
    assert (shown.exit_code, shown.stdout) == (0, told)


def test_a_longer_ledger_asks_no_more_of_the_database(
    portal: Portal, made: Maker, tmp_path: Path
) -> None:
    def asked() -> int:
        with statements() as heard:
            assert exported(portal, tmp_path / "books").exit_code == 0
        return len(heard)

    made(lambda world: world.confirmed().id)
    once = asked()
    made(lambda world: [world.submitted().id for _ in range(3)])
    assert asked() == once


@pytest.mark.xdist_group("demo")
def test_the_demo_year_passes(demo: Portal, tmp_path: Path) -> None:
    path = tmp_path / "books.beancount"
    assert exported(demo, path).exit_code == 0
    assert summed(path) == ours()
