"""The rules of reports: three different people, one after the other; the newest edition alone."""

from __future__ import annotations

from collections.abc import Mapping

from portal.errors import N_
from portal.errors import NotFoundError
from portal.errors import RuleError
from portal.errors import StaleError
from portal.funds.rules import RoleNeededError
from portal.publishing.report_codes import STEPS
from portal.publishing.report_codes import Opinion
from portal.publishing.report_codes import ReportAction
from portal.publishing.report_codes import ReportState
from portal.roles import Actor
from portal.roles import Role

# What the worker is asked for.
REPORT_JOB = "report"
# state -> the step that comes next
NEXT = dict(STEPS.keys())
# Who sees reports before they are published: those who take the steps.
READERS = frozenset(step.by for step in STEPS.values())
# What a person's part in a report is called when they would take another.
PARTS: Mapping[ReportAction, str] = {
    ReportAction.PREPARE: N_("You prepared this report; another person does this."),
    ReportAction.ANSWER: N_("You answered this report; another person does this."),
}


class ReportNotFoundError(NotFoundError):
    """There is no such report, or it is not this person's to see."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such report."))


class ReportStepError(RuleError):
    """The report does not stand where this step begins."""

    def __init__(self, action: ReportAction, state: ReportState) -> None:
        super().__init__(
            N_("“{action}” is not possible: the report is {state} now."), action=action, state=state
        )


class OwnReportError(RuleError):
    """One person would have two parts in one report."""

    def __init__(self, earlier: ReportAction) -> None:
        super().__init__(PARTS[earlier])


class ReportWaitsError(RuleError):
    """An earlier edition waits for the auditor."""

    def __init__(self, reference: str) -> None:
        super().__init__(
            N_(
                "{reference} of the same period waits for the auditor's answer. "
                "Once that is there, a newer edition can be prepared."
            ),
            reference=reference,
        )


class ReportPassedError(RuleError):
    """A newer edition was prepared meanwhile."""

    def __init__(self, newest: str) -> None:
        super().__init__(
            N_("{newest} was prepared after it: only the newest edition is published."),
            newest=newest,
        )


class WordsNeededError(RuleError):
    """The auditor has remarks or disagrees, and says nothing."""

    def __init__(self, opinion: Opinion) -> None:
        super().__init__(N_("Write what it is: “{opinion}” needs a remark."), opinion=opinion)


class StaleReportError(StaleError):
    """Somebody acted on the report after the page was opened."""

    def __init__(self) -> None:
        super().__init__(N_("Somebody acted on it meanwhile. Look at it again, then decide."))


class ReportChangedError(RuleError):
    """Another edition was prepared while this one was made."""

    def __init__(self) -> None:
        super().__init__(N_("Another edition was prepared meanwhile. Ask for this report again."))


def next_state(
    state: ReportState | None,
    action: ReportAction,
    by: Actor,
    *,
    done_by: Mapping[ReportAction, int | None],
) -> ReportState:
    """Return the state that a step leads to, or raise the rule that forbids it to this person."""
    role = role_of(action)
    if not by.holds(role):
        raise RoleNeededError((role,))
    step = STEPS.get((state, action))
    if step is None:
        # Nothing is prepared twice: every report begins with its preparation.
        raise ReportStepError(action, state or ReportState.PREPARED)
    for earlier, person_id in done_by.items():
        if person_id == by.person_id:
            raise OwnReportError(earlier)
    return step.to


def role_of(action: ReportAction) -> Role:
    """Return whose step it is."""
    return next(step.by for (_, each), step in STEPS.items() if each is action)


def check_newest(reference: str, newest: str) -> None:
    """Refuse to publish a report after which another of its period was prepared."""
    if reference != newest:
        raise ReportPassedError(newest)


def check_words(opinion: Opinion, remarks: int) -> None:
    """Refuse an opinion that says there is something to say, and does not say it."""
    if opinion is not Opinion.AGREES and not remarks:
        raise WordsNeededError(opinion)


def check_reader(by: Actor) -> None:
    """Hide reports that are not published from all but those who take the steps."""
    if not READERS & by.roles:
        raise ReportNotFoundError
