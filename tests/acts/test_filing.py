from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.funds import filing
from portal.funds import service
from portal.funds.books import funds_left
from portal.funds.drafting import RequestAnswer
from portal.funds.filing import Sending
from portal.funds.models import FundRequest
from portal.funds.models import PayeeAccount
from portal.funds.rules import ConsentMissingError
from portal.funds.rules import Reason
from portal.funds.rules import RequestNotFoundError
from portal.funds.rules import RoleNeededError
from portal.funds.rules import StaleRequestError
from portal.funds.rules import State
from portal.funds.urgency import Asked
from portal.funds.urgency import UrgentReasonMissingError
from portal.money import Money
from portal.youths.models import Consent
from portal.youths.models import Youth
from tests.world import ANSWER
from tests.world import NOON
from tests.world import World

KEY = "0f8fad5b-d9cb-469f-a165-70867728950e"
FORM = replace(ANSWER, form_key=KEY, fund="", has_consent=False)


def keep(world: World, answer: RequestAnswer = FORM) -> FundRequest:
    return filing.keep_form(world.session, answer, by=world.finder, at=NOON)


def send(world: World, answer: RequestAnswer = FORM) -> FundRequest:
    return filing.send_form(
        world.session, replace(answer, has_consent=True), by=world.finder, at=NOON
    )


def count(session: Session, table: type[FundRequest | Youth | PayeeAccount | Consent]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_form_is_kept_as_one_draft_however_often_it_comes(session: Session, world: World) -> None:
    before = count(session, Youth)
    first, again = keep(world), keep(world)
    assert (first.id, first.state) == (again.id, State.DRAFT)
    tables = (FundRequest, Youth, PayeeAccount)
    assert [count(session, table) for table in tables] == [1, before + 1, 1]


def test_the_same_form_with_another_amount_changes_the_draft(
    session: Session, world: World
) -> None:
    keep(world)
    kept = keep(world, replace(FORM, amount=Money.baht(900)))
    assert (kept.amount, count(session, FundRequest)) == (Money.baht(900), 1)


def test_another_account_is_another_version(world: World) -> None:
    keep(world)
    kept = keep(world, replace(FORM, payee=replace(FORM.payee, account_number="9990000002")))
    assert [payee.version for payee in kept.payees] == [1, 2]


def test_a_form_that_is_sent_twice_is_one_request(session: Session, world: World) -> None:
    first, again = send(world), send(world)
    assert first.id == again.id
    assert (again.state, again.reference) == (State.SUBMITTED, "RYG-2570-000001")
    assert (count(session, FundRequest), count(session, Consent)) == (1, 2)


def test_what_was_sent_is_not_changed_by_its_form(world: World) -> None:
    sent = world.declare(send(world), world.somchai)
    service.return_request(
        world.session,
        sent.id,
        service.Grounds(Reason.PAPERS, ""),
        seen_version=sent.version,
        by=world.somchai,
        at=NOON,
    )
    again = send(world, replace(FORM, amount=Money.baht(900)))
    assert (again.id, again.state, again.amount) == (sent.id, State.RETURNED, FORM.amount)


def test_a_kept_form_can_be_sent_whole_later(world: World) -> None:
    draft = keep(world)
    sent = send(world)
    assert (sent.id, sent.state) == (draft.id, State.SUBMITTED)


def test_the_key_of_a_form_is_its_requesters(world: World) -> None:
    own = keep(world)
    other = filing.keep_form(world.session, FORM, by=world.malee, at=NOON)
    assert own.id != other.id


def test_forms_without_a_key_are_each_their_own(session: Session, world: World) -> None:
    keep(world, replace(FORM, form_key=None))
    keep(world, replace(FORM, form_key=None))
    assert count(session, FundRequest) == 2


def test_the_database_takes_a_key_once_from_each_person(session: Session, world: World) -> None:
    keep(world)
    other = keep(world, replace(FORM, form_key=None))
    other.form_key = KEY
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


def test_what_only_looks_like_the_same_form_is_refused(world: World) -> None:
    keep(world, replace(FORM, form_key=None, fingerprint="1" * 64))
    with pytest.raises(IntegrityError):
        keep(world, replace(FORM, fingerprint="1" * 64))


def test_a_form_needs_consent_to_be_sent(session: Session, world: World) -> None:
    with pytest.raises(ConsentMissingError), session.begin_nested():
        filing.send_form(session, FORM, by=world.finder, at=NOON)


def test_only_those_who_ask_keep_a_form(session: Session, world: World) -> None:
    with pytest.raises(RoleNeededError), session.begin_nested():
        filing.keep_form(session, FORM, by=world.somchai, at=NOON)


def send_draft(
    world: World,
    draft: FundRequest,
    *,
    has_consent: bool = True,
    version: int | None = None,
    asked: Asked | None = None,
) -> FundRequest:
    return filing.send_draft(
        world.session,
        draft.id,
        Sending(has_consent, asked),
        seen_version=version or draft.version,
        by=world.finder,
        at=NOON,
    )


def test_a_checked_draft_is_sent_with_its_consent_and_a_second_press_changes_nothing(
    session: Session, world: World
) -> None:
    draft = keep(world)
    sent = send_draft(world, draft)
    version = sent.version
    again = send_draft(world, draft, version=1)
    assert (again.state, again.version) == (State.SUBMITTED, version)
    # One for keeping, one for paying.
    assert count(session, Consent) == 2


def test_a_draft_is_sent_as_urgent_or_not(session: Session, world: World) -> None:
    draft = keep(world)
    with pytest.raises(UrgentReasonMissingError), session.begin_nested():
        send_draft(world, draft, asked=Asked(is_urgent=True, reason=""))
    session.expire_all()
    sent = send_draft(world, draft, asked=Asked(is_urgent=True, reason="บ้านไฟไหม้"))
    assert (sent.is_urgent, sent.urgent_reason, sent.signatures_needed) == (
        True,
        "บ้านไฟไหม้",
        "chair",
    )


def test_a_checked_project_asks_nobody(session: Session, world: World) -> None:
    answer = replace(FORM, youth=None, project_name="ลงพื้นที่", subcommittee="SC1", category="SURVEY")
    sent = send_draft(world, keep(world, answer))
    assert (sent.state, count(session, Consent)) == (State.SUBMITTED, 0)


def test_a_draft_without_consent_is_not_sent(session: Session, world: World) -> None:
    draft = keep(world)
    with pytest.raises(ConsentMissingError), session.begin_nested():
        send_draft(world, draft, has_consent=False)


def test_an_old_check_sends_nothing(session: Session, world: World) -> None:
    draft = keep(world)
    with pytest.raises(StaleRequestError), session.begin_nested():
        send_draft(world, draft, version=draft.version + 1)


def test_somebody_elses_draft_is_not_found(world: World) -> None:
    draft = world.draft(by=world.malee)
    with pytest.raises(RequestNotFoundError):
        send_draft(world, draft)


def test_the_fund_of_which_most_is_left_is_chosen_and_then_stays(
    session: Session, world: World
) -> None:
    left = funds_left(session, "SC5")
    draft = keep(world)
    assert left[draft.fund_code] == max(left.values()) > Money(0)
    draft.fund_code = "GEN"
    assert keep(world, replace(FORM, amount=Money.baht(900))).fund_code == "GEN"
    moved = keep(world, replace(FORM, subcommittee="SC2", category="UNIFORM"))
    others = funds_left(session, "SC2")
    assert others[moved.fund_code] == max(others.values())
