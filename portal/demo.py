"""The demo province: a foundation whose people lived through a year, told by the same acts."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.note import Checkpoint
from portal.audit.signer import write_secret
from portal.db import db
from portal.db import writing
from portal.errors import N_
from portal.errors import RuleError
from portal.funds.books import check_books
from portal.funds.models import FundRequest
from portal.install import Install
from portal.people.models import Person
from portal.people.passwords import set_password
from portal.people.queries import as_actor
from portal.province import Province
from portal.province import load_province
from portal.publishing.figures import figures
from portal.publishing.open_build import build_if_newer
from portal.roles import Role
from portal.story.banking import bank_lives
from portal.story.batching import batch_lives
from portal.story.book import read_book
from portal.story.counts import counts
from portal.story.days import Days
from portal.story.following import followed_up
from portal.story.following import referral_lives
from portal.story.helping import note_lives
from portal.story.helping import settled_pairs
from portal.story.house import house_lives
from portal.story.reporting import report_lives
from portal.story.requests import filed_lives
from portal.story.requests import imported
from portal.story.teller import Life
from portal.story.teller import Say
from portal.story.teller import Teller
from portal.story.watching import watching_lives
from portal.worker import open_place

TOP = Path(__file__).resolve().parent.parent
# The demo is told of the province that has a field workbook and a book of its year beside its file.
WORKBOOK = next((TOP / "provinces").glob("*_requests.xlsx"))
PROVINCE = WORKBOOK.with_name(WORKBOOK.name.replace("_requests.xlsx", ".toml"))
BOOK = PROVINCE.with_name(f"{PROVINCE.stem}_year.toml")
# Known to everybody, and so only ever set in a demo.
PASSWORD = "open-to-everyone"  # noqa: S105 - the demo's, printed on the screen
MARK, WHOLE = "demo", "the year is told to its end\n"


def prepare(install: Install) -> None:
    """Make the demo's own secret, and mark the install as a demo."""
    folder = install.settings.data_dir
    if install.has_log and not (folder / MARK).exists():
        raise NotADemoError
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "secret_key").exists():
        write_secret(folder / "secret_key", secrets.token_urlsafe(48).encode())
    (folder / MARK).touch()


class NotADemoError(RuleError):
    """The demo would put invented acts and a known password into a real install."""

    def __init__(self) -> None:
        super().__init__(N_("This install is no demo; the demo needs a data folder of its own."))


class NotWholeError(RuleError):
    """The telling was cut off, or an earlier version told another story here."""

    def __init__(self) -> None:
        super().__init__(
            N_("The year of this demo is not whole. Give the demo an empty data folder.")
        )


@dataclass(frozen=True, slots=True)
class Opening:
    """How the demo begins: as the province's file says, but with no money yet, a year ago."""

    province: Province
    days: Days

    @classmethod
    def a_year_before(cls, at: datetime) -> Opening:
        """Return the opening of the year that ends now."""
        province = load_province(PROVINCE)
        return cls(province, Days(at, frozenset(day.on for day in province.calendar.closed)))

    @property
    def founding(self) -> Province:
        """Return what is founded: the money comes in during the year."""
        return replace(self.province, donations=(), allocations=())


def run(install: Install, opening: Opening, *, say: Say) -> None:
    """Tell the year, publish, build the open data, check; what was told before is left alone."""
    mark = install.settings.data_dir / MARK
    with Session(db.engine) as session:
        is_begun = session.scalar(select(FundRequest.id).limit(1)) is not None
    if not is_begun:
        teller = Teller(install, read_book(BOOK), opening.days, say)
        teller.tell(_lives(teller, opening.province))
        _set_passwords(install, at=opening.days.ends_at)
        mark.write_text(WHOLE, encoding="utf-8")
    elif mark.read_text(encoding="utf-8") != WHOLE:
        raise NotWholeError
    say("Publishing the log")
    install.publish(db.engine)
    say("Building the open data")
    build_if_newer(db.engine, open_place(install))
    with Session(db.engine) as session:
        signed = install.check_log(session)
        for line in (*_table(session, signed), *_sign_ins(session)):
            say(line)
        say(f"\n  Verified: {signed.size:,} entries under one checkpoint; the books balance.")


def _lives(teller: Teller, province: Province) -> Iterator[Life]:
    yield from house_lives(teller, province)
    yield from bank_lives(teller)
    yield from batch_lives(teller)
    yield imported(teller, WORKBOOK)
    yield from filed_lives(teller)
    yield from referral_lives(teller)
    yield from note_lives(teller)
    yield from watching_lives(teller)
    yield from report_lives(teller)
    yield settled_pairs(teller)
    yield followed_up(teller)


def _set_passwords(install: Install, *, at: datetime) -> None:
    with writing(db.engine, install.session_info()) as session:
        unset = session.scalars(select(Person.username).where(Person.password_hash.is_(None))).all()
        for username in unset:
            set_password(session, username, PASSWORD, at=at)


def _table(session: Session, signed: Checkpoint) -> list[str]:
    """Return what happened, as a short table."""
    told = figures(session)
    rows: Mapping[str, str] = {
        **{name: f"{count:,}" for name, count in counts(session).items()},
        "requests paid": f"{told.requests_paid:,}",
        "baht received": str(told.received),
        "baht committed": str(told.committed),
        "baht disbursed": str(told.disbursed),
        "baht left": str(told.left),
        "journal entries": f"{check_books(session):,}",
        "log entries": f"{signed.size:,}",
        "checkpoint": signed.root.hex()[:16],
    }
    return ["", *(f"  {name:<28}{value:>16}" for name, value in rows.items())]


def _sign_ins(session: Session) -> list[str]:
    """Return a sign-in for each role."""
    found = select(Person).where(Person.is_active).order_by(Person.id)
    people = [as_actor(person) for person in session.scalars(found)]
    lines = ["", f"  Sign in at /sign-in with the password  {PASSWORD}"]
    for role in Role:
        names = [person.username for person in people if role in person.roles]
        if names:
            lines.append(f"  {role:<24}{', '.join(names)}")
    return lines
