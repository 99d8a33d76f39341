from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.audit.entry import Json
from portal.audit.models import LogEntry
from portal.db import db
from portal.funds import drafting
from portal.funds import service
from portal.funds.answering import Revision
from portal.funds.answering import revise_request
from portal.funds.choices import choices
from portal.funds.lookups import urgent_lane
from portal.funds.models import ClosedDay
from portal.funds.models import Ratification
from portal.funds.models import SignatureRule
from portal.funds.models import Target
from portal.funds.rule_checks import ClosedAlreadyError
from portal.funds.rule_checks import ClosedDayPastError
from portal.funds.rule_checks import CodeTakenError
from portal.funds.rule_checks import DayPastError
from portal.funds.rule_checks import DayTakenError
from portal.funds.rule_checks import HoldsMoneyError
from portal.funds.rule_checks import LaterChangeError
from portal.funds.rule_checks import NoSignerError
from portal.funds.rule_checks import NothingChangesError
from portal.funds.rule_checks import NoWorkingDaysError
from portal.funds.rule_checks import OpenRequestsError
from portal.funds.rule_checks import RetiredError
from portal.funds.rule_checks import RuleNotFoundError
from portal.funds.rule_checks import StaleRuleError
from portal.funds.rule_checks import UnknownCodeError
from portal.funds.rule_models import Category
from portal.funds.rule_models import CategorySubcommittee
from portal.funds.rule_models import Fund
from portal.funds.rule_models import Subcommittee
from portal.funds.rulebook import CategoryFacts
from portal.funds.rulebook import Facts
from portal.funds.rulebook import FundFacts
from portal.funds.rulebook import PurposeFacts
from portal.funds.rulebook import Rule
from portal.funds.rulebook import RuleKind
from portal.funds.rulebook import SubcommitteeFacts
from portal.funds.rulebook import TargetStep
from portal.funds.rulebook import facts_digest
from portal.funds.rules import CategoryNotHereError
from portal.funds.rules import NotPositiveError
from portal.funds.rules import OverCeilingError
from portal.funds.rules import RoleNeededError
from portal.funds.rules import State
from portal.funds.rules import Threshold
from portal.funds.rules_in_force import keep_rules
from portal.funds.rules_in_force import rules_on
from portal.funds.rules_page import newest_lane
from portal.funds.rules_page import rules_page
from portal.funds.ruling import Change
from portal.funds.ruling import Ending
from portal.funds.ruling import NewRule
from portal.funds.ruling import add_rule
from portal.funds.ruling import change_rule
from portal.funds.ruling import retire_rule
from portal.funds.ruling_tables import DayToClose
from portal.funds.ruling_tables import LaneRule
from portal.funds.ruling_tables import LimitTable
from portal.funds.ruling_tables import TargetTable
from portal.funds.ruling_tables import close_day
from portal.funds.ruling_tables import open_day
from portal.funds.ruling_tables import set_lane
from portal.funds.ruling_tables import set_limits
from portal.funds.ruling_tables import set_targets
from portal.funds.urgency import Lane
from portal.funds.urgency import OverUrgentCeilingError
from portal.funds.urgency import RatifyDaysError
from portal.money import Money
from portal.publishing.figures import names_today
from portal.publishing.queries import edition
from portal.roles import Actor
from portal.roles import Role
from tests.conftest import Maker
from tests.conftest import Portal
from tests.conftest import owners
from tests.world import ANSWER
from tests.world import NOON
from tests.world import World

TODAY = NOON.date()
DAY = timedelta(days=1)
FAR = date(2099, 1, 1)
CATEGORY = (RuleKind.CATEGORY, "LIVING")


def newest(session: Session, kind: RuleKind, code: str) -> Rule:
    return rules_on(session, None)[kind, code]


def change(
    world: World,
    kind: RuleKind,
    code: str,
    rewrite: Callable[[Facts], Facts],
    *,
    valid_from: date = TODAY,
    by: Actor | None = None,
) -> None:
    known = newest(world.session, kind, code)
    change_rule(
        world.session,
        Change(kind, code, rewrite(known.facts), valid_from, known.version),
        by=by or world.admin,
        at=NOON,
    )


def ceiling(world: World, baht: int, *, valid_from: date = TODAY) -> None:
    def rewrite(facts: Facts) -> Facts:
        assert isinstance(facts, CategoryFacts)
        return replace(facts, ceiling_satang=baht * 100, usual_satang=())

    change(world, *CATEGORY, rewrite, valid_from=valid_from)


