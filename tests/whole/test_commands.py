"""The commands, as an administrator types them."""

from __future__ import annotations

import importlib
import json
import os
import re
import signal
import sys
from collections.abc import Callable
from collections.abc import Iterator
from contextvars import Context
from dataclasses import replace
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from pathlib import Path
from threading import Timer

import pytest
from click.testing import Result
from granian import Granian
from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.orm import Session

from config import MissingSettingError
from portal import cli
from portal.app import create_app
from portal.audit.entry import parse
from portal.audit.models import Erasure
from portal.audit.models import LogEntry
from portal.clock import now
from portal.concerns.codes import ConcernState
from portal.concerns.codes import ConcernTopic
from portal.concerns.codes import Outcome
from portal.concerns.docket import Reply
from portal.concerns.models import Concern
from portal.concerns.rules import SILENCE
from portal.concerns.service import answer_concern
from portal.concerns.service import take_up_concern
from portal.db import db
from portal.db import writing
from portal.funds import intake
from portal.funds import workbook
from portal.funds.models import FundRequest
from portal.funds.workbook import Refusal
from portal.letters.models import Letter
from portal.payments.accounts import open_account
from portal.payments.models import BankLine
from portal.people.keys import KEPT_FOR
from portal.people.keys import Sent
from portal.people.keys import new_form_key
from portal.people.keys import take_key
from portal.people.models import Once
from portal.people.passwords import check_password
from portal.publishing.grants_json import Registered
from portal.publishing.models import PublishedPosition
from portal.publishing.open_versions import Versions
from portal.publishing.service import TABLES
from portal.sheets import read_tables
from portal.told import MISUSED
from portal.worker import Worker
from tests.acts.test_statement_lines import rows
from tests.conftest import PROVINCE
from tests.conftest import Maker
from tests.conftest import Portal
from tests.factors import app_of
from tests.mailbox import free_port
from tests.mailbox import mailbox
from tests.serving import own_journal
from tests.world import ACCOUNT
from tests.world import NOON
from tests.world import World

TOP = Path(__file__).parent.parent.parent
WORKBOOK = TOP / "provinces" / "rayong_requests.xlsx"
SHARED = TOP.parent / "shared" / "data" / "field_requests_rayong.expected.json"


def run(portal: Portal, *words: str) -> Result:
    return portal.app.test_cli_runner().invoke(args=words)


def count(table: type) -> int:
    with Session(db.engine) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_the_workbook_is_answered_row_by_row(portal: Portal) -> None:
    if not SHARED.exists():
        pytest.skip(f"{SHARED} is not here")
    expected = json.loads(SHARED.read_text("utf-8"))
    answer = run(portal, "import-requests", str(WORKBOOK), "--as", "malee", "--dry-run", "--json")
    assert answer.exit_code == 0
    found = json.loads(answer.stdout)
    assert found["rows"] == [
        {"row": row["row"], "refused": row["refused"], "warned": row["warned"]}
        for row in expected["rows"]
    ]
    assert expected["summary"].items() <= found["summary"].items()
    assert count(FundRequest) == 0


def test_a_dry_run_answers_and_changes_nothing(portal: Portal) -> None:
    before = count(LogEntry)
    answer = run(portal, "import-requests", str(WORKBOOK), "--as", "malee", "--dry-run")
    assert (answer.exit_code, "row 8: bad_date" in answer.stdout) == (0, True)
    assert (count(FundRequest), count(LogEntry)) == (0, before)


def test_importing_twice_adds_nothing(portal: Portal) -> None:
    first = run(portal, "import-requests", str(WORKBOOK), "--as", "malee")
    assert first.exit_code == 0, first.output
    before = count(FundRequest), count(LogEntry)
    again = run(portal, "import-requests", str(WORKBOOK), "--as", "malee", "--json")
    assert (
        json.loads(again.stdout)["summary"] | {"imported": 0, "imported_before": 267}
        == (json.loads(again.stdout)["summary"])
    )
    assert (count(FundRequest), count(LogEntry)) == before
    assert before[0] == 267


