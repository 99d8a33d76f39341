"""Logins in the roles of PostgreSQL do their work, and the migrations make those roles."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import URL
from sqlalchemy import Connection
from sqlalchemy import Engine
from sqlalchemy import create_engine
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.app import create_app
from portal.audit.check import LogError
from portal.audit.entry import Secret
from portal.clock import now
from portal.concerns.codes import Remedy
from portal.concerns.docket import Reply
from portal.concerns.findings import answer_finding
from portal.concerns.service import take_up_concern
from portal.db import db
from portal.db import owners_engine
from portal.db import writing
from portal.erasure import erase
from portal.funds.attaching import remove_paper
from portal.funds.attachments import Removal
from portal.funds.books import check_books
from portal.funds.drafting import amend_request
from portal.funds.models import FundRequest
from portal.funds.money_in import AllocationAnswer
from portal.funds.money_in import DonationAnswer
from portal.funds.money_in import allocate
from portal.funds.money_in import receive_donation
from portal.funds.rulebook import CategoryFacts
from portal.funds.rulebook import RuleKind
from portal.funds.rulebook import TargetStep
from portal.funds.rules import Reason
from portal.funds.rules_in_force import rules_on
from portal.funds.rules_page import newest_limits
from portal.funds.rules_page import newest_targets
from portal.funds.ruling import Change
from portal.funds.ruling import Ending
from portal.funds.ruling import NewRule
from portal.funds.ruling import add_rule
from portal.funds.ruling import change_rule
from portal.funds.ruling import retire_rule
from portal.funds.ruling_tables import DayToClose
from portal.funds.ruling_tables import LimitTable
from portal.funds.ruling_tables import TargetTable
from portal.funds.ruling_tables import close_day
from portal.funds.ruling_tables import open_day
from portal.funds.ruling_tables import set_limits
from portal.funds.ruling_tables import set_targets
from portal.funds.service import Grounds
from portal.funds.service import reject_request
from portal.funds.service import return_request
from portal.funds.service import submit_request
from portal.funds.service import withdraw_request
from portal.funds.staff import RoleAnswer
from portal.funds.staff import give_role
from portal.labels import Name
from portal.money import Money
from portal.payments.service import void_payment
from portal.people.keys import KEPT_FOR
from portal.people.keys import forget_keys
from portal.people.keys import new_form_key
from portal.people.models import Once
from portal.people.once import KEY
from portal.people.passwords import change_password
from portal.people.passwords import set_one_time_password
from portal.people.passwords import set_password
from portal.people.rules import RoleReason
from portal.people.staffing import NewOrganisation
from portal.people.staffing import NewPerson
from portal.people.staffing import Renaming
from portal.people.staffing import add_organisation
from portal.people.staffing import add_person
from portal.people.staffing import deactivate_person
from portal.people.staffing import end_role
from portal.people.staffing import end_sessions
from portal.people.staffing import reactivate_person
from portal.people.staffing import rename_organisation
from portal.publishing.service import publish
from portal.roles import Role
from tests import cases
from tests.conftest import PASSWORD
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.conftest import owners
from tests.postgres import own_server
from tests.pure.test_rulebook import EVERY
from tests.world import ANSWER
from tests.world import NOON
from tests.world import World

only_postgresql = pytest.mark.parametrize("portal", ["postgresql"], indirect=True)
PERSON = Secret("person:1", {"id": 1})
TOP = Path(__file__).parents[2]
MISSING = (
    "Error: A superuser must first run in this database: CREATE ROLE portal_web NOLOGIN;"
    " CREATE ROLE portal_publisher NOLOGIN; CREATE ROLE portal_reader NOLOGIN;"
    " ALTER SCHEMA public OWNER TO plain;"
)


def work(session: Session) -> None:
    """Let the cast take every step that an act needs."""
    world = World(session)
    world.confirmed()
    world.submitted_project()
    returned, rejected, withdrawn = world.to_decide(), world.to_decide(), world.submitted()
    grounds = Grounds(Reason.OTHER, "No")
    for act, request, by in (
        (return_request, returned, world.somchai),
        (reject_request, rejected, world.somchai),
    ):
        act(session, request.id, grounds, seen_version=request.version, by=by, at=NOON)
    changed = replace(ANSWER, reason="x")
    seen = returned.version
    amend_request(session, returned.id, changed, seen_version=seen, by=world.malee, at=NOON)
    for step, request in (
        (submit_request, returned),
        (withdraw_request, withdrawn),
        (withdraw_request, world.draft()),
    ):
        step(session, request.id, seen_version=request.version, by=world.malee, at=NOON)
    payment = world.prepared()
    seen = payment.version
    void_payment(session, payment.id, note="x", seen_version=seen, by=world.anong, at=NOON)
    paper = world.attached(world.draft())
    request_id, why = paper.fund_request_id, Removal.REPLACED
    remove_paper(session, request_id, paper.id, why, by=world.malee, at=NOON)
    finding, concern, said = world.raised(), world.received(), Reply(Remedy.CORRECTED, "x")
    answer_finding(session, finding.id, said, seen_version=1, by=world.malee, at=NOON)
    take_up_concern(session, concern.id, said, seen_version=1, by=world.malee, at=NOON)
    set_password(session, "malee", PASSWORD, at=NOON)
    cases.done(world)
    cases.declined(world)
    cases.followed_up(world)
    cases.noted(world)


def rule(session: Session) -> None:
    """Let the administrator do everything on rules."""
    by, today = World(session).admin, NOON.date()
    for kind, facts in EVERY.items():
        if isinstance(facts, CategoryFacts):
            facts = replace(facts, subcommittees=("SC1",))  # noqa: PLW2901 - these are there
        add_rule(session, NewRule(kind, "NEW1", facts), by=by, at=NOON)
        version = rules_on(session, None)[kind, "NEW1"].version
        change = Change(kind, "NEW1", replace(facts, name_en="Other"), today, version)
        change_rule(session, change, by=by, at=NOON)
    newest = rules_on(session, None)[RuleKind.FUND, "NEW1"]
    ending = Ending(RuleKind.FUND, "NEW1", today, newest.version)
    retire_rule(session, ending, by=by, at=NOON)
    (seen_limit, limits), (seen_target, days) = newest_limits(session), newest_targets(session)
    table = LimitTable(tuple(limits), today, seen_limit)
    set_limits(session, table, by=by, at=NOON)
    targets = tuple((TargetStep(step), number) for step, number in days.items())
    set_targets(session, TargetTable(targets, today, seen_target), by=by, at=NOON)
    closed = DayToClose(today + timedelta(days=9), "x", "x")
    close_day(session, closed, by=by, at=NOON)
    open_day(session, closed.day, by=by, at=NOON)


def administer(session: Session) -> None:
    """Let the administrator do everything on people, and the officer book what comes in."""
    world = World(session)
    by, today = world.admin, NOON.date()
    add_organisation(session, NewOrganisation("NEW", "x", "x", "EDU"), by=by, at=NOON)
    renaming = Renaming(names=Name("y", "y"), seen=Name("x", "x"))
    rename_organisation(session, renaming, code="NEW", by=by, at=NOON)
    person = add_person(session, NewPerson("new", "x", "NEW", "x@a.example"), by=by, at=NOON)
    answer = RoleAnswer(Role.CHAIR, "SC1", RoleReason.ELECTED, person.version)
    grant = give_role(session, answer, person_id=person.id, by=by, at=NOON)
    end_role(session, person, grant.id, reason=RoleReason.MISTAKE, by=by, at=NOON)
    old = set_one_time_password(session, person, by=by, at=NOON)
    change_password(session, person.id, old=old, new=PASSWORD, at=NOON)
    end_sessions(session, person, by=by, at=NOON)
    deactivate_person(session, person, by=by, at=NOON)
    reactivate_person(session, person, by=by, at=NOON)
    officer, money = world.malee, Money.baht(1)
    gift = DonationAnswer("", "GEN", money, today, "x")
    receive_donation(session, gift, by=officer, at=NOON)
    allocate(session, AllocationAnswer("GEN", "SC1", money, 2570), by=officer, at=NOON)


@only_postgresql
def test_the_pages_administer_by_what_they_are_granted(portal: Portal, as_web: Engine) -> None:
    with writing(as_web, portal.install.session_info()) as session:
        rule(session)
        administer(session)


@only_postgresql
def test_the_pages_and_the_publisher_do_all_their_work(
    portal: Portal, as_web: Engine, as_publisher: Engine
) -> None:
    with writing(as_web, portal.install.session_info()) as session:
        work(session)
    checkpoint = publish(as_publisher, portal.install.folder, portal.install.signer)
    assert checkpoint is not None
    # An older fold is emptied and made anew.
    with writing(as_publisher, {}) as session:
        session.execute(text("UPDATE published_position SET fold_version = 0"))
    assert publish(as_publisher, portal.install.folder, portal.install.signer) == checkpoint
    with Session(as_web) as session:
        assert portal.install.check_log(session) == checkpoint
        assert check_books(session) > 0


@only_postgresql
def test_the_publisher_records_entries_of_its_own(portal: Portal, as_publisher: Engine) -> None:
    before = portal.install.publish(db.engine)
    assert before is not None
    for day in range(3):
        portal.install.cycle(as_publisher, at=NOON + timedelta(days=day))
    assert portal.install.check_log(db.session()).size == before.size + 2


@contextmanager
def pages(portal: Portal, engine: Engine) -> Iterator[Visitor]:
    """The portal, logged in to its database as the pages are."""
    url = engine.url.render_as_string(hide_password=False)
    app = create_app(replace(portal.install.settings, database_url=url))
    app.config["WTF_CSRF_ENABLED"] = False
    app.test_client_class = Visitor
    client = app.test_client()
    assert isinstance(client, Visitor)
    yield client
    with app.app_context():
        db.engine.dispose()
    app.extensions["install"].vault.close()


@only_postgresql
def test_the_pages_finish_an_erasure(portal: Portal, as_web: Engine) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        world = World(session)
        payment = world.receipted(world.confirmed())
        youth_id = session.get_one(FundRequest, payment.fund_request_id).youth_id
    with pages(portal, as_web) as client, client.application.app_context():
        install = client.application.extensions["install"]
        erase(install, f"youth:{youth_id}", ticket="PDPA-1", at=NOON)


@only_postgresql
def test_the_pages_ask_for_what_is_sealed_and_grant_it(portal: Portal, as_web: Engine) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        eid = World(session).submitted().log_eid
    with pages(portal, as_web) as client:
        client.sign_in("wipa")
        assert client.get(f"/office/openings/new?eid={eid}").status_code == HTTPStatus.OK
        told = {"eid": eid, "sealed_fields": "reason", "purpose": "audit", "case_number": "1"}
        assert client.post("/office/openings/new", data=told).status_code == HTTPStatus.SEE_OTHER
        client.sign_in("malee")
        granted = client.post("/office/openings/1/decide", data={"verdict": "grant"})
        assert granted.status_code == HTTPStatus.SEE_OTHER


@only_postgresql
def test_the_pages_keep_the_key_of_a_form_and_forget_it(portal: Portal, as_web: Engine) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        payment = World(session).released()
        url, seen = f"/treasury/payments/{payment.id}/send", {"seen_version": str(payment.version)}
    with pages(portal, as_web) as client:
        form = {KEY: new_form_key(), **seen}
        client.sign_in("prasit")
        answers = [client.post(url, data=form).status_code for _ in range(2)]
        assert answers == [HTTPStatus.SEE_OTHER, HTTPStatus.SEE_OTHER]
    with Session(as_web) as session, session.begin():
        forget_keys(session, at=now() + 2 * KEPT_FOR)
        assert session.scalars(select(Once)).all() == []


DOORS = ("gate", "public", "office", "treasury")


@only_postgresql
def test_every_page_works_for_the_login_of_the_pages(portal: Portal, as_web: Engine) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        world = World(session)
        world.receipted(world.confirmed())
        cases.planned(world, cases.sent(world).youth_id)
        world.raised()
        world.received()
    portal.install.publish(db.engine)
    with pages(portal, as_web) as client:
        client.sign_in("malee")
        form = BytesIO(client.get("/office/import/form.xlsx").data)
        upload = client.post("/office/import", data={"workbook": (form, "requests.xlsx")})
        assert upload.status_code == HTTPStatus.SEE_OTHER
        seen: dict[str, set[int]] = {}
        for username in ("malee", "wipa", "admin", "anong"):
            client.sign_in(username)
            for page, answer in look_round(client, *DOORS).items():
                seen.setdefault(page, set()).add(answer)
    assert max(set().union(*seen.values())) < HTTPStatus.INTERNAL_SERVER_ERROR, seen
    # What was paid is neither amended nor revised, and these want to be told of what: an entry, or
    # somebody; and what is no request's number, or no advance. Every other page is there for
    # somebody. The second step of signing in is for whoever has a second factor; nobody vouches for
    # people here.
    assert {page for page, answers in seen.items() if HTTPStatus.OK not in answers} == {
        "gate.second.show_second",
        "gate.provider.come_back",
        "gate.identity.show_identity",
        "office.filing.show_amend",
        "office.filing.show_check",
        "office.deciding.show_revise",
        "office.cases.new_referral",
        "office.people.new_opening",
        "office.concerns.new_finding",
        "office.money.show_donation",
        "treasury.advances.show_advance",
        "public.publishing.show_donation",
        "public.parts.show_payment",
        "public.api.send_payment",
        # No open data were built, and no report is published.
        "public.reports.show_report",
        "public.open_data.send_changes",
    }


def look_round(client: Visitor, *doors: str) -> dict[str, int]:
    """Open every page behind these doors that needs no more than the number of something."""
    known = {"request_id": 1, "payment_id": 1, "run_id": 1, "reference": "RYG-2570-000001"}
    known |= {"youth_id": 1, "referral_id": 1, "follow_up_id": 1}
    known |= {"finding_id": 1, "concern_id": 1}
    addresses = client.application.url_map.bind("localhost")
    seen = {}
    for rule in client.application.url_map.iter_rules():
        is_behind = rule.endpoint.partition(".")[0] in doors
        if is_behind and "GET" in (rule.methods or ()) and rule.arguments <= known.keys():
            with client.get(addresses.build(rule.endpoint, known)) as page:
                seen[rule.endpoint] = page.status_code
    return seen


@only_postgresql
def test_what_an_owner_can_do_is_found_by_the_check(portal: Portal) -> None:
    with Session(owners()) as session:
        for statement in (
            "ALTER TABLE log_entry DISABLE TRIGGER log_entry_kept",
            "UPDATE log_entry SET body = body || ' '::bytea WHERE seqno = 3",
        ):
            session.execute(text(statement))
        with pytest.raises(LogError, match="Entry 2 in the database is not the published one"):
            portal.install.check_log(session)


@pytest.fixture
def server() -> Iterator[Connection]:
    """A superuser on a server that never saw a portal.

    It has two databases of somebody who is not, where everybody may make tables, as was usual.
    """
    with own_server() as url:
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("CREATE ROLE plain LOGIN"))
            for name in ("one", "two"):
                connection.execute(text(f"CREATE DATABASE {name} OWNER plain"))
                run_in(connection, name, "ALTER SCHEMA public OWNER TO tests")
                run_in(connection, name, "GRANT CREATE ON SCHEMA public TO PUBLIC")
            yield connection
        engine.dispose()


CLOSED = "SELECT NOT has_schema_privilege('public', 'public', 'CREATE')"


def run_in(server: Connection, name: str, statement: str) -> object:
    """Run this as the superuser in one of the databases; return the first value of the answer."""
    engine = owners_engine(server.engine.url.set(database=name))
    with engine.begin() as connection:
        answer = connection.execute(text(statement))
        return answer.scalar() if answer.returns_rows else None


def upgrading(url: URL, folder: Path) -> subprocess.Popen[str]:
    """Begin to migrate this database, as the command does."""
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "portal.app", "db", "upgrade"],
        cwd=TOP,
        env=os.environ
        | {
            "PORTAL_DATA_DIR": str(folder),
            "PORTAL_DATABASE_URL": url.render_as_string(hide_password=False),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_who_may_not_make_roles_is_told_what_a_superuser_must_run(
    server: Connection, tmp_path: Path
) -> None:
    url = server.engine.url.set(username="plain", database="one")
    with upgrading(url, tmp_path) as refused:
        said, _ = refused.communicate()
    assert (said.splitlines()[-1].strip(), refused.returncode) == (MISSING, 1)
    assert "Traceback" not in said
    run_in(server, "one", said.partition("database: ")[2])
    with upgrading(url, tmp_path) as upgraded:
        said, _ = upgraded.communicate()
    assert upgraded.returncode == 0, said
    with owners_engine(url).connect() as connection:
        owns = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
        assert connection.scalars(text(owns)).all() == ["plain"]
        assert connection.scalar(text(CLOSED))


def test_two_databases_of_one_cluster_migrate_at_once(server: Connection, tmp_path: Path) -> None:
    blocked = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    until = time.monotonic() + 60
    with owners_engine(server.engine.url).connect() as other:
        # A third one is making the first role, and gives up when both others wait for it.
        other.execute(text("CREATE ROLE portal_web"))
        both = [
            upgrading(server.engine.url.set(database=name), tmp_path) for name in ("one", "two")
        ]
        while server.scalar(blocked) != len(both) and time.monotonic() < until:
            time.sleep(0.1)
        assert server.scalar(blocked) == len(both)
        other.rollback()
    for upgrade in both:
        said, _ = upgrade.communicate()
        assert upgrade.returncode == 0, said
    for name in ("one", "two"):
        assert run_in(server, name, CLOSED)
        assert run_in(server, name, "SELECT has_table_privilege('portal_web', 'person', 'SELECT')")