def retire(world: World, kind: RuleKind, code: str, *, valid_from: date = TODAY) -> None:
    version = newest(world.session, kind, code).version
    ending = Ending(kind, code, valid_from, version)
    retire_rule(world.session, ending, by=world.admin, at=NOON)


def told(session: Session) -> dict[str, Json]:
    """The newest entry of the log."""
    body = session.scalars(select(LogEntry.body).order_by(LogEntry.seqno.desc()).limit(1)).one()
    entry: dict[str, Json] = json.loads(body)
    return entry


def test_a_change_holds_from_its_day_on(session: Session, world: World) -> None:
    ceiling(world, 1_000, valid_from=TODAY + DAY)
    found = [
        rules_on(session, day, [CATEGORY])[CATEGORY].facts
        for day in (TODAY, TODAY + DAY, TODAY + 9 * DAY)
    ]
    assert [facts.ceiling_satang for facts in found if isinstance(facts, CategoryFacts)] == [
        600_000,
        100_000,
        100_000,
    ]


def test_the_log_tells_before_and_after(session: Session, world: World) -> None:
    before = newest(session, *CATEGORY).facts
    ceiling(world, 1_000)
    entry, after = told(session), newest(session, *CATEGORY).facts
    assert (entry["t"], entry["act"]["r"]) == ("category.changed", "administrator")  # type: ignore[call-overload,index]  # plain JSON
    public = entry["pub"]
    assert isinstance(public, dict)
    assert (public["ceiling_before_satang"], public["ceiling_satang"]) == (600_000, 100_000)
    assert public["name_th_before"] == public["name_th"] == before.name_th
    assert public["digest"] == facts_digest(after)
    assert len(list(entry["ref"])) == 1  # type: ignore[arg-type]  # the entry before


def test_a_draft_written_under_an_old_ceiling_is_judged_anew(
    session: Session, world: World
) -> None:
    draft = world.draft(answer=replace(ANSWER, amount=Money.baht(5_000)))
    ceiling(world, 4_999)
    with pytest.raises(OverCeilingError):
        service.submit_request(
            session, draft.id, seen_version=draft.version, by=world.malee, at=NOON
        )
    with pytest.raises(OverCeilingError):
        world.draft(answer=replace(ANSWER, amount=Money.baht(5_000)))
    assert draft.state is State.DRAFT
    assert world.submitted(answer=replace(ANSWER, amount=Money.baht(4_999))).reference


def test_a_revision_is_judged_by_the_rules_of_its_day(session: Session, world: World) -> None:
    approved = world.approved()
    ceiling(world, 1_200)

    def revise(baht: int) -> None:
        revise_request(
            session,
            approved.id,
            Revision(Money.baht(baht), ANSWER.payee, "ยอดจริงต่ำกว่า"),
            seen_version=approved.version,
            by=world.malee,
            at=NOON,
        )

    with pytest.raises(OverCeilingError):
        revise(1_201)
    revise(1_200)
    assert approved.amount == Money.baht(1_200)


def test_a_higher_ceiling_waits_for_its_day(session: Session, world: World) -> None:
    ceiling(world, 7_000, valid_from=TODAY + DAY)
    answer = replace(ANSWER, amount=Money.baht(7_000))
    with pytest.raises(OverCeilingError):
        world.draft(answer=answer)
    later = NOON + DAY
    draft = drafting.draft_request(session, answer, by=world.malee, at=later)
    with pytest.raises(OverCeilingError):
        service.submit_request(
            session, draft.id, seen_version=draft.version, by=world.malee, at=NOON
        )
    sent = service.submit_request(
        session, draft.id, seen_version=draft.version, by=world.malee, at=later
    )
    assert sent.state is State.SUBMITTED


def test_a_category_moves_to_another_subcommittee_with_its_purpose(
    session: Session, world: World
) -> None:
    add_rule(
        session,
        NewRule(RuleKind.PURPOSE, "NEWLIFE", PurposeFacts("ชีวิตใหม่", "A new life")),
        by=world.admin,
        at=NOON,
    )
    draft = world.draft()

    def rewrite(facts: Facts) -> Facts:
        assert isinstance(facts, CategoryFacts)
        return replace(facts, subcommittees=("SC1", "SC5"), purpose_code="NEWLIFE")

    change(world, *CATEGORY, rewrite)
    sent = service.submit_request(
        session, draft.id, seen_version=draft.version, by=world.malee, at=NOON
    )
    assert sent.purpose_code == "NEWLIFE"
    assert world.submitted(answer=replace(ANSWER, subcommittee="SC1")).reference
    with pytest.raises(CategoryNotHereError):
        world.draft(answer=replace(ANSWER, subcommittee="SC2"))


