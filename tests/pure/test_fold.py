from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from portal.audit.entry import Entry
from portal.cases import acts as case_acts
from portal.publishing import case_fold
from portal.publishing import money_fold
from portal.publishing import report_fold
from portal.publishing.fold import step
from portal.publishing.folding import FoldError
from portal.publishing.folding import month
from portal.publishing.shelf import Case
from portal.publishing.shelf import Cell
from portal.publishing.shelf import Measure
from portal.publishing.shelf import Name
from portal.publishing.shelf import Paying
from portal.publishing.shelf import Ratification
from portal.publishing.shelf import Status
from portal.publishing.vocabulary import TYPES
from portal.youths import acts as youth_acts
from tests.told import APPROVED
from tests.told import ASKED
from tests.told import ASKED_OF_THREE
from tests.told import ASKED_OF_TWO
from tests.told import ASKER
from tests.told import AT
from tests.told import CHAIR
from tests.told import CONFIRMED
from tests.told import CONFIRMER
from tests.told import DRIVING
from tests.told import FOUNDED
from tests.told import GENESIS
from tests.told import LANES
from tests.told import LIVING
from tests.told import ONE
from tests.told import PREPARED
from tests.told import PREPARER
from tests.told import RELEASED
from tests.told import RELEASER
from tests.told import RETURNED
from tests.told import SENT
from tests.told import SIGNING
from tests.told import THREE
from tests.told import TWO
from tests.told import UNRELATED
from tests.told import URGENT
from tests.told import URGENTLY
from tests.told import allocation
from tests.told import appointed
from tests.told import approved
from tests.told import attached
from tests.told import category
from tests.told import ceiling
from tests.told import changed
from tests.told import decided
from tests.told import declared
from tests.told import donation
from tests.told import ended
from tests.told import entry
from tests.told import fund
from tests.told import issued
from tests.told import lane
from tests.told import lane_changed
from tests.told import limit
from tests.told import paid
from tests.told import prepared
from tests.told import ratified
from tests.told import retired
from tests.told import revised
from tests.told import sheet
from tests.told import signed
from tests.told import submitted
from tests.told import told
from tests.told import withdrawn


def test_a_paper_moves_no_figure_and_makes_who_attached_it_one_of_those_who_ask() -> None:
    for story, more in (
        (ASKED, [attached(), attached(party="p7")]),
        (RETURNED, [attached(role="finder"), attached("removed", role="finder")]),
        (FOUNDED, [attached(reference=None, role="finder"), attached("removed", reference=None)]),
    ):
        before, after = told(story), told([*story, *more])
        assert (after.satang, after.counts, after.left) == (
            before.satang,
            before.counts,
            before.left,
        )
        for reference, case in after.cases.items():
            index = len(story) + len(more) - 1
            parties = {str(one.public["party"]) for one in more}
            askers = before.cases[reference].askers | parties
            known = replace(before.cases[reference], last_index=index, askers=askers)
            assert case == known


def paying(state: str, satang: int, index: int | None = None) -> Paying:
    return Paying(state, satang, PREPARER, RELEASER, index=index, channel="transfer")


def test_a_log_told_by_hand_gives_its_figures() -> None:
    shelf = told(
        [
            *FOUNDED,
            donation(50_000, received_on="2026-11-30"),
            # Two signatures; the first evening in UTC is the next month in Bangkok.
            submitted(at="2026-11-30T17:00:00Z", satang=500_000),
            signed(1, 2, at="2026-12-01T01:00:00Z"),
            signed(2, 2, party=DRIVING, at="2026-12-02T01:00:00Z"),
            prepared(1, satang=300_000),
            paid("released", satang=300_000),
            paid("sent", satang=300_000),
            paid("confirmed", satang=300_000, party=CONFIRMER, at="2026-12-03T01:00:00Z"),
            prepared(2, satang=200_000),
            paid("released", satang=200_000, number=2),
            paid("voided", satang=200_000, number=2),
            prepared(3, satang=200_000),
            paid("released", satang=200_000, number=3),
            paid("sent", satang=200_000, number=3),
            paid("confirmed", satang=200_000, number=3, party=CONFIRMER, at="2027-01-03T01:00:00Z"),
            submitted(TWO, satang=120_000),
            decided("rejected", reference=TWO, at="2026-11-21T05:00:00Z"),
            submitted(THREE, satang=90_000),
            withdrawn(reference=None),
        ]
    )
    assert {cell: (shelf.satang[cell], shelf.counts[cell]) for cell in sorted(shelf.counts)} == {
        Cell("2026-10", "GEN", "", "", Measure.RECEIVED): (1_000_000, 1),
        Cell("2026-11", "GEN", "", "", Measure.RECEIVED): (50_000, 1),
        Cell("2026-11", "GEN", "SC5", "", Measure.ALLOCATED): (550_000, 1),
        Cell("2026-11", "GEN", "SC5", "LIVING", Measure.REQUESTED): (210_000, 2),
        Cell("2026-12", "GEN", "SC5", "LIVING", Measure.REQUESTED): (500_000, 1),
        Cell("2026-12", "GEN", "SC5", "LIVING", Measure.APPROVED): (500_000, 1),
        Cell("2026-12", "GEN", "SC5", "LIVING", Measure.DISBURSED): (300_000, 1),
        Cell("2027-01", "GEN", "SC5", "LIVING", Measure.DISBURSED): (200_000, 1),
    }
    assert shelf.left == {("GEN", ""): 500_000, ("GEN", "SC5"): 50_000}
    gen = Name("GEN ไทย", "GEN", {"restricted": False})
    assert shelf.names["fund", "GEN"] == {"2026-11-20": gen}
    assert shelf.cases[ONE] == Case(
        reference=ONE,
        kind="youth",
        fund="GEN",
        subcommittee="SC5",
        category="LIVING",
        purpose="STAY",
        fiscal_year=2570,
        place=None,
        status=Status.PAID,
        satang=500_000,
        submitted_at="2026-11-30T17:00:00Z",
        sent_at="2026-11-30T17:00:00Z",
        signing=SIGNING[:2],
        decided_at="2026-12-02T01:00:00Z",
        paid_at="2027-01-03T01:00:00Z",
        approved_satang=500_000,
        disbursed_satang=500_000,
        last_index=len(FOUNDED) + 14,
        unrelated=UNRELATED,
        askers=frozenset({ASKER}),
        signers=(CHAIR, DRIVING),
        deciders=frozenset({CHAIR, DRIVING}),
        payers=frozenset({PREPARER, RELEASER, CONFIRMER}),
        payments={
            "RYG-2570-P000001": paying("confirmed", 300_000, index=22),
            "RYG-2570-P000002": paying("voided", 200_000),
            "RYG-2570-P000003": paying("confirmed", 200_000, index=29),
        },
    )
    rejected = shelf.cases[TWO]
    assert (rejected.status, rejected.decided_at) == (Status.REJECTED, "2026-11-21T05:00:00Z")
    assert shelf.cases[THREE].status is Status.SUBMITTED


