"""Every page and file that tells of somebody: which read it keeps, or why it keeps none."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from io import BytesIO
from zipfile import ZipFile

import pytest

from portal.youths.rules import ReadPage
from tests.conftest import Portal
from tests.doors import DOORS
from tests.doors import REPORT_FILE
from tests.doors import Door
from tests.doors import House
from tests.doors import house
from tests.world import SECRETS

# Every page and file about one person or more, and what is kept of its being opened.
KEEPS: Mapping[str, ReadPage] = {
    "/office/requests/<int:request_id>": ReadPage.REQUEST,
    "/office/requests/<int:request_id>/sent": ReadPage.REQUEST,
    "/office/requests/<int:request_id>/amend": ReadPage.AMENDMENT,
    "/office/requests/<int:request_id>/check": ReadPage.AMENDMENT,
    "/office/requests/<int:request_id>/revise": ReadPage.AMENDMENT,
    "/office/requests/<int:request_id>/attachments": ReadPage.PAPER,
    "/office/requests/<int:request_id>/attachments/<int:attachment_id>": ReadPage.PAPER,
    "/office/requests/<int:request_id>/documents/<int:document_id>.pdf": ReadPage.PAPER,
    "/office/requests.<any(csv,xlsx):ending>": ReadPage.LIST,
    "/office/decisions.<any(csv,xlsx):ending>": ReadPage.LIST,
    "/treasury/to-prepare.<any(csv,xlsx):ending>": ReadPage.LIST,
    "/treasury/payments.<any(csv,xlsx):ending>": ReadPage.LIST,
    "/treasury/payments/<int:payment_id>": ReadPage.PAYMENT,
    "/treasury/payments/<int:payment_id>/advance": ReadPage.PAYMENT,
    "/treasury/requests/<int:request_id>/prepare": ReadPage.PAYMENT,
    "/treasury/pay-sheet": ReadPage.LIST,
    "/treasury/batches/<int:batch_id>/files/<kind>": ReadPage.LIST,
    "/office/receipts/<int:receipt_id>": ReadPage.PAPER,
    "/office/papers/<int:sheet_id>.pdf": ReadPage.PAPER,
    "/office/referrals/new": ReadPage.CASE,
    "/office/referrals/<int:referral_id>": ReadPage.CASE,
    "/office/cases/<int:youth_id>": ReadPage.CASE,
    "/office/follow-ups/<int:follow_up_id>": ReadPage.CASE,
    "/office/people-helped/<int:youth_id>": ReadPage.RECORD,
    "/office/people-helped/<int:youth_id>/correct": ReadPage.CORRECTION,
    "/office/people-helped/<int:youth_id>/guardians/new": ReadPage.GUARDIAN,
    "/office/people-helped/<int:youth_id>/consents/new": ReadPage.CONSENT,
    "/office/people-helped/<int:youth_id>/consents/<any(keep, pay, share):purpose>/withdraw": (
        ReadPage.CONSENT
    ),
    "/office/people-helped/pairs/<int:pair_id>": ReadPage.PAIR,
}
# Lists on the screen, where a name passes by among others, keep none.
LISTS = frozenset(
    {
        "/office/",
        "/office/requests",
        "/office/decisions",
        "/office/people-helped",
        "/office/people-helped/pairs",
        "/office/referrals",
        "/office/follow-ups",
        "/treasury/",
        "/treasury/batches/new",
        "/treasury/batches/<int:batch_id>",
        "/treasury/statements/<account>",
        "/treasury/statements/<account>/lines",
    }
)
# What is opened of sealed values was granted by another, and stands in the log.
LOGGED = frozenset({"/office/openings/<int:opening_id>.json"})
# Files that hold nobody's name, whatever is in the database.
EMPTY_FILES = frozenset(
    {
        "/office/import/form.xlsx",
        "/office/import/<int:run_id>/corrections.xlsx",
        "/office/receipts.<any(csv,xlsx):ending>",
        f"/office/reports/<int:report_id>/{REPORT_FILE}",
        "/office/books/trial-balance.<any(csv,xlsx):ending>",
        "/office/books/funds.<any(csv,xlsx):ending>",
        "/office/books/ledger/<fund>/lines.<any(csv,xlsx):ending>",
        "/treasury/statements/<account>/<month>.<any(csv,xlsx):ending>",
    }
)
# Names and an id number of people who are helped; what others wrote is no record of theirs.
THEIRS = (*SECRETS[:3], "สมมติสุขศิริพร")
PAGES = [line for line in DOORS if line.method == "GET"]
BEHIND_SIGN_IN = [line for line in PAGES if line.path.startswith(("/office", "/treasury"))]


@pytest.fixture(scope="module")
def doors(shared_portal: Portal) -> Iterator[House]:
    with house(shared_portal) as doors:
        yield doors


def route(line: Door) -> str:
    return line.route.partition(" ")[2]


def reads(doors: House) -> list[str]:
    """Return the pages that were read, in order."""
    found = doors.file.execute("SELECT page FROM record_read ORDER BY id")
    return [page for (page,) in found]


def opened(doors: House, line: Door, name: str) -> tuple[str, list[str]]:
    """Open a page as somebody; return what can be read in it, and what is kept of that."""
    doors.undo()
    before = len(reads(doors))
    with doors.visitor(name).open(doors.address(line)) as answer:
        content = answer.get_data()
    kept = reads(doors)[before:]
    if content.startswith(b"PK"):
        with ZipFile(BytesIO(content)) as book:
            content = b"".join(book.read(part) for part in book.namelist())
    return content.decode("utf-8", "replace"), kept


def who(line: Door) -> list[str]:
    """Return who of the cast gets the page."""
    return [name for name, answer in line.answers.items() if answer == "ok"]


@pytest.mark.parametrize("line", BEHIND_SIGN_IN, ids=lambda line: f"{line.method} {line.path}")
def test_a_page_that_tells_of_somebody_keeps_who_read_it(doors: House, line: Door) -> None:
    where = route(line)
    for name in who(line):
        text, kept = opened(doors, line, name)
        if where in KEEPS:
            assert set(kept) <= {KEEPS[where]}
            assert kept or not tells(text), f"{name} reads {where}, and nothing keeps it"
            continue
        assert kept == [], f"KEEPS lacks {where}"
        if where not in LISTS | LOGGED:
            assert not tells(text), f"{where} tells of somebody: it stands in no table"
            assert where in EMPTY_FILES or "<html" in text or is_script(where), where


def tells(text: str) -> bool:
    return any(secret in text for secret in THEIRS)


def is_script(where: str) -> bool:
    return where.endswith(".js")


@pytest.mark.parametrize("where", KEEPS)
def test_each_of_these_pages_keeps_a_read_for_somebody(doors: House, where: str) -> None:
    lines = [line for line in PAGES if route(line) == where]
    assert lines, f"there is no such route: {where}"
    assert any(opened(doors, line, name)[1] for line in lines for name in who(line))


@pytest.mark.parametrize("where", sorted(LISTS))
def test_each_of_these_lists_tells_somebody_of_somebody(doors: House, where: str) -> None:
    lines = [line for line in PAGES if route(line) == where]
    assert any(tells(opened(doors, line, name)[0]) for line in lines for name in who(line))


def test_opening_a_page_again_at_once_is_one_read(doors: House) -> None:
    line = next(line for line in PAGES if line.path == "/treasury/payments/{prepared}")
    doors.undo()
    before, visitor = len(reads(doors)), doors.visitor("treasurer")
    for _ in range(2):
        visitor.get(doors.address(line))
    assert reads(doors)[before:] == [ReadPage.PAYMENT]