def test_the_rows_say_what_holds_today(made: Maker) -> None:
    def act(world: World) -> None:
        for code, valid_from in (("SC5", TODAY + DAY), ("SC1", FAR)):
            change(
                world,
                RuleKind.SUBCOMMITTEE,
                code,
                lambda facts: replace(facts, name_th="ชื่อใหม่", name_en="New"),
                valid_from=valid_from,
            )
        ceiling(world, 1_234, valid_from=TODAY + DAY)
        retire(world, RuleKind.FUND, empty_fund(world))

    made(act)
    with Session(db.engine) as session:
        changed, waits = (session.get_one(Subcommittee, code) for code in ("SC5", "SC1"))
        assert (changed.name_th, changed.first_name_th == "ชื่อใหม่") == ("ชื่อใหม่", False)
        assert (waits.name_en == "New", waits.is_retired) == (False, False)
        category = session.get_one(Category, "LIVING")
        assert (category.ceiling, category.usual_satang, category.is_urgent) == (
            Money.baht(1_234),
            "[]",
            False,
        )
        assert category.subcommittees == ["SC5"]
        assert {"th", "en"} == json.loads(category.papers)[0].keys()
        assert session.get_one(Fund, "EMPTY").is_retired
        offered = choices(session)
        assert "EMPTY" not in {code for code, _ in offered.funds}
        (living,) = [one for one in offered.categories if one.category == "LIVING"]
        assert (living.ceiling, living.subcommittee_name.en) == (Money.baht(1_234), "New")


def test_a_row_without_a_version_says_what_was_set_up(session: Session) -> None:
    session.add(
        Category(
            code="OLD",
            first_name_th="เก่า",
            first_name_en="Old",
            first_unit_th="ครั้ง",
            first_unit_en="time",
            first_ceiling_satang=100,
            first_usual_satang="[]",
            first_serves="any",
            first_papers="[]",
            first_is_urgent=True,
            first_purpose_code=session.scalars(select(Category.purpose_code).limit(1)).one(),
            first_subcommittees=[CategorySubcommittee(subcommittee_code="SC1")],
        )
    )
    session.flush()
    old = session.get_one(Category, "OLD")
    assert (old.name_en, old.ceiling, old.is_urgent, old.is_retired) == (
        "Old",
        Money(100),
        True,
        False,
    )
    assert old.subcommittees == ["SC1"]
    session.rollback()


def empty_fund(world: World) -> str:
    facts = FundFacts("กองทุนว่าง", "Empty fund", is_restricted=True)
    add_rule(world.session, NewRule(RuleKind.FUND, "EMPTY", facts), by=world.admin, at=NOON)
    return "EMPTY"


def test_public_pages_say_the_name_of_today(portal: Portal, made: Maker) -> None:
    def rename(world: World, name: str, valid_from: date) -> None:
        change(
            world,
            RuleKind.SUBCOMMITTEE,
            "SC5",
            lambda facts: replace(facts, name_en=name),
            valid_from=valid_from,
        )

    made(lambda world: rename(world, "Today", TODAY + DAY))
    made(lambda world: rename(world, "Far", FAR))
    portal.install.publish(db.engine)
    with Session(db.engine) as session:
        assert names_today(session)["subcommittee", "SC5"].name_en == "Today"
        assert str(TODAY + DAY) in edition(session)


def test_what_is_new_can_be_asked_for_at_once(session: Session, world: World) -> None:
    facts = newest(session, *CATEGORY).facts
    assert isinstance(facts, CategoryFacts)
    new_facts = replace(facts, name_th="ค่าเรียนรู้", name_en="Learning", subcommittees=("SC7",))
    subcommittee = SubcommitteeFacts("คณะอนุกรรมการใหม่", "New subcommittee", "ใหม่")
    for new in (
        NewRule(RuleKind.SUBCOMMITTEE, "SC7", subcommittee),
        NewRule(RuleKind.CATEGORY, "LEARN", new_facts),
        NewRule(RuleKind.FUND, "NEW", FundFacts("ใหม่", "New", is_restricted=False)),
    ):
        add_rule(session, new, by=world.admin, at=NOON)
        with pytest.raises(CodeTakenError):
            add_rule(session, new, by=world.admin, at=NOON)
    answer = replace(ANSWER, subcommittee="SC7", category="LEARN", fund="NEW")
    assert world.submitted(answer=answer).reference
    unknown = NewRule(RuleKind.CATEGORY, "OTHER", replace(new_facts, subcommittees=("SC9",)))
    with pytest.raises(UnknownCodeError):
        add_rule(session, unknown, by=world.admin, at=NOON)


