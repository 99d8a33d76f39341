"""The codes of findings and of concerns: what stands in the log, and where each of them is."""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """How much a finding weighs."""

    NOTE = "note"
    WEAKNESS = "weakness"
    SERIOUS = "serious"


class FindingTopic(StrEnum):
    """What a finding is about."""

    PAPERS = "papers"
    AMOUNT = "amount"
    ELIGIBILITY = "eligibility"
    DUTIES = "duties"
    CONFLICT = "conflict"
    TIME = "time"
    BOOKS = "books"
    PRIVACY = "privacy"
    OTHER = "other"


class Remedy(StrEnum):
    """What was done about a finding: the public code of its answer."""

    CORRECTED = "corrected"
    BEING_CORRECTED = "being_corrected"
    RULE_CHANGED = "rule_changed"
    MONEY_RETURNED = "money_returned"
    EXPLAINED = "explained"


class Doubt(StrEnum):
    """Why an answer did not do, and the finding is open again."""

    INCOMPLETE = "incomplete"
    NOT_DONE = "not_done"
    NEW_FACTS = "new_facts"
    OTHER = "other"


class FindingState(StrEnum):
    """Where a finding is."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


class FindingAction(StrEnum):
    """What somebody does with a finding."""

    RAISE = "raise"
    ANSWER = "answer"
    CLOSE = "close"
    REOPEN = "reopen"


class ConcernTopic(StrEnum):
    """What a concern is about."""

    MONEY = "money"
    CHILD = "child"
    STAFF = "staff"
    INFORMATION = "information"
    OTHER = "other"


# What the public is told instead of a topic that could point at somebody.
SENSITIVE = "sensitive"
SENSITIVE_TOPICS = frozenset({ConcernTopic.CHILD, ConcernTopic.STAFF})


class Desk(StrEnum):
    """Who looks into a concern."""

    OFFICERS = "officers"
    AUDITORS = "auditors"
    BOARD = "board"


class Outcome(StrEnum):
    """What came of a concern: the public code of its answer."""

    PUT_RIGHT = "put_right"
    BEING_PUT_RIGHT = "being_put_right"
    NOT_FOUNDED = "not_founded"
    REFERRED = "referred"
    CANNOT_CHECK = "cannot_check"


class ConcernState(StrEnum):
    """Where a concern is."""

    RECEIVED = "received"
    LOOKING = "looking"
    ANSWERED = "answered"
    CLOSED = "closed"


class ConcernAction(StrEnum):
    """What is done with a concern."""

    TAKE_UP = "take_up"
    ANSWER = "answer"
    PASS = "pass"  # noqa: S105 - handing over, not a password
    ADD = "add"
    CLOSE = "close"


class Party(StrEnum):
    """Who acts on a concern."""

    DESK = "desk"
    REPORTER = "reporter"
    SYSTEM = "system"
