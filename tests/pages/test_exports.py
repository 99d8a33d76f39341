"""Every list as a file: all of its rows, for nobody who may not see them, and never a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from io import BytesIO
from io import StringIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import downloads
from portal.audit.models import LogEntry
from portal.db import db
from portal.exporting import Column
from portal.exporting import Table
from portal.funds.drafting import PayeeAnswer
from portal.funds.drafting import RequestAnswer
from portal.funds.models import FundRequest
from portal.funds.queries import PAGE_LENGTH
from portal.funds.rules import Reason
from portal.funds.service import Grounds
from portal.funds.service import reject_request
from portal.labels import CHANNELS
from portal.money import Money
from portal.payments.rules import Channel
from portal.thai import tidy
from tests.conftest import Maker
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.formulas import FORMULAS
from tests.formulas import TRAPS
from tests.formulas import runs_in_csv
from tests.statements import statements
from tests.world import ANSWER
from tests.world import NOON
from tests.world import SECRETS
from tests.world import YOUTH
from tests.world import World

ENDINGS = ("csv", "xlsx")
WORKBOOK = Path(__file__).parents[2] / "provinces" / "rayong_requests.xlsx"
HOSTILE = (*FORMULAS, *TRAPS, "รวม", "Total", "-", "", "ก" * 4_000)
PRIVATE = (
    ("malee", "/office/requests"),
    ("chair5", "/office/requests"),
    ("wipa", "/office/requests"),
    ("chair5", "/office/decisions"),
    ("anong", "/treasury/to-prepare"),
    ("anong", "/treasury/payments"),
)


def rows(content: bytes, ending: str) -> list[list[object]]:
    """Read a file with other people's programs, header and all."""
    if ending == "csv":
        assert content.startswith(b"\xef\xbb\xbf")
        text = content.decode("utf-8-sig")
        return [[*row] for row in csv.reader(StringIO(text, newline=""), strict=True)]
    sheet = load_workbook(BytesIO(content)).worksheets[0]
    assert all(cell.data_type != "f" for row in sheet for cell in row)
    return [[cell.value for cell in row] for row in sheet]


def hostile(text: str, number: int) -> RequestAnswer:
    """A request that says the same hostile thing wherever it can say something."""
    line = tidy(text)
    return replace(
        ANSWER,
        finder=text[:200],
        organisation=text[:200],
        youth=replace(
            YOUTH,
            title=line[:60],
            first_name=line[:200],
            last_name=line[:200],
            national_id=[None, f"G{number:012}", f"{number:013}"][number % 3],
            schooling=text,
            birth_on=date(1890 + 5 * number, 3, 1),
        ),
        amount=Money(150_000 + number),
        payee=PayeeAnswer("other", line[:200], "006", f"{number:010}"),
        reason=text,
    )


def all_hostile(world: World) -> None:
    """Drafts, sent requests and a project, and payments of some; none from a workbook."""
    for number, text in enumerate(HOSTILE, 1):
        answer = hostile(text, number)
        match number % 4:
            case 0:
                world.draft(answer=answer)
            case 1:
                world.submitted(answer=answer)
            case 2:
                world.approved(answer=answer)
            case _:
                world.prepared(world.approved(answer=answer))
        project = replace(
            answer, youth=None, project_name=text, subcommittee="SC1", category="SURVEY"
        )
        world.submitted(answer=project)


def counts() -> tuple[int, int]:
    with Session(db.engine) as session:
        requests = session.scalar(select(func.count()).select_from(FundRequest)) or 0
        return requests, session.scalar(select(func.count()).select_from(LogEntry)) or 0


def imported(client: Visitor, content: bytes, name: str) -> str:
    """Import a file, and return the page that says what came of it."""
    answer = client.post("/office/import", data={"workbook": (BytesIO(content), name)})
    assert answer.status_code == 303, answer.text
    return client.get(f"/en{answer.location}").text


def tells(page: str, *, known: int, new: int = 0, refused: int = 0) -> bool:
    """Say whether the page of an import tells these numbers."""
    words = " ".join(page.split())
    return all(
        f'<dt>{label}</dt> <dd><span class="amount">{number}</span>' in words
        for label, number in (("New", new), ("Imported before", known), ("Refused", refused))
    )


def test_the_field_workbook_exported_and_imported_again_changes_nothing(client: Visitor) -> None:
    client.sign_in("malee")
    imported(client, WORKBOOK.read_bytes(), "requests.xlsx")
    before = counts()
    assert before[0] == 267
    for language in ("", "/en"):
        for ending in ENDINGS:
            content = client.get(f"{language}/office/requests.{ending}").data
            assert len(rows(content, ending)) == 1 + 267
            assert tells(imported(client, content, f"again.{ending}"), known=267)
    assert counts() == before