def test_what_ended_is_asked_for_no_more(session: Session, world: World) -> None:
    draft = world.draft()
    retire(world, *CATEGORY, valid_from=TODAY + DAY)
    later = NOON + DAY
    with pytest.raises(RetiredError):
        drafting.draft_request(session, ANSWER, by=world.malee, at=later)
    with pytest.raises(RetiredError):
        service.submit_request(
            session, draft.id, seen_version=draft.version, by=world.malee, at=later
        )
    # Until the day comes it goes on.
    assert world.submitted().reference
    with pytest.raises(RetiredError):
        ceiling(world, 1_000, valid_from=TODAY + 2 * DAY)
    with pytest.raises(RetiredError):
        retire(world, *CATEGORY, valid_from=TODAY + 2 * DAY)


def test_what_is_still_needed_does_not_end(session: Session, world: World) -> None:
    world.submitted()
    with pytest.raises(OpenRequestsError, match="1 requests of SC5"):
        retire(world, RuleKind.SUBCOMMITTEE, "SC5")
    with pytest.raises(HoldsMoneyError):
        retire(world, RuleKind.FUND, "GEN")
    assert session.get_one(Fund, "GEN").is_retired is False


def test_a_subcommittee_ends_when_its_work_is_done(session: Session, world: World) -> None:
    def move(facts: Facts) -> Facts:
        assert isinstance(facts, CategoryFacts)
        others = [code for code in facts.subcommittees if code != "SC6"]
        return replace(facts, subcommittees=tuple(others or ["SC1"]))

    for (kind, code), rule in rules_on(session, None).items():
        if isinstance(rule.facts, CategoryFacts) and "SC6" in rule.facts.subcommittees:
            change(world, kind, code, move)
    retire(world, RuleKind.SUBCOMMITTEE, "SC6")
    assert told(session)["t"] == "subcommittee.retired"


def test_an_old_page_a_past_day_and_nothing_new_are_refused(session: Session, world: World) -> None:
    known = newest(session, *CATEGORY)
    facts = known.facts
    assert isinstance(facts, CategoryFacts)
    other = replace(facts, name_en="Other")
    for change, error in (
        (Change(*CATEGORY, other, TODAY - DAY, known.version), DayPastError),
        (Change(*CATEGORY, other, TODAY, known.version - 1), StaleRuleError),
        (Change(*CATEGORY, facts, TODAY, known.version), NothingChangesError),
        (Change(RuleKind.CATEGORY, "NONE", other, TODAY, known.version), RuleNotFoundError),
    ):
        with pytest.raises(error):
            change_rule(session, change, by=world.admin, at=NOON)
    ceiling(world, 1_000, valid_from=TODAY + 5 * DAY)
    with pytest.raises(LaterChangeError):
        ceiling(world, 1_000, valid_from=TODAY + DAY)
    # What is set for that day is replaced by what is set for it again.
    ceiling(world, 2_000, valid_from=TODAY + 5 * DAY)
    (found,) = rules_on(session, TODAY + 5 * DAY, [CATEGORY]).values()
    assert isinstance(found.facts, CategoryFacts)
    assert found.facts.ceiling == Money.baht(2_000)


def test_only_an_administrator_changes_rules(session: Session, world: World) -> None:
    known = newest(session, *CATEGORY)
    closed = DayToClose(FAR - DAY, "x", "x")
    close_day(session, closed, by=world.admin, at=NOON)
    acts: Sequence[Callable[[Actor], object]] = (
        lambda by: add_rule(
            session, NewRule(RuleKind.PURPOSE, "X", PurposeFacts("x", "x")), by=by, at=NOON
        ),
        lambda by: change_rule(
            session, Change(*CATEGORY, known.facts, TODAY, known.version), by=by, at=NOON
        ),
        lambda by: retire_rule(session, Ending(*CATEGORY, TODAY, known.version), by=by, at=NOON),
        lambda by: set_limits(session, LimitTable((), TODAY, 0), by=by, at=NOON),
        lambda by: set_targets(session, TargetTable((), TODAY, 0), by=by, at=NOON),
        lambda by: close_day(session, DayToClose(FAR, "x", "x"), by=by, at=NOON),
        lambda by: open_day(session, closed.day, by=by, at=NOON),
    )
    for by in (world.malee, world.somchai, world.anong, world.wipa, world.krit, world.everything()):
        for act in acts:
            with pytest.raises(RoleNeededError):
                act(by)