def test_a_refused_duplicate_stays_out_whichever_workbook_it_stands_in(portal: Portal) -> None:
    run(portal, "import-requests", str(WORKBOOK), "--as", "malee")
    tables = read_tables(WORKBOOK.read_bytes(), name=WORKBOOK.name)
    with Session(db.engine) as session:
        names, imports = intake.names(session), intake.imports(session)
    first = workbook.judge(tables, names)
    duplicates = [row for row in first if row.refused == (Refusal.DUPLICATE_IN_FILE,)]
    assert duplicates
    reasons = dict.fromkeys(Refusal, "?")
    header, *rows = workbook.correction_sheet(first, reasons)
    for row in rows:
        row[header.index("จำนวนเงิน (บาท)")] = 123
    again = workbook.judge({"x": [header, *rows]}, names, imports)
    assert {row.row for row in again if row.refused == (Refusal.DUPLICATE_IN_FILE,)} >= {
        row.row for row in duplicates
    }
    # What was imported is answered as before, and what was changed a little does not come in twice.
    assert [row.refused for row in workbook.judge(tables, names, imports)] == [
        row.refused for row in first
    ]


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("import-requests", str(WORKBOOK), "--as", "nobody"), 1, "nobody with the username"),
        (("import-requests", str(WORKBOOK), "--as", "wipa"), 1, "Only"),
        (("import-requests", str(PROVINCE), "--as", "malee"), 2, ""),
        (("import-requests", "missing.xlsx", "--as", "malee"), 2, "does not exist"),
        (("user", "reset", "nobody"), 1, "nobody with"),
    ],
)
def test_a_mistake_gets_a_sentence_and_changes_nothing(
    portal: Portal, words: tuple[str, ...], code: int, sentence: str
) -> None:
    answer = run(portal, *words)
    assert (answer.exit_code, count(FundRequest)) == (code, 0)
    assert sentence in answer.stderr
    assert "Traceback" not in answer.output


def test_a_second_province_needs_a_file_and_an_install_of_its_own(portal: Portal) -> None:
    again = run(portal, "init-province", str(PROVINCE))
    assert (again.exit_code, "nothing was changed" in again.output) == (0, True)
    other = run(portal, "init-province", str(PROVINCE.with_name("suratthani.toml")))
    assert other.exit_code == 1
    assert "an install of its own" in other.stderr


def test_a_foundation_that_is_set_up_may_be_registered_with_360giving(
    portal: Portal, tmp_path: Path
) -> None:
    file = tmp_path / "registered.toml"
    told = '[publisher]\nprefix = "360G-rayong"\norganisation_id = "XX-TEST-1"\n'
    file.write_text(f"{PROVINCE.read_text('utf-8')}\n{told}", "utf-8")
    assert portal.install.registered is None
    for sentence in ("its ids in open data are new", "nothing was changed"):
        answer = run(portal, "init-province", str(file))
        assert (answer.exit_code, sentence in answer.output) == (0, True)
        assert portal.install.registered == Registered("360G-rayong", "XX-TEST-1")
    assert "are new" in run(portal, "init-province", str(PROVINCE)).output
    assert portal.install.registered is None


def test_the_ids_of_360giving_are_exchanged_as_a_whole(portal: Portal) -> None:
    first, second = Registered("360G-rayong", "XX-TEST-1"), Registered("360G-r", "X-1")
    assert portal.install.register(first)
    kept = portal.install.settings.data_dir / "publisher.json"
    with kept.open("rb") as reader:
        assert portal.install.register(second)
        # Whoever reads meanwhile reads the former file to its end.
        assert Registered(**json.loads(reader.read())) == first
    assert portal.install.registered == second
    assert not list(kept.parent.glob("*publisher.json.*"))


def test_books_log_and_publishing_answer(portal: Portal) -> None:
    for words, sentence in (
        (("publish",), "entries are published"),
        (("books", "check"), "The books balance"),
        (("log", "check"), "The log is intact"),
    ):
        answer = run(portal, *words)
        assert (answer.exit_code, answer.stderr) == (0, "")
        assert sentence in answer.output