def test_a_corrected_request_is_counted_once_and_signed_anew() -> None:
    again = "2026-12-01T05:00:00Z"
    shelf = told(
        [
            *ASKED_OF_TWO,
            signed(1, 2),
            decided("returned", party=DRIVING),
            submitted(satang=460_000, at=again),
            signed(1, 2, satang=460_000),
        ]
    )
    case = shelf.cases[ONE]
    assert (case.status, case.satang) == (Status.SUBMITTED, 460_000)
    assert (case.submitted_at, case.sent_at) == (AT, again)
    assert case.signers == (CHAIR,)
    assert case.deciders == {CHAIR, DRIVING}
    cell = Cell("2026-11", "GEN", "SC5", "LIVING", Measure.REQUESTED)
    assert (shelf.satang[cell], shelf.counts[cell]) == (500_000, 1)


def test_the_limits_of_the_day_of_sending_say_who_signs() -> None:
    later = limit(0, "chair", "board", valid_from="2026-12-01")
    before, after = "2026-11-30T16:59:59Z", "2026-11-30T17:00:00Z"
    story = (*FOUNDED, later, submitted(at=before), submitted(TWO, at=after))
    shelf = told([*story, approved()])
    assert shelf.cases[ONE].status is Status.APPROVED
    with pytest.raises(FoldError, match="chair, board sign for this amount"):
        step(shelf, len(story) + 1, approved(TWO))


def test_the_most_exact_limit_says_who_signs() -> None:
    exact = limit(0, "board", fund="GEN")
    with pytest.raises(FoldError, match="board sign for this amount"):
        told([*FOUNDED, exact, submitted(), approved()])
    shelf = told([*FOUNDED, exact, submitted(), signed(1, 1, role="board")])
    assert shelf.cases[ONE].status is Status.APPROVED


def test_a_project_may_show_its_place() -> None:
    shelf = told([*FOUNDED, submitted(kind="project", place="210101")])
    assert shelf.cases[ONE].place == "210101"


def test_the_requester_may_withdraw_what_was_sent_or_returned() -> None:
    for story in (ASKED, RETURNED):
        case = told([*story, withdrawn()]).cases[ONE]
        assert (case.status, case.decided_at) == (Status.WITHDRAWN, AT)


PERSON = (
    "added",
    "deactivated",
    "reactivated",
    "signed_out",
    "password_set",
    "factor_added",
    "factor_removed",
    "factor_reset",
    "identity_bound",
    "identity_unbound",
    "email_changed",
)


def test_entries_without_figures_change_nothing() -> None:
    plain = told(FOUNDED)
    more = told(
        [
            *FOUNDED,
            entry("role.granted", role="chair", subcommittee="SC5"),
            entry("role.ended", role="chair", subcommittee="SC5"),
            *(entry(f"person.{what}") for what in PERSON),
            entry("organisation.added", code="VOL", name_th="อสม.", name_en="Volunteers"),
            entry(
                "organisation.renamed",
                code="VOL",
                name_th="อสม. ระยอง",
                name_en="Volunteers",
                name_th_before="อสม.",
                name_en_before="Volunteers",
            ),
            entry("target.set", step="pay", working_days=2, valid_from="2026-11-20"),
            entry("closed_day.set", day="2026-12-30", name_th="ปิด", name_en="closed"),
            entry("closed_day.opened", day="2026-12-30"),
        ]
    )
    assert more == plain