BOTH = (Role.CHAIR, Role.BOARD)
LIMITS = (Threshold(Money(0), (Role.CHAIR,)), Threshold(Money.baht(1_000), BOTH))


def last_limit(session: Session) -> int:
    return max(session.scalars(select(SignatureRule.id)))


def test_new_limits_count_for_what_is_sent_from_their_day_on(
    session: Session, world: World
) -> None:
    before = world.submitted()
    table = LimitTable(LIMITS, TODAY + DAY, last_limit(session))
    set_limits(session, table, by=world.admin, at=NOON)
    assert before.signatures_needed == world.submitted().signatures_needed == "chair"
    later = NOON + DAY
    draft = drafting.draft_request(session, ANSWER, by=world.malee, at=later)
    sent = service.submit_request(
        session, draft.id, seen_version=draft.version, by=world.malee, at=later
    )
    assert sent.signatures_needed == "chair,board"
    # What was sent before is decided as it was sent; the fold, at the end of this test, agrees.
    assert world.approve(before, world.somchai).state is State.APPROVED


def test_limits_with_a_gap_of_an_old_page_or_of_one_day_are_refused(
    session: Session, world: World
) -> None:
    seen = last_limit(session)
    unknown = Threshold(Money(5), BOTH, "SC9")
    for table, error in (
        (LimitTable(LIMITS[1:], TODAY, seen), NoSignerError),
        (LimitTable((*LIMITS, unknown), TODAY, seen), UnknownCodeError),
        (LimitTable(LIMITS, TODAY, seen - 1), StaleRuleError),
        (LimitTable(LIMITS, TODAY - DAY, seen), DayPastError),
    ):
        with pytest.raises(error):
            set_limits(session, table, by=world.admin, at=NOON)
    set_limits(session, LimitTable(LIMITS, TODAY, seen), by=world.admin, at=NOON)
    table = LimitTable(LIMITS, TODAY, last_limit(session))
    with pytest.raises(DayTakenError):
        set_limits(session, table, by=world.admin, at=NOON)


def test_targets_are_set_from_a_day_on(session: Session, world: World) -> None:
    days = tuple(zip(TargetStep, (2, 3, 4, 9), strict=True))
    seen = max(session.scalars(select(Target.id)))
    set_targets(session, TargetTable(days, TODAY + DAY, seen), by=world.admin, at=NOON)
    rows = session.scalars(select(Target).where(Target.valid_from == TODAY + DAY)).all()
    assert [(row.step, row.working_days) for row in rows] == list(days)
    assert told(session)["pub"] == {
        "step": "receipt",
        "working_days": 9,
        "valid_from": str(TODAY + DAY),
    }
    seen = rows[-1].id
    for table, error in (
        (TargetTable(days, TODAY + DAY, seen), DayTakenError),
        (TargetTable(days, TODAY + 2 * DAY, seen - 1), StaleRuleError),
        (TargetTable(((TargetStep.PAY, 0),), TODAY + 2 * DAY, seen), NoWorkingDaysError),
    ):
        with pytest.raises(error):
            set_targets(session, table, by=world.admin, at=NOON)


def lane(baht: int, days: int, *, valid_from: date = TODAY) -> Lane:
    return Lane(valid_from, Money.baht(baht), days)


def set_last(world: World, lane: Lane) -> None:
    newest = newest_lane(world.session)
    assert newest is not None
    set_lane(world.session, LaneRule(lane, newest.id), by=world.admin, at=NOON)


def test_the_urgent_lane_is_set_from_a_day_on_and_the_log_tells_before_and_after(
    session: Session, world: World
) -> None:
    urgent = replace(ANSWER, is_urgent=True, urgent_reason="-")
    before = newest_lane(session)
    assert before is not None
    set_last(world, lane(1_000, 5, valid_from=TODAY + DAY))
    entry = told(session)
    assert (entry["t"], entry["ref"]) == ("urgent_lane.changed", [before.log_eid])
    assert entry["pub"] == {
        "valid_from": str(TODAY + DAY),
        "ceiling_satang": 100_000,
        "ceiling_before_satang": before.ceiling_satang,
        "ratify_within_days": 5,
        "ratify_within_days_before": before.ratify_within_days,
    }
    assert world.submitted(answer=urgent).is_urgent
    draft = world.draft(answer=urgent)
    with pytest.raises(OverUrgentCeilingError):
        service.submit_request(
            session, draft.id, seen_version=draft.version, by=world.malee, at=NOON + DAY
        )