def test_serving_needs_its_secret_and_an_address(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[object] = []

    def serve(server: object) -> None:
        served.append(server)

    monkeypatch.setattr(Granian, "serve", serve)
    answer = run(portal, "serve")
    assert (answer.exit_code, len(served)) == (0, 1)
    assert "http://127.0.0.1:8000/" in answer.output
    without = replace(portal.install.settings, secret_key="")
    monkeypatch.setattr(portal.install, "settings", without)
    answer = run(portal, "serve")
    assert (answer.exit_code, len(served)) == (2, 1)
    assert "PORTAL_SECRET_KEY" in answer.stderr


def test_what_a_server_loads_is_the_portal(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_DATA_DIR", str(portal.install.settings.data_dir))
    monkeypatch.setenv("PORTAL_DATABASE_URL", portal.install.settings.database_url)
    monkeypatch.setenv("PORTAL_SECRET_KEY", "a test's")
    with own_journal():
        app = importlib.import_module("portal.wsgi").app
    assert Context().run(app.test_client().get, "/healthz").status_code == 200
    monkeypatch.delitem(sys.modules, "portal.wsgi")
    monkeypatch.setenv("PORTAL_SECRET_KEY", "")
    with own_journal(), pytest.raises(MissingSettingError):
        importlib.import_module("portal.wsgi")


@pytest.mark.xdist_group("demo")
def test_the_demo_again_neither_fails_nor_doubles_anything(demo: Portal) -> None:
    before = count(FundRequest), count(LogEntry)
    assert before[0] > 400
    open_data = Versions(demo.install.open_data)
    assert open_data.current is not None
    editions = [version.name for version in open_data.listed()]
    answer = run(demo, "demo")
    assert answer.exit_code == 0, answer.output
    assert "Verified" in answer.output
    assert (count(FundRequest), count(LogEntry)) == before
    assert [version.name for version in open_data.listed()] == editions


def test_a_password_is_reset(portal: Portal) -> None:
    answer = run(portal, "user", "reset", "malee")
    assert answer.exit_code == 0
    [password] = re.findall(r"\w{4}(?:-\w{4}){3}", answer.output)
    with Session(db.engine) as session:
        assert check_password(session, "malee", password, at=now()).must_change_password


def test_a_second_factor_that_was_lost_is_reset(portal: Portal, made: Maker) -> None:
    app_of(made, "admin")
    for status, said in ((0, "admin has no second factor any more"), (1, "no second factor")):
        answer = run(portal, "user", "reset", "--factor", "admin")
        assert (answer.exit_code, said in answer.output) == (status, True), answer.output
    with Session(db.engine) as session:
        body = session.scalars(select(LogEntry.body).order_by(LogEntry.seqno.desc())).first()
    assert body is not None
    assert parse(body).type == "person.factor_reset"


@pytest.fixture
def stopping() -> Iterator[Callable[[float], None]]:
    """Let a service be told to end after a while, as its system does."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    timers: list[Timer] = []

    def stop(seconds: float) -> None:
        timers.append(Timer(seconds, os.kill, (os.getpid(), signal.SIGTERM)))
        timers[-1].start()

    yield stop
    for timer in timers:
        timer.join()
    for number, handler in kept.items():
        signal.signal(number, handler)


def test_a_publisher_goes_on_until_it_is_told_to_end(
    portal: Portal, stopping: Callable[[float], None]
) -> None:
    def tell() -> None:
        with writing(db.engine, portal.install.session_info()) as session:
            World(session).submitted()

    before = count(LogEntry)
    # In a thread of its own, as somebody at a page would.
    later = Timer(1, Context().run, (within(portal, tell),))
    later.start()
    stopping(4)
    answer = run(portal, "publish", "--every", "0.2")
    later.join()
    assert (answer.exit_code, answer.stdout) == (0, "")
    assert count(LogEntry) > before
    assert told_in(answer) == [
        f"{before} entries are published.",
        f"{count(LogEntry)} entries are published.",
    ]


def told_in(answer: Result) -> list[str]:
    """Return what a service told of its rounds."""
    lines = [json.loads(line) for line in answer.stderr.splitlines()]
    return [line["told"] for line in lines if line["message"] == "told"]


def within(portal: Portal, act: Callable[[], None]) -> Callable[[], None]:
    def run_it() -> None:
        with portal.app.app_context():
            act()

    return run_it


def test_a_worker_reminds_and_mails_what_is_due(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        World(session).submitted()
    monkeypatch.setattr(cli, "now", lambda: NOON)
    told = run(portal, "worker", "--once")
    assert (told.exit_code, told.output) == (
        0,
        "PORTAL_SMTP_URL is not set: letters lie in the outbox.\n",
    )
    # That of the act, and the day's digest.
    assert count(Letter) == 2
    # Friday the 27th: the step is two working days late.
    monkeypatch.setattr(cli, "now", lambda: NOON + timedelta(days=7))
    with mailbox() as box:
        portal.install.settings = replace(portal.install.settings, smtp_url=box.url)
        told = run(portal, "worker", "--once")
    # What was written a week ago is too old; the digest and the reminder are new.
    assert (told.exit_code, told.output) == (0, "2 letters were sent.\n")
    assert sorted(subject.partition(" / ")[2] for subject in box.subjects) == [
        "RYG-2570-000001 is late: it waits for you",
        "This morning 1 request waits for you",
    ]
    assert {message["From"] for message in box.taken} == {"portal@127.0.0.1"}


def test_the_open_data_are_built_by_command_and_by_the_worker(portal: Portal) -> None:
    told = run(portal, "open-data", "build")
    assert told.exit_code == 0
    versions = Versions(portal.install.open_data)
    assert told.output == f"The open data are built: {versions.listed()[0].name}.\n"
    work, begun = Worker(portal.install), versions.current
    work.round(db.engine, at=NOON)
    assert versions.current == begun
    with writing(db.engine, portal.install.session_info()) as session:
        World(session).submitted()
    portal.install.publish(db.engine)
    # Not so soon again; then the worker does it.
    work.round(db.engine, at=NOON + timedelta(minutes=9))
    assert versions.current == begun
    work.round(db.engine, at=NOON + timedelta(minutes=10))
    assert versions.current != begun


def test_no_open_data_are_built_before_anything_is_published(portal: Portal) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        session.execute(delete(PublishedPosition))
    told = run(portal, "open-data", "build")
    assert told.exit_code == 1
    assert "Nothing is published yet" in told.stderr
    with writing(db.engine, portal.install.session_info()) as session:
        for table in TABLES:
            session.execute(delete(table))


def test_a_worker_without_a_mail_server_says_so(portal: Portal) -> None:
    nowhere = f"smtp://127.0.0.1:{free_port()}"
    portal.install.settings = replace(portal.install.settings, smtp_url=nowhere)
    with writing(db.engine, portal.install.session_info()) as session:
        World(session).submitted()
        session.execute(update(Letter).values(due_at=now()))
    told = run(portal, "worker", "--once")
    assert told.exit_code == 0
    assert told.output.splitlines() == [
        "0 letters were sent.",
        "The mail server did not take the mail: unreachable.",
    ]
    portal.install.settings = replace(portal.install.settings, smtp_url="mail.example")
    assert run(portal, "worker", "--once").exit_code == MISUSED


def test_a_worker_goes_on_until_it_is_told_to_end(
    portal: Portal, stopping: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "WORKER_SECONDS", 0.2)
    stopping(2)
    answer = run(portal, "worker")
    assert (answer.exit_code, answer.stdout) == (0, "")
    assert told_in(answer) == ["PORTAL_SMTP_URL is not set: letters lie in the outbox."]


def test_a_worker_makes_the_letters_of_a_morning_once(portal: Portal) -> None:
    work = Worker(portal.install)

    def made_at(at: datetime) -> int:
        with writing(db.engine, portal.install.session_info()) as session:
            session.execute(delete(Letter))
        work.round(db.engine, at=at)
        return count(Letter)

    with writing(db.engine, portal.install.session_info()) as session:
        World(session).submitted()
    tuesday = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
    assert made_at(tuesday - timedelta(minutes=1)) == 0
    assert made_at(tuesday) == 1
    # It knows that this morning is done, and need not look again.
    assert made_at(tuesday + timedelta(hours=8)) == 0
    assert made_at(tuesday + timedelta(days=1)) == 2


def test_a_worker_closes_the_concerns_that_nobody_asked_about_any_more(portal: Portal) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        world = World(session)
        concern, other = world.received(), world.received(ConcernTopic.OTHER)
        take_up_concern(
            session, concern.id, Reply(None, ""), seen_version=1, by=world.malee, at=NOON
        )
        seen, reply = concern.version, Reply(Outcome.PUT_RIGHT, "-")
        answer_concern(session, concern.id, reply, seen_version=seen, by=world.malee, at=NOON)
        ids = (concern.id, other.id)

    def states() -> list[ConcernState]:
        with Session(db.engine) as session:
            return [session.get_one(Concern, one).state for one in ids]

    work = Worker(portal.install)
    work.round(db.engine, at=NOON + SILENCE - timedelta(days=1))
    assert states() == [ConcernState.ANSWERED, ConcernState.RECEIVED]
    work.round(db.engine, at=NOON + SILENCE)
    assert states() == [ConcernState.CLOSED, ConcernState.RECEIVED]


def test_a_worker_forgets_the_keys_of_forms(portal: Portal) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        form = Sent(World(session).anong.person_id, new_form_key(), digest="")
        take_key(session, form, "", at=NOON)
    work = Worker(portal.install)
    kept = []
    for after in (KEPT_FOR, KEPT_FOR + timedelta(days=1)):
        work.round(db.engine, at=NOON + after)
        kept.append(count(Once))
    assert kept == [1, 0]


def test_a_publisher_that_must_not_go_on_says_so_once_and_waits(
    portal: Portal, stopping: Callable[[float], None]
) -> None:
    state = portal.install.settings.data_dir / "signer" / "signer.sqlite"
    kept = state.read_bytes()
    state.unlink()
    stopping(2)
    answer = run(portal, "publish", "--every", "0.2")
    assert answer.exit_code == 0
    (line,) = told_in(answer)
    assert "log rebuild-signer" in line
    state.write_bytes(kept)


@pytest.mark.parametrize("portal", ["sqlite"], indirect=True)
def test_a_publisher_waits_for_a_database_that_does_not_answer(
    portal: Portal, stopping: Callable[[float], None]
) -> None:
    nowhere = replace(
        portal.install.settings, database_url="postgresql+psycopg://nobody@127.0.0.1:9/none"
    )
    stopping(2)
    words = ("publish", "--every", "0.5")
    app = create_app(nowhere)

    def publish() -> Result:
        with app.app_context():
            return app.test_cli_runner().invoke(args=words)

    answer = Context().run(publish)
    assert answer.exit_code == 0
    assert "The database does not answer" in answer.output


def test_serving_finishes_an_erasure_first(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Granian, "serve", lambda _: None)
    with writing(db.engine, portal.install.session_info()) as session:
        world = World(session)
        payment = world.receipted(world.confirmed())
        youth_id = session.get_one(FundRequest, payment.fund_request_id).youth_id
        session.add(Erasure(ticket="PDPA-1", subject=f"youth:{youth_id}", opened_at=NOON))
    assert "An erasure that was cut off is finished." in run(portal, "serve").output
    assert "cut off" not in run(portal, "serve").output


def test_a_key_is_retired_by_hand(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(portal, "log", "add-key").exit_code == 0
    monkeypatch.setattr(cli, "now", lambda: now() + timedelta(days=91))
    answer = run(portal, "log", "retire-key")
    assert (answer.exit_code, answer.stderr) == (0, "")
    assert "destroyed here" in answer.output


def test_keys_are_added_and_retired_by_hand(portal: Portal) -> None:
    answer = run(portal, "log", "add-key")
    assert (answer.exit_code, answer.stderr) == (0, "")
    assert str(portal.install.signer.vkeys[-1]) in answer.output
    answer = run(portal, "log", "retire-key")
    assert answer.exit_code == 1
    assert "90 days old" in answer.stderr


def test_somebody_is_erased_by_hand(portal: Portal) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        world = World(session)
        payment = world.receipted(world.confirmed())
        youth_id = session.get_one(FundRequest, payment.fund_request_id).youth_id
    answer = run(portal, "erase", f"youth:{youth_id}", "--ticket", "PDPA-1")
    assert (answer.exit_code, answer.stderr) == (0, "")
    portal.install.publish(db.engine)
    answer = run(portal, "log", "check")
    assert "1 erasures are still erased" in answer.output
    assert run(portal, "erase", "everybody", "--ticket", "PDPA-2").exit_code == 2
    assert run(portal, "erase", "youth:999", "--ticket", "PDPA-2").exit_code == 1


def test_a_statement_is_imported_once(portal: Portal, made: Maker, tmp_path: Path) -> None:
    made(lambda world: open_account(world.session, ACCOUNT, by=world.admin, at=NOON))
    payment = made(lambda world: world.sent().reference)
    file = tmp_path / "statement.csv"
    lines = ((f"โอน {payment}", "1500", ""), ("ค่าธรรมเนียม", "30", ""), ("ดอกเบี้ย", "", "12"))
    file.write_bytes(rows(*lines))
    words = ("import-statement", str(file), "--account", ACCOUNT.code, "--as", "phailin")
    first, again = run(portal, *words), run(portal, *words, "--json")
    assert (first.exit_code, again.exit_code) == (0, 0), first.output
    assert " new  3\n" in first.stdout
    counts = {"suggested_end_to_end": 1, "suggested_fee": 1, "unmatched": 1}
    assert json.loads(again.stdout) == {"new": 0, "known": 3, **counts}
    assert count(BankLine) == 3
    for other, code in (("malee", 1), ("nobody", 1)):
        assert run(portal, *words[:-1], other).exit_code == code
    file.write_bytes(b"not a statement")
    assert run(portal, *words).exit_code == 2