def test_a_revision_frees_the_money_and_the_signatures() -> None:
    case = (shelf := told([*PREPARED, paid("voided"), revised()])).cases[ONE]
    assert (case.status, case.satang, case.approved_satang) == (Status.SUBMITTED, 120_000, 0)
    assert not case.signers
    assert case.deciders == {CHAIR}
    assert shelf.left["GEN", "SC5"] == 550_000
    released = Cell("2026-11", "GEN", "SC5", "LIVING", Measure.RELEASED)
    assert (shelf.satang[released], shelf.counts[released]) == (150_000, 1)
    step(shelf, len(PREPARED) + 2, approved(satang=120_000))
    assert shelf.left["GEN", "SC5"] == 430_000


def test_a_request_that_is_sent_again_keeps_its_payments_and_who_paid() -> None:
    """It was approved once, its payment was cancelled, it was revised and then returned."""
    before = [*PREPARED, paid("voided"), revised(), decided("returned")]
    known = told(before).cases[ONE]
    case = told([*before, submitted(satang=110_000)]).cases[ONE]
    assert (case.status, case.satang) == (Status.SUBMITTED, 110_000)
    assert len(known.payments) == 1
    assert case.payments == known.payments
    assert case.payers == known.payers != frozenset()
    assert case.deciders == known.deciders


@pytest.mark.parametrize("what", ["ratified", "not_ratified"])
def test_what_is_urgent_is_approved_by_the_chair_and_looked_at_afterwards(what: str) -> None:
    waiting = told(URGENTLY).cases[ONE]
    assert (waiting.status, waiting.signers) == (Status.APPROVED, (CHAIR,))
    assert (waiting.ratification, waiting.ratify_by) == (Ratification.DUE, "2026-12-05")
    case = told([*URGENTLY, ratified(what=what)]).cases[ONE]
    expected = Ratification.RATIFIED if what == "ratified" else Ratification.REFUSED
    assert case.ratification is expected
    assert case.deciders == UNRELATED


def test_the_lane_of_the_day_counts_and_the_newest_of_a_day() -> None:
    lanes = (lane("2026-10-01"), lane("2026-11-20", days=3), lane("2026-11-20", days=7))
    later = lane("2026-11-21", ceiling=1)
    story = (*FOUNDED, *lanes, later, submitted(urgent=True), approved())
    assert told(story).cases[ONE].ratify_by == "2026-11-27"
    again = (*URGENTLY, revised(), approved(satang=120_000))
    assert told(again).cases[ONE].ratification is Ratification.DUE


def test_a_changed_lane_holds_from_its_day_on_and_the_newest_of_a_day_counts() -> None:
    asked = (submitted(urgent=True), approved())
    later = told([*LANES, lane_changed("2026-11-21"), *asked]).cases[ONE]
    assert later.ratify_by == "2026-12-05"
    again = (lane_changed(ceiling=100), lane_changed(ceiling=150_000, before=100, days_before=3))
    assert told([*LANES, *again, *asked]).cases[ONE].ratify_by == "2026-11-23"


def test_who_acts_for_a_chair_decides_within_the_term() -> None:
    for story in (
        (appointed(),),
        (appointed(), ended()),
        (appointed("X", subcommittee="SC1"), appointed()),
    ):
        case = told([*ASKED, *story, signed(1, 1, acting=True)]).cases[ONE]
        assert case.status is Status.APPROVED


def test_declarations_are_counted() -> None:
    story = [*FOUNDED, submitted(), declared("p8"), declared("p9", related=True)]
    shelf = told(story)
    month_of_it = ("2026-11", "GEN", "SC5", "LIVING")
    assert shelf.counts[Cell(*month_of_it, Measure.UNRELATED)] == 1
    assert shelf.counts[Cell(*month_of_it, Measure.RELATED)] == 1
    assert shelf.cases[ONE].related == {"p9"}
    assert "p9" not in shelf.cases[ONE].unrelated


def test_a_paper_is_issued_once_there_is_a_decision_and_moves_nothing() -> None:
    for story in (APPROVED, PREPARED, CONFIRMED, (*ASKED, decided("rejected"))):
        for role in ("officer", "chair", "treasurer"):
            plain, more = told(story), told([*story, issued(role=role), issued(number=2)])
            newest = replace(plain.cases[ONE], last_index=len(story) + 1)
            assert more.cases == {**plain.cases, ONE: newest}
            assert (more.satang, more.counts, more.left) == (
                plain.satang,
                plain.counts,
                plain.left,
            )


def test_the_month_is_the_one_in_bangkok() -> None:
    assert month("2026-11-30T16:59:59Z") == "2026-11"
    assert month("2026-11-30T17:00:00Z") == "2026-12"
    assert month("2026-12-31T17:00:00Z") == "2027-01"