def test_a_lane_of_one_day_is_replaced_and_the_newest_counts(
    session: Session, world: World
) -> None:
    set_last(world, lane(1_000, 5))
    set_last(world, lane(2_000, 6))
    assert urgent_lane(session, TODAY) == lane(2_000, 6)
    page = rules_page(session, day=TODAY)
    assert [table.rows for table in page.lanes] == [[lane(2_000, 6)]]
    assert {rule.code for rule in page.emergencies} == {"EMERGENCY"}
    urgent = world.approved(answer=replace(ANSWER, is_urgent=True, urgent_reason="-"))
    assert session.get_one(Ratification, urgent.id).due_on == TODAY + 6 * DAY


def test_an_urgent_lane_that_makes_no_sense_is_refused(session: Session, world: World) -> None:
    set_last(world, lane(1_000, 5, valid_from=TODAY + DAY))
    newest = newest_lane(session)
    assert newest is not None
    far = TODAY + 2 * DAY
    for rule, error in (
        (LaneRule(lane(1, 5, valid_from=far), newest.id - 1), StaleRuleError),
        (LaneRule(lane(1, 5, valid_from=TODAY - DAY), newest.id), DayPastError),
        (LaneRule(lane(1, 5), newest.id), LaterChangeError),
        (LaneRule(lane(0, 5, valid_from=far), newest.id), NotPositiveError),
        (LaneRule(lane(1, 0, valid_from=far), newest.id), RatifyDaysError),
        (LaneRule(lane(1, 91, valid_from=far), newest.id), RatifyDaysError),
        (LaneRule(lane(1_000, 5, valid_from=far), newest.id), NothingChangesError),
    ):
        with pytest.raises(error):
            set_lane(session, rule, by=world.admin, at=NOON)
    for by in (world.malee, world.wipa, world.somchai, world.anong):
        with pytest.raises(RoleNeededError):
            set_lane(session, LaneRule(lane(1, 5, valid_from=far), newest.id), by=by, at=NOON)


def test_a_closed_day_is_set_and_taken_back_before_it_comes(session: Session, world: World) -> None:
    closed = DayToClose(TODAY + DAY, "งานประจำปี", "The yearly fair")
    close_day(session, closed, by=world.admin, at=NOON)
    with pytest.raises(ClosedAlreadyError):
        close_day(session, closed, by=world.admin, at=NOON)
    for day in (TODAY, TODAY - DAY):
        with pytest.raises(ClosedDayPastError):
            close_day(session, replace(closed, day=day), by=world.admin, at=NOON)
    with pytest.raises(ClosedDayPastError):
        open_day(session, closed.day, by=world.admin, at=NOON + DAY)
    open_day(session, closed.day, by=world.admin, at=NOON)
    assert (told(session)["t"], session.get(ClosedDay, closed.day)) == ("closed_day.opened", None)
    with pytest.raises(RuleNotFoundError):
        open_day(session, closed.day, by=world.admin, at=NOON)


def test_the_database_takes_no_ceiling_of_nothing(made: Maker) -> None:
    assert made(lambda world: newest(world.session, *CATEGORY).version)
    for number in (0, -1):
        statement = (
            "INSERT INTO rule_version (kind, code, valid_from, facts, is_retired, log_eid)"
            " SELECT kind, code, valid_from, :facts, is_retired, log_eid FROM rule_version"
            " WHERE code = 'LIVING'"
        )
        facts = json.dumps({"ceiling_satang": number})
        if db.engine.dialect.name == "postgresql":
            statement = statement.replace(":facts", "CAST(:facts AS json)")
        with Session(owners()) as session, pytest.raises(DBAPIError, match="ceiling_is_positive"):
            session.execute(text(statement), {"facts": facts})


@pytest.mark.parametrize("portal", ["postgresql"], indirect=True)
def test_no_rule_changes_while_somebody_is_judged_by_it(portal: Portal) -> None:
    assert portal.install.has_log
    locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with Session(db.engine) as first, Session(db.engine) as second:
        keep_rules(first)
        keep_rules(second)
        second.execute(text("SET lock_timeout = '200ms'"))
        with pytest.raises(DBAPIError, match="lock timeout"):
            keep_rules(second, changes=True)
        assert first.scalar(text(locks)) == 0