def test_hostile_requests_from_no_workbook_are_known_again(client: Visitor, made: Maker) -> None:
    made(all_hostile)
    before = counts()
    client.sign_in("malee")
    for ending in ENDINGS:
        content = client.get(f"/office/requests.{ending}").data
        page = imported(client, content, f"again.{ending}")
        assert tells(page, known=before[0]), page
    assert counts() == before


def test_what_a_workbook_brought_in_is_known_by_its_reference_too(
    client: Visitor, made: Maker
) -> None:
    made(lambda world: world.submitted().id)
    client.sign_in("malee")
    (header, row) = rows(client.get("/office/requests.csv").data, "csv")
    changed = [*row]
    changed[header.index("amount")] = "1501.00"
    unknown = [*row]
    unknown[header.index("reference")] = "RYG-2570-000999"
    content = "\r\n".join(
        ",".join(f'"{cell}"' for cell in line) for line in (header, row, changed, unknown)
    )
    before = counts()
    page = imported(client, content.encode("cp874"), "changed.csv")
    assert tells(page, known=1, refused=2)
    assert "The portal holds something else of this request" in page
    assert "The portal has no request of this reference" in page
    assert counts() == before


def test_an_erased_person_is_exported_without_a_trace_and_known_again(
    client: Visitor, made: Maker, portal: Portal
) -> None:
    def refused(world: World) -> str:
        fund_request = world.to_decide()
        reject_request(
            world.session,
            fund_request.id,
            Grounds(Reason.DUPLICATE, ""),
            seen_version=fund_request.version,
            by=world.somchai,
            at=NOON,
        )
        assert fund_request.reference
        return fund_request.reference

    reference = made(refused)
    told = portal.app.test_cli_runner().invoke(args=["erase", reference, "--ticket", "T-1"])
    assert told.exit_code == 0, told.output
    client.sign_in("malee")
    for ending in ENDINGS:
        content = client.get(f"/office/requests.{ending}").data
        assert not any(secret in str(rows(content, ending)) for secret in SECRETS)
        assert tells(imported(client, content, f"again.{ending}"), known=1)
    client.sign_in("wipa")
    assert "erased" in client.get("/office/requests.csv").text


@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_in_any_export_is_run(client: Visitor, made: Maker, ending: str) -> None:
    made(all_hostile)
    for username, path in PRIVATE:
        client.sign_in(username)
        answer = client.get(f"{path}.{ending}")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
        found = rows(answer.data, ending)
        assert len(found) > 5, path
        if ending == "csv":
            numbers = {"amount", "amount_baht", "number"}
            header = found[0]
            assert not [
                cell
                for row in found[1:]
                for key, cell in zip(header, row, strict=True)
                if key not in numbers and runs_in_csv(str(cell))
            ]


def test_a_file_holds_the_whole_list_as_it_is_narrowed(client: Visitor, made: Maker) -> None:
    def many(world: World) -> None:
        for _ in range(PAGE_LENGTH + 2):
            world.submitted()
        world.submitted_project()
        world.draft()

    made(many)
    client.sign_in("malee")
    for query, count in (
        ("", PAGE_LENGTH + 4),
        ("?page=2", PAGE_LENGTH + 4),
        ("?state=submitted", PAGE_LENGTH + 3),
        ("?state=draft", 1),
        ("?subcommittee=SC1", 1),
        ("?text=000001", 1),
        ("?text=nobody", 0),
    ):
        for ending in ENDINGS:
            content = client.get(f"/office/requests.{ending}{query}").data
            assert len(rows(content, ending)) == 1 + count, query
    page = client.get("/office/requests?state=submitted&subcommittee=SC5&page=1").text
    for ending in ENDINGS:
        assert f'href="/office/requests.{ending}?state=submitted&amp;subcommittee=SC5"' in page


def test_a_list_holds_only_what_the_person_may_see(client: Visitor, made: Maker) -> None:
    def all_of_them(world: World) -> None:
        world.submitted()
        world.approved()
        world.draft(by=world.finder)

    made(all_of_them)
    for username, count in (
        ("malee", 3),
        ("chair5", 2),
        ("chair2", 0),
        ("finder1", 1),
        ("finder2", 0),
        ("anong", 1),
        ("wipa", 2),
        ("admin", 0),
    ):
        client.sign_in(username)
        found = rows(client.get("/office/requests.csv").data, "csv")
        assert len(found) == 1 + count, username
        # Numbers and accounts leave the house only with who completes the workbook.
        assert ("national_id" in found[0]) == (username == "malee")
    assert client.get("/treasury/payments.csv").status_code == 403


