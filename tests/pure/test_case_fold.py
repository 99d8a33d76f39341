from __future__ import annotations

from collections.abc import Sequence

import pytest

from portal.audit.entry import Entry
from portal.audit.entry import Json
from portal.concerns.codes import ConcernState
from portal.concerns.codes import FindingState
from portal.publishing.case_fold import TELLS
from portal.publishing.fold import step
from portal.publishing.folding import FoldError
from portal.publishing.shelf import Shelf
from portal.publishing.vocabulary import TYPES

EID = "01a20d8b-74e1-7690-93f3-2a3d25543fa0"
F, C, S = "RYG-2570-F000001", "RYG-2570-C000001", "RYG-2570-C000002"
# 23:30 of the 20th in Bangkok, and half an hour past midnight: another day.
NIGHT, MORNING = "2026-11-20T16:30:00Z", "2026-11-20T17:30:00Z"
WEEK, MONTH = "2026-11-27T05:00:00Z", "2026-12-20T17:30:00Z"


def told(type_name: str, role: str, /, *, at: str = NIGHT, **public: Json) -> Entry:
    private = dict.fromkeys(TYPES[type_name].private, "")
    return Entry("", type_name, at, role, public, private, (EID,))


def raised(role: str = "auditor", *, refs: int = 1, **more: Json) -> Entry:
    public: dict[str, Json] = {"number": F, "severity": "note", "topic": "papers", **more}
    private = dict.fromkeys(TYPES["finding.raised"].private, "")
    return Entry("", "finding.raised", NIGHT, role, public, private, (EID,) * refs)


def answered(role: str = "officer", action: str = "corrected") -> Entry:
    return told("finding.answered", role, number=F, action=action, at=WEEK)


def closed(role: str = "auditor") -> Entry:
    return told("finding.closed", role, number=F, at=WEEK)


def reopened(role: str = "auditor", reason: str = "not_done") -> Entry:
    return told("finding.reopened", role, number=F, reason=reason, at=WEEK)


def received(number: str = C, topic: str = "money", desk: str = "officers") -> Entry:
    return told("concern.received", "reporter", number=number, topic=topic, desk=desk)


def taken_up(number: str = C, role: str = "officer") -> Entry:
    return told("concern.taken_up", role, number=number)


def passed(number: str = C, desk: str = "auditors", role: str = "officer") -> Entry:
    return told("concern.passed", role, number=number, desk=desk)


def continued(number: str = C, role: str = "reporter") -> Entry:
    return told("concern.continued", role, number=number)


def outcome(
    number: str = C, role: str = "officer", *, code: str = "put_right", days: int = 1
) -> Entry:
    return told("concern.answered", role, at=MORNING, number=number, outcome=code, days=days)


def ended(role: str = "reporter", at: str = MORNING, number: str = C) -> Entry:
    return told("concern.closed", role, number=number, at=at)


def fold(*entries: Entry) -> Shelf:
    shelf = Shelf()
    for index, entry in enumerate(entries, 1):
        step(shelf, index, entry)
    return shelf


def test_a_finding_goes_its_way() -> None:
    finding = fold(raised(), answered()).findings[F]
    assert (finding.state, finding.answered_at) == (FindingState.ANSWERED, WEEK)
    finding = fold(raised(), answered(), closed()).findings[F]
    assert (finding.state, finding.closed_at) == (FindingState.CLOSED, WEEK)
    for before in ([answered()], [answered(), closed()]):
        finding = fold(raised(), *before, reopened()).findings[F]
        assert (finding.state, finding.answered_at) == (FindingState.OPEN, "")
        assert finding.closed_at == ""


def test_a_concern_goes_its_way() -> None:
    concern = fold(received(), taken_up(), outcome()).concerns[C]
    assert (concern.state, concern.outcome) == (ConcernState.ANSWERED, "put_right")
    again = fold(received(), taken_up(), outcome(), continued()).concerns[C]
    assert (again.state, again.outcome, again.answered_at) == (ConcernState.LOOKING, "", "")
    assert again.first_answered_at == MORNING
    concern = fold(received(), taken_up(), outcome(), ended()).concerns[C]
    assert (concern.state, concern.closed_at) == (ConcernState.CLOSED, MORNING)
    fold(received(), taken_up(), outcome(), ended("system", MONTH))
    concern = fold(
        received(),
        passed(),
        passed(desk="board", role="auditor"),
        passed(role="board"),
        taken_up(role="auditor"),
        outcome(role="auditor"),
    ).concerns[C]
    assert concern.desk == "auditors"


@pytest.mark.parametrize(
    ("before", "entry"),
    [
        # findings
        ([], raised("officer")),
        ([], raised(refs=0)),
        ([], raised(severity="grave")),
        ([], raised(topic="weather")),
        ([raised()], raised()),
        ([], answered()),
        ([raised()], answered("auditor")),
        ([raised()], answered("finder")),
        ([raised()], answered(action="nothing")),
        ([raised(), answered()], answered()),
        ([raised()], closed()),
        ([raised(), answered()], closed("officer")),
        ([raised()], reopened()),
        ([raised(), answered()], reopened("officer")),
        ([raised(), answered()], reopened(reason="mood")),
        # concerns
        ([received()], received()),
        ([], received(topic="staff")),
        ([], received(topic="sensitive")),
        ([], received(desk="auditors")),
        ([], received(desk="board", topic="sensitive")),
        ([], told("concern.received", "officer", number=C, topic="money", desk="officers")),
        ([], taken_up()),
        ([received()], taken_up(role="auditor")),
        ([received()], taken_up(role="reporter")),
        ([received(), taken_up()], taken_up()),
        ([received()], outcome()),
        ([received(), taken_up()], outcome(role="auditor")),
        ([received(), taken_up()], outcome(code="fine")),
        ([received(), taken_up()], outcome(days=0)),
        ([received(), taken_up()], outcome(days=2)),
        ([received()], passed(desk="board")),
        ([received()], passed(desk="officers")),
        ([received(), taken_up(), outcome()], passed()),
        ([received()], continued(role="officer")),
        ([received(), taken_up()], ended()),
        ([received(), taken_up(), outcome()], ended("officer")),
        ([received(), taken_up(), outcome()], ended("system", WEEK)),
        ([received(), taken_up(), outcome(), ended()], continued()),
        # What came to the auditors is none of the officers' any more.
        ([received(S, "sensitive", "auditors")], taken_up(S)),
        ([received(), passed()], taken_up()),
    ],
)
def test_what_the_rules_do_not_allow_stops_the_fold(before: Sequence[Entry], entry: Entry) -> None:
    shelf = fold(*before)
    with pytest.raises(FoldError) as caught:
        step(shelf, 77, entry)
    assert caught.value.index == 77


def test_every_type_of_this_fold_is_one_of_the_log() -> None:
    assert {name for name in TYPES if name.startswith(("finding.", "concern."))} == TELLS.keys()


def test_a_moment_that_never_was_stops_the_fold() -> None:
    shelf = fold(received(), taken_up())
    odd = told(
        "concern.answered",
        "officer",
        at="2026-99-99T00:00:00Z",
        number=C,
        outcome="put_right",
        days=0,
    )
    with pytest.raises(FoldError, match="the calendar does not have"):
        step(shelf, 3, odd)