PLANTED: dict[str, tuple[Sequence[Entry], Entry, str]] = {
    # How a log begins.
    "no genesis": ((), FOUNDED[1], "begins with its genesis"),
    "a second genesis": (FOUNDED, GENESIS, "begins with its genesis, and has one"),
    # What an entry is.
    "an unknown type": (
        FOUNDED,
        entry("fund_request.deleted", reference=ONE),
        "no type of this log",
    ),
    "a type of nothing": (FOUNDED, entry(""), "no type of this log"),
    "an extra field": (FOUNDED, submitted(name="ปลายฟ้า"), r"other public fields: \['name'\]"),
    "a missing field": (
        FOUNDED,
        entry("fund.created", code="X", name_th="X", name_en="X"),
        r"other public fields: \['restricted'\]",
    ),
    "a field of another kind": (FOUNDED, submitted(satang="150000"), "cannot hold '150000'"),
    "a field with braces": (FOUNDED, submitted(fund="{index}"), r"cannot hold '\{index\}'"),
    "an extra private field": (
        FOUNDED,
        replace(submitted(), private={**submitted().private, "school": ""}),
        r"other private fields: \['school'\]",
    ),
    "a private field too few": (
        FOUNDED,
        replace(
            submitted(),
            private=dict.fromkeys({"person", "payee", "urgent_reason", "items"}, ""),
        ),
        r"other private fields: \['reason'\]",
    ),
    # Names.
    "a fund of the same code": (FOUNDED, fund("GEN"), "GEN stands in the log already"),
    "a category of the same code": (FOUNDED, category("LIVING"), "stands in the log already"),
    # Rules from a day on.
    "a ceiling lowered before": (
        (*FOUNDED, ceiling(100_000)),
        submitted(),
        "beyond the ceiling of its category",
    ),
    "a ceiling not raised yet": (
        (*FOUNDED, ceiling(700_000, valid_from="2026-11-21")),
        submitted(satang=650_000),
        "beyond the ceiling of its category",
    ),
    "a subcommittee that looked after it before": (
        (*FOUNDED, changed("category", "LIVING", {**LIVING, "subcommittees": ["SC1"]})),
        submitted(),
        "the subcommittee does not look after",
    ),
    "a change of nothing known": (
        FOUNDED,
        changed("fund", "NONE", {"restricted": True}),
        "the log knows no fund NONE",
    ),
    "a change that hides what was before": (
        FOUNDED,
        ceiling(700_000, ceiling_before_satang=500_000),
        "LIVING said something else before",
    ),
    "a change in the past": (
        FOUNDED,
        ceiling(700_000, valid_from="2026-11-19"),
        "LIVING cannot change from 2026-11-19 on",
    ),
    "a change before a later one": (
        (*FOUNDED, ceiling(700_000, valid_from="2026-12-01")),
        ceiling(650_000, valid_from="2026-11-30", ceiling_before_satang=700_000),
        "LIVING cannot change from 2026-11-30 on",
    ),
    "a change of what ended": (
        (*FOUNDED, retired("category", "LIVING")),
        ceiling(700_000),
        "category LIVING has ended",
    ),
    "an end of nothing known": (FOUNDED, retired("fund", "NONE"), "the log knows no fund NONE"),
    "an end in the past": (
        FOUNDED,
        retired("fund", "EMPTY", valid_from="2026-11-19"),
        "EMPTY cannot change",
    ),
    "an end twice": (
        (*FOUNDED, retired("fund", "EMPTY")),
        retired("fund", "EMPTY"),
        "fund EMPTY has ended",
    ),
    "a request of a subcommittee that ended": (
        (*FOUNDED, retired("subcommittee", "SC5")),
        submitted(),
        "subcommittee SC5 has ended",
    ),
    "a request for a purpose that ended": (
        (*FOUNDED, retired("purpose", "STAY")),
        submitted(),
        "purpose STAY has ended",
    ),
    "a donation to a fund that ended": (
        (*FOUNDED, retired("fund", "GEN")),
        donation(1),
        "fund GEN has ended",
    ),
    "a new name of a subcommittee told wrongly": (
        FOUNDED,
        changed("subcommittee", "SC5", {"short_th": "ใหม่"}, short_th_before="เก่า"),
        "SC5 said something else before",
    ),
    "a new name of a purpose told wrongly": (
        FOUNDED,
        changed("purpose", "STAY", {}, name_en_before="Go"),
        "STAY said something else before",
    ),
    # Money of the fund.
    "a donation to an unknown fund": (FOUNDED, donation(1, fund="NONE"), "knows no fund NONE"),
    "a donation of nothing": (FOUNDED, donation(0), "a donation of 0 satang"),
    "a donation taken back": (FOUNDED, donation(-1), "a donation of -1 satang"),
    "an allocation of an unknown fund": (FOUNDED, allocation(1, fund="NONE"), "no fund NONE"),
    "an allocation to nobody": (FOUNDED, allocation(1, subcommittee="SC9"), "subcommittee SC9"),
    "more allocated than received": (
        FOUNDED,
        allocation(450_001),
        "GEN/ holds 450000 satang, 450001 are taken",
    ),
    "allocated before received": (FOUNDED, allocation(1, fund="EMPTY"), "EMPTY/ holds 0 satang"),
    "nothing allocated": (FOUNDED, allocation(0), "0 are taken"),
    "an allocation taken back": (FOUNDED, allocation(-1), "-1 are taken"),
    # Asking.
    "sent twice": (ASKED, submitted(), f"{ONE} was sent already"),
    "sent after approval": (APPROVED, submitted(), "was sent already"),
    "sent after rejection": ((*ASKED, decided("rejected")), submitted(), "was sent already"),
    "sent after withdrawal": ((*ASKED, withdrawn()), submitted(), "was sent already"),
    "an unknown fund": (FOUNDED, submitted(fund="NONE"), "knows no fund NONE"),
    "an unknown subcommittee": (
        FOUNDED,
        submitted(subcommittee="SC9"),
        "knows no subcommittee SC9",
    ),
    "an unknown category": (FOUNDED, submitted(category="NONE"), "knows no category NONE"),
    "a category of another subcommittee": (
        FOUNDED,
        submitted(category="OTHER"),
        "does not look after this category",
    ),
    "over the ceiling": (FOUNDED, submitted(satang=600_001), "beyond the ceiling"),
    "nothing asked": (FOUNDED, submitted(satang=0), "beyond the ceiling"),
    "less than nothing asked": (FOUNDED, submitted(satang=-1), "beyond the ceiling"),
    "a youth with a place": (
        FOUNDED,
        submitted(place="210101"),
        "a youth's request shows no place",
    ),
    "the chair who returned it sends it": (RETURNED, submitted(party=CHAIR), "two duties"),
    # Deciding.
    "the asker approves": (ASKED, approved(party=ASKER), "two duties"),
    "an earlier asker approves": (
        (*RETURNED, submitted(party="p9")),
        approved(party=ASKER),
        "two duties",
    ),
    "the asker signs": (ASKED_OF_TWO, signed(1, 2, party=ASKER), "two duties"),
    "the asker rejects": (ASKED, decided("rejected", party=ASKER), "two duties"),
    "the asker returns": (ASKED, decided("returned", party=ASKER), "two duties"),
    "one person signs twice": ((*ASKED_OF_TWO, signed(1, 2)), signed(2, 2), "two duties"),
    "a signature that was not there": (ASKED_OF_TWO, signed(2, 2), "signature 2 of 2"),
    "a signature skipped": (
        (*ASKED_OF_THREE, signed(1, 3)),
        signed(3, 3, party=DRIVING),
        "signature 3 of 3",
    ),
    "the same signature again": (
        (*ASKED_OF_THREE, signed(1, 3)),
        signed(1, 3, party=DRIVING),
        "signature 1 of 3",
    ),
    "no signature": (ASKED, signed(0, 1), "signature 0 of 1"),
    "more signatures than needed": (
        (*ASKED_OF_TWO, signed(1, 2)),
        signed(2, 1, party=DRIVING),
        "signature 2 of 1",
    ),
    "approved with signatures missing": (
        ASKED_OF_TWO,
        replace(approved(), public={**approved().public, "needed": 2}),
        "signature 1 of 2",
    ),
    "the last signature does not approve": (
        ASKED,
        replace(signed(1, 2), public={**signed(1, 2).public, "needed": 1}),
        "signature 1 of 1",
    ),
    "fewer sign than the limit says": (
        ASKED_OF_TWO,
        approved(satang=500_000),
        "chair, driving_chair sign for this amount",
    ),
    "more sign than the limit says": (ASKED, signed(1, 2), "chair sign for this amount"),
    "somebody else signs": (ASKED, signed(1, 1, role="board"), "chair sign for this amount"),
    "the officer approves": (ASKED, signed(1, 1, role="officer"), "chair sign for this amount"),
    "signed in another order": (
        ASKED_OF_TWO,
        signed(1, 2, role="driving_chair"),
        "chair, driving_chair sign for this amount",
    ),
    "the chair twice": (
        (*ASKED_OF_TWO, signed(1, 2)),
        signed(2, 2, party=DRIVING, role="chair"),
        "chair, driving_chair sign for this amount",
    ),
    "no limit for the amount": (
        [one for one in FOUNDED if one.type != "threshold.set"],
        submitted(),
        "no limit says who signs",
    ),
    "no limit yet": (
        (
            *[one for one in FOUNDED if one.type != "threshold.set"],
            limit(0, "chair", valid_from="2026-11-21"),
        ),
        submitted(),
        "no limit says who signs",
    ),
    "a limit that lets the treasurer sign": (
        FOUNDED,
        limit(0, "chair", "treasurer"),
        "somebody signs who may not",
    ),
    "who did not declare approves": (ASKED, approved(party="p9"), "did not declare"),
    "who did not declare rejects": (ASKED, decided("rejected", party="p9"), "did not declare"),
    "who is related approves": (
        (*ASKED, declared(CHAIR, related=True)),
        approved(),
        "did not declare to be unrelated",
    ),
    "a relation is taken back": (
        (*ASKED, declared("p9", related=True)),
        declared("p9"),
        "a declared relation is taken back",
    ),
    "the asker declares": (ASKED, declared(ASKER), "two duties"),
    "declared unasked": (FOUNDED, declared(CHAIR), "knows no request"),
    "somebody acts without an appointment": (
        ASKED,
        signed(1, 1, acting=True),
        "nobody is appointed",
    ),
    "somebody acts for another chair": (
        (*ASKED, appointed(subcommittee="SC1")),
        decided("returned", acting=True),
        "nobody is appointed",
    ),
    "somebody acts after the last day": (
        (*ASKED, appointed(to_on="2026-11-19")),
        signed(1, 1, acting=True),
        "nobody is appointed",
    ),
    "somebody acts after the end": (
        (*ASKED, appointed(), ended()),
        signed(1, 1, acting=True, at="2026-11-20T05:00:01Z"),
        "nobody is appointed",
    ),
    "a term before its beginning": (FOUNDED, appointed(to_on="2026-11-18"), "in the log already"),
    "one appointment twice": ((*FOUNDED, appointed()), appointed(), "in the log already"),
    "a term of no subcommittee": (FOUNDED, appointed(subcommittee="SC9"), "no subcommittee SC9"),
    "an end of no appointment": (FOUNDED, ended(), "knows no acting_chair"),
    "urgent without a lane": (FOUNDED, submitted(urgent=True), "there is no urgent lane"),
    "urgent before the lane": (
        (*FOUNDED, lane("2026-11-21")),
        submitted(urgent=True),
        "there is no urgent lane",
    ),
    "beyond the urgent lane": (
        LANES,
        submitted(urgent=True, satang=500_001),
        "beyond the ceiling of the urgent lane",
    ),
    "a lane changed that is not there": (FOUNDED, lane_changed(), "there is no urgent lane"),
    "a lane changed in the past": (LANES, lane_changed("2026-11-19"), "change from 2026-11-19"),
    "a lane changed before a later change": (
        (*LANES, lane("2026-11-22")),
        lane_changed("2026-11-21"),
        "cannot change from 2026-11-21",
    ),
    "a lane that was another before": (LANES, lane_changed(before=1), "was another before"),
    "beyond a changed lane": (
        (*LANES, lane_changed(ceiling=100)),
        submitted(urgent=True),
        "beyond the ceiling of the urgent lane",
    ),
    "two sign what is urgent": (URGENT, signed(1, 2, satang=500_000), "chair sign for this"),
    "nothing to ratify": (APPROVED, ratified(), "there is nothing to ratify"),
    "ratified before approval": (URGENT, ratified(), f"{ONE} is submitted"),
    "ratified twice": ((*URGENTLY, ratified()), ratified(), "there is nothing to ratify"),
    "the approver ratifies": (URGENTLY, ratified(party=CHAIR), "two duties"),
    "the asker ratifies": (URGENTLY, ratified(party=ASKER), "two duties"),
    "who did not declare ratifies": (URGENTLY, ratified(party="p9"), "did not declare"),
    "revised before approval": (ASKED, revised(), f"{ONE} is submitted"),
    "revised while it is paid": (PREPARED, revised(), "while it is being paid"),
    "the chair revises": (APPROVED, revised(party=CHAIR), "two duties"),
    "revised beyond the ceiling": (APPROVED, revised(600_001), "beyond the ceiling"),
    "revised beyond a new ceiling": (
        (*APPROVED, ceiling(100_000)),
        revised(),
        "beyond the ceiling",
    ),
    "revised after an end": (
        (*APPROVED, retired("category", "LIVING")),
        revised(),
        "category LIVING has ended",
    ),
    "an acting chair of what has ended": (
        (*FOUNDED, retired("subcommittee", "SC5")),
        appointed(),
        "subcommittee SC5 has ended",
    ),
    "revised to nothing": (APPROVED, revised(0), "beyond the ceiling"),
    "revised beyond the urgent lane": (URGENTLY, revised(500_001), "of the urgent lane"),
    "paid after a revision": ((*APPROVED, revised()), prepared(), f"{ONE} is submitted"),
    "more approved than asked": (ASKED, approved(satang=150_001), "another amount is signed"),
    "less approved than asked": (ASKED, approved(satang=149_999), "another amount is signed"),
    "approved without money": (
        (*FOUNDED, submitted(subcommittee="SC1", category="OTHER")),
        approved(),
        "GEN/SC1 holds 0 satang, 150000 are taken",
    ),
    "the same money twice": (
        (*FOUNDED, submitted(satang=401_000), submitted(TWO), approved(satang=401_000)),
        approved(TWO),
        "GEN/SC5 holds 149000 satang, 150000 are taken",
    ),
    "approved unasked": (FOUNDED, approved(), f"knows no request {ONE}"),
    "approved twice": (APPROVED, approved(party=DRIVING), f"{ONE} is approved"),
    "approved while returned": (RETURNED, approved(party=DRIVING), f"{ONE} is returned"),
    "rejected after approval": (APPROVED, decided("rejected", party=DRIVING), "is approved"),
    "returned after approval": (APPROVED, decided("returned", party=DRIVING), "is approved"),
    "rejected unasked": (FOUNDED, decided("rejected"), "knows no request"),
    "withdrawn after approval": (APPROVED, withdrawn(), "is approved"),
    "withdrawn after payment": (CONFIRMED, withdrawn(), "is paid"),
    "withdrawn unasked": (FOUNDED, withdrawn(), "knows no request"),
    # Paying.
    "paid before approval": (ASKED, prepared(), f"{ONE} is submitted"),
    "paid after payment": (CONFIRMED, prepared(2), f"{ONE} is paid"),
    "paid unasked": (FOUNDED, prepared(), "knows no request"),
    "more paid than approved": (APPROVED, prepared(satang=150_001), "more than was approved"),
    "paid twice": (PREPARED, prepared(2), "P000002 is more than was approved"),
    "more paid in parts than approved": (
        (*APPROVED, prepared(1, satang=100_000)),
        prepared(2, satang=50_001),
        "more than was approved",
    ),
    "nothing paid": (APPROVED, prepared(satang=0), "more than was approved"),
    "less than nothing paid": (APPROVED, prepared(satang=-1), "more than was approved"),
    "one payment number twice": (
        (*PREPARED, paid("voided")),
        prepared(),
        "P000001 is more than was approved",
    ),
    "the asker prepares": (APPROVED, prepared(party=ASKER), "two duties"),
    "the chair prepares": (APPROVED, prepared(party=CHAIR), "two duties"),
    "the chair releases": (PREPARED, paid("released", party=CHAIR), "two duties"),
    "the asker sends": (RELEASED, paid("sent", party=ASKER), "two duties"),
    "the asker confirms": (SENT, paid("confirmed", party=ASKER), "two duties"),
    "the preparer releases": (PREPARED, paid("released", party=PREPARER), "two duties"),
    "the releaser confirms": (SENT, paid("confirmed", party=RELEASER), "two duties"),
    "released unprepared": (APPROVED, paid("released"), "P000001 cannot be released"),
    "released twice": (RELEASED, paid("released"), "cannot be released"),
    "sent unreleased": (PREPARED, paid("sent"), "cannot be sent"),
    "sent to the bank twice": (SENT, paid("sent"), "cannot be sent"),
    "confirmed unsent": (RELEASED, paid("confirmed", party=CONFIRMER), "cannot be confirmed"),
    "confirmed unprepared": (APPROVED, paid("confirmed"), "cannot be confirmed"),
    "voided after sending": (SENT, paid("voided"), "cannot be voided"),
    "released after voiding": ((*PREPARED, paid("voided")), paid("released"), "cannot be released"),
    "another amount released": (PREPARED, paid("released", satang=149_999), "cannot be released"),
    "another amount confirmed": (
        SENT,
        paid("confirmed", party=CONFIRMER, satang=150_001),
        "cannot be confirmed",
    ),
    "another payment released": (PREPARED, paid("released", number=2), "cannot be released"),
    "released after payment": (CONFIRMED, paid("released"), f"{ONE} is paid"),
    # Papers.
    "a paper about nothing": (APPROVED, issued(reference=TWO), f"knows no request {TWO}"),
    "a decision that is not made": (ASKED, issued(), f"{ONE} is submitted"),
    "a decision that was taken back": (RETURNED, issued(), f"{ONE} is returned"),
    "a decision on what was withdrawn": ((*ASKED, withdrawn()), issued(), f"{ONE} is withdrawn"),
    "an unknown paper": (APPROVED, issued("banknote"), "banknote is no paper of this portal"),
    "a paper attached to nothing": (ASKED, attached(reference=TWO), f"knows no request {TWO}"),
    "a paper after the decision": (APPROVED, attached(), f"{ONE} is approved"),
    "a paper taken off after it was sent": (ASKED, attached("removed"), f"{ONE} is submitted"),
    "a finder's paper after it was sent": (ASKED, attached(role="finder"), "finder attaches no"),
    "a chair's paper": (RETURNED, attached(role="chair"), "chair attaches no paper now"),
    "a chair's paper to a draft": (FOUNDED, attached(reference=None, role="chair"), "chair attach"),
    "a paper of who decided": (RETURNED, attached(party=CHAIR), "two duties"),
    "a paper of no kind": (ASKED, attached(paper="banknote"), "banknote is no paper"),
    "a decision of who attached": (
        (*ASKED, attached(party=CHAIR)),
        approved(),
        "two duties",
    ),
    "a paper without a number": (APPROVED, issued(number=0), "is no paper of this portal"),
    "a paper of an auditor": (APPROVED, issued(role="auditor"), "auditor issues no such paper"),
    "an unknown paper of the worker": (FOUNDED, sheet("banknote"), "banknote is no paper of"),
    "a paper of the worker without a number": (FOUNDED, sheet(number=0), "is no paper of"),
    "a voucher of an auditor": (FOUNDED, sheet(role="auditor"), "auditor issues no such paper"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_an_entry_that_breaks_a_rule_stops_the_fold(name: str) -> None:
    before, planted, sentence = PLANTED[name]
    shelf = told(before)
    untouched = told(before)
    with pytest.raises(FoldError, match=sentence) as caught:
        step(shelf, len(before), planted)
    assert caught.value.index == len(before)
    assert str(caught.value).startswith(f"Entry {len(before)}: ")
    assert shelf == untouched


BY = {"confirmed": CONFIRMER}
STEPS = {
    (): {"released", "voided"},
    ("released",): {"sent", "voided"},
    ("released", "sent"): {"confirmed"},
    ("released", "sent", "confirmed"): set[str](),
    ("voided",): set[str](),
    ("released", "voided"): set[str](),
}


@pytest.mark.parametrize("states", STEPS, ids=str)
@pytest.mark.parametrize("what", ["released", "sent", "confirmed", "voided"])
def test_payments_take_their_steps_in_order(states: tuple[str, ...], what: str) -> None:
    shelf = told([*PREPARED, *(paid(state, party=BY.get(state, RELEASER)) for state in states)])
    index = len(PREPARED) + len(states)
    if what in STEPS[states]:
        step(shelf, index, paid(what, party=CONFIRMER))
        assert shelf.cases[ONE].payments["RYG-2570-P000001"].state == what
        return
    with pytest.raises(FoldError):
        step(shelf, index, paid(what, party=CONFIRMER))


def test_a_request_is_judged_by_the_rules_of_the_day_it_is_sent() -> None:
    raised = ceiling(700_000, valid_from="2026-11-21")
    shelf = told([*FOUNDED, raised, submitted()])
    # 11 p.m. of the day before in UTC is the day itself in Bangkok.
    step(shelf, len(FOUNDED) + 2, submitted(TWO, satang=700_000, at="2026-11-20T23:00:00Z"))
    assert shelf.cases[TWO].signing == SIGNING
    assert [*shelf.names["category", "LIVING"]] == ["2026-11-20", "2026-11-21"]


def test_who_signs_is_known_when_a_request_is_sent() -> None:
    later = limit(0, *SIGNING, valid_from="2026-11-20")
    shelf = told([*ASKED, later, approved()])
    assert shelf.cases[ONE].status is Status.APPROVED
    assert told([*FOUNDED, later, submitted()]).cases[ONE].signing == SIGNING


def test_who_signs_a_revised_request_is_known_by_the_limits_of_that_day() -> None:
    shelf = told([*APPROVED, limit(0, *SIGNING, valid_from="2026-11-20"), revised()])
    assert (shelf.cases[ONE].status, shelf.cases[ONE].signing) == (Status.SUBMITTED, SIGNING)


def test_a_new_name_and_an_end_are_known_from_their_day_on() -> None:
    named_anew = changed(
        "subcommittee",
        "SC5",
        {"name_en": "Five", "short_th": "SC5"},
        valid_from="2026-12-01",
        name_en_before="SC5",
    )
    shelf = told([*FOUNDED, named_anew, retired("subcommittee", "SC5", valid_from="2026-12-24")])
    said = shelf.names["subcommittee", "SC5"]
    assert [(day, name.name_en, name.is_retired) for day, name in said.items()] == [
        ("2026-11-20", "SC5", False),
        ("2026-12-01", "Five", False),
        ("2026-12-24", "Five", True),
    ]
    step(shelf, len(FOUNDED) + 2, submitted(at="2026-12-23T16:59:59Z"))
    with pytest.raises(FoldError, match="subcommittee SC5 has ended"):
        step(shelf, len(FOUNDED) + 3, submitted(TWO, at="2026-12-23T17:00:00Z"))


BATCH = ("made", "released", "sent", "dissolved")


def test_a_paper_of_the_worker_changes_no_figure() -> None:
    assert told((*FOUNDED, sheet())).left == told(FOUNDED).left


def test_every_type_of_the_log_is_told_here() -> None:
    seen = {one.type for before, planted, _ in PLANTED.values() for one in (*before, planted)}
    told_above = {"role.granted", "role.ended", *(f"person.{what}" for what in PERSON)}
    told_above |= {"organisation.added", "organisation.renamed"}
    told_above |= {"target.set", "closed_day.set", "closed_day.opened"}
    told_above |= {"check.overridden", "fund_request.not_ratified"}
    # Entries about the log itself, and about privacy, change no figure.
    told_above |= {"log.heartbeat", "log.key_added", "log.key_retired"}
    told_above |= {"privacy.erased", "privacy.opened"}
    # Nor does what is done on a person's record, of which the log shows nothing.
    told_above |= {each.name for each in (*case_acts.ALL, *youth_acts.ALL)}
    # Nor do accounts, batches and the bank's lines: their payments tell themselves.
    told_above |= {"statement.imported", "lines.matched"}
    told_above |= {"account.opened", "account.closed", *(f"batch.{what}" for what in BATCH)}
    # Findings, concerns, reports and money that moves have a fold and tests of their own.
    for apart in (case_fold, money_fold, report_fold):
        told_above |= apart.TELLS.keys()
    assert TYPES.keys() <= seen | told_above


def test_a_moment_that_never_was_stops_the_fold() -> None:
    for at in ("2026-99-99T00:00:00Z", "9999-12-31T23:00:00Z"):
        with pytest.raises(FoldError, match="the calendar does not have"):
            told([*FOUNDED, replace(submitted(), at=at)])


def test_a_request_is_for_a_youth_or_a_project() -> None:
    odd = replace(submitted(), public={**submitted().public, "kind": "animal"})
    with pytest.raises(FoldError, match="for a youth or for a project"):
        told([*FOUNDED, odd])