def test_a_workbook_is_for_people_and_csv_for_programs(client: Visitor, made: Maker) -> None:
    made(lambda world: world.confirmed().id)
    client.sign_in("anong")
    (header, row) = rows(client.get("/en/treasury/payments.xlsx?state=confirmed").data, "xlsx")
    told = dict(zip(header, row, strict=True))
    assert told["State"] == "Confirmed by the bank"
    assert (told["Amount (baht)"], told["Account number"]) == (1500, SECRETS[3])
    assert str(told["Prepared at"]) == "2026-11-20 12:00:00"
    (header, row) = rows(client.get("/treasury/payments.csv").data, "csv")
    told = dict(zip(header, row, strict=True))
    assert (told["state"], told["amount_baht"]) == ("confirmed", "1500.00")
    assert told["prepared_at"] == "2026-11-20T12:00:00+07:00"
    assert told["bank"] == "ธนาคารกรุงไทย"
    assert client.get("/treasury/payments.csv?state=nonsense").status_code == 404


def paid_by(world: World, channel: Channel) -> tuple[str, str]:
    """A payment that arrived by this way, and its request."""
    payment = world.sent(payment=world.prepared(channel=channel))
    if channel is Channel.CASH:
        world.receipted(payment)
    world.confirm(payment)
    fund_request = world.session.get_one(FundRequest, payment.fund_request_id)
    return payment.reference, str(fund_request.reference)


@pytest.mark.parametrize(
    ("channel", "said"),
    [
        (Channel.TRANSFER, ("Sent to the bank", "Confirmed by the bank")),
        (Channel.CASH, ("Handed over in cash", "Confirmed by the signed receipt")),
    ],
)
def test_what_became_of_money_is_said_as_it_travelled(
    client: Visitor, portal: Portal, made: Maker, channel: Channel, said: tuple[str, str]
) -> None:
    payment, fund_request = made(lambda world: paid_by(world, channel))
    portal.install.publish(db.engine)
    others = {"Sent to the bank", "Confirmed by the bank", "Handed over in cash"} - {*said}
    client.sign_in("anong")
    for path in (
        "/en/treasury/payments/1",
        "/en/office/requests/1",
        f"/en/requests/{fund_request}",
        f"/en/payments/{payment}",
    ):
        page = client.get(path).text
        assert [words for words in said if words not in page] == [], path
        assert [words for words in others if words in page] == [], path
    (header, row) = rows(client.get("/en/treasury/payments.xlsx").data, "xlsx")
    told = dict(zip(header, row, strict=True))
    assert (told["State"], told["How the money travels"]) == (
        said[1],
        CHANNELS[channel],
    )


def test_the_public_list_is_a_file_too(client: Visitor, made: Maker, portal: Portal) -> None:
    made(lambda world: (world.confirmed().id, world.submitted_project().id))
    portal.install.publish(db.engine)
    for ending in ENDINGS:
        answer = client.get(f"/en/requests.{ending}")
        assert answer.headers["Content-Disposition"] == f"attachment; filename=requests.{ending}"
        assert len(rows(answer.data, ending)) == 3
        again = client.get(
            f"/en/requests.{ending}", headers={"If-None-Match": answer.headers["ETag"]}
        )
        assert (again.status_code, again.data) == (304, b"")
        assert len(rows(client.get(f"/requests.{ending}?status=paid").data, ending)) == 2
        assert client.get(f"/requests.{ending}?status=nonsense").status_code == 404
        assert f'href="/requests.{ending}?status=paid"' in client.get("/requests?status=paid").text
    (header, _, row) = rows(client.get("/requests.csv").data, "csv")
    told = dict(zip(header, row, strict=True))
    assert (told["status"], told["paid_baht"]) == ("paid", "1500.00")


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_longer_list_asks_no_more_of_the_database(
    client: Visitor, made: Maker, ending: str
) -> None:
    client.sign_in("malee")

    def asked() -> int:
        with statements() as heard:
            assert client.get(f"/office/requests.{ending}").data
        return len(heard)

    made(lambda world: world.submitted().id)
    once = asked()
    made(lambda world: [world.submitted().id for _ in range(20)])
    assert asked() == once


def test_who_lists_is_told_how_many_rows_were_given_out(portal: Portal) -> None:
    given: list[int] = []

    def three() -> Iterator[tuple[str]]:
        yield from (("a",), ("b",), ("c",))

    def table() -> Table:
        return Table("letters", (Column("letter", "Letter"),), three())

    with portal.app.test_request_context("/"):
        for ending in ENDINGS:
            answer = downloads.download(table(), ending, noted=given.append)
            answer.direct_passthrough = False
            assert answer.data
            answer.close()
        broken_off = downloads.download(table(), "csv", noted=given.append)
        broken_off.close()
    assert given == [3, 3]
