# ruff: noqa: S608 - every word of these statements is our own
"""What the database itself refuses of referrals, follow-ups and notes."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.cases.models import Referral
from portal.db import db
from tests import cases
from tests.conftest import Maker
from tests.conftest import owners


def said(statement: str) -> str:
    """Return what the database says to its owner, and nothing when it lets it pass."""
    try:
        with Session(owners()) as session:
            session.execute(text(statement))
    except DBAPIError as error:
        return str(error.orig)
    return ""


def test_the_database_lets_nothing_move_but_by_a_step(made: Maker) -> None:
    made(lambda world: cases.planned(world, cases.accepted(world).youth_id).id)
    step, once = "step by step", "done once"
    for statement, why in {
        "UPDATE referral SET state = 'done', ended_by_id = answered_by_id,"
        " ended_at = sent_at": step,
        "UPDATE referral SET receiver_code = 'VHV'": step,
        "UPDATE referral SET asked = ''": step,
        "UPDATE referral SET version = version + 1": step,
        "UPDATE follow_up SET note = ''": once,
        "UPDATE follow_up SET due_on = '2027-01-01'": once,
        "UPDATE follow_up SET outcome = 'other', done_on = due_on, done_at = planned_at,"
        " done_by_id = planned_by_id": once,
    }.items():
        assert why in said(statement), statement


COLUMNS = (
    "youth_id, version, sender_code, receiver_code, sent_by_id, sent_at, asked, answer, result,"
    " state"
)


def test_the_database_knows_the_rules_of_a_referral(made: Maker) -> None:
    declined = made(lambda world: cases.declined(world).id)
    made(lambda world: cases.sent(world, world.session.get_one(Referral, declined).youth_id).id)
    eid = "00000000-0000-7000-8000-000000000001"
    eid = eid.replace("-", "") if db.engine.dialect.name == "sqlite" else eid

    def insert(more: str = "", values: str = "", **changed: str) -> str:
        old = [changed.get(name.strip(), name.strip()) for name in COLUMNS.split(",")]
        return said(
            f"INSERT INTO referral ({COLUMNS}, log_eid{more}) SELECT {', '.join(old)}, '{eid}'"
            f"{values} FROM referral WHERE state = 'sent'"
        )

    free = {"receiver_code": "'VHV'"}
    assert insert(**free) == ""
    assert "starts as sent" in insert(state="'accepted'", **free)
    assert "between_two" in insert(receiver_code="sender_code")
    assert "uq_referral_open" in insert() or "UNIQUE" in insert()
    assert "answered_whole" in insert(", answered_at", ", sent_at", **free)
    assert "ended_whole" in insert(", ended_at", ", sent_at", **free)
    assert "declined_has_reason" in insert(", reason", ", 'other'", **free)
    assert insert(", earlier_id", f", {declined}", **free) == ""
    assert "starts as sent" in insert(", earlier_id", ", id", **free)
    assert "starts as sent" in insert(", earlier_id", f", {declined}", receiver_code="'DOLE'")


def test_an_end_belongs_to_its_side(made: Maker) -> None:
    """The constraints behind the trigger, which lets a step pass only with a new entry."""
    made(lambda world: cases.sent(world).id)
    made(lambda world: cases.planned(world).id)
    both = "state = 'accepted', answered_at = sent_at"
    for changes, why in (
        (f"{both}, answered_by_id = sent_by_id", "answered_by_another"),
        ("state = 'cancelled', ended_at = sent_at, ended_by_id = 1", "ended_by_its_side"),
    ):
        assert why in said_with_entry("referral", changes)
    done = "done_on = due_on, done_by_id = planned_by_id, done_at = planned_at"
    assert "done_whole" in said_with_entry("follow_up", done)
    learns = f"{done}, outcome = 'in_work', pathway = 'VOC'"
    assert "pathway_of_learning" in said_with_entry("follow_up", learns)
    assert said_with_entry("follow_up", f"{done}, outcome = 'in_school', pathway = 'VOC'") == ""


def said_with_entry(table: str, changes: str) -> str:
    """Change the one row of a table together with a new entry of the log."""
    eid = "00000000-0000-7000-8000-000000000002"
    eid = eid.replace("-", "") if db.engine.dialect.name == "sqlite" else eid
    try:
        with Session(owners()) as session:
            body = {"eid": eid, "body": b"{}"}
            session.execute(text("INSERT INTO log_entry (eid, body) VALUES (:eid, :body)"), body)
            session.execute(text(f"UPDATE {table} SET {changes}, log_eid = '{eid}'"))
    except DBAPIError as error:
        return str(error.orig)
    return ""
