"""What is refused of a change of the rules, and the sentence for each refusal."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from portal.errors import N_
from portal.errors import InputError
from portal.errors import NotFoundError
from portal.errors import RuleError
from portal.errors import StaleError
from portal.funds.rulebook import CategoryFacts
from portal.funds.rulebook import Facts
from portal.funds.rulebook import Rule
from portal.funds.rulebook import RuleKind
from portal.funds.rules import NoThresholdError
from portal.funds.rules import NotPositiveError
from portal.funds.rules import Threshold
from portal.funds.rules import signatures_needed
from portal.funds.urgency import Lane
from portal.funds.urgency import check_takes
from portal.money import Money
from portal.roles import Role

WORKING_DAYS_MAX = 60


class UnknownCodeError(InputError):
    """A code names nothing that the foundation has."""

    def __init__(self, code: str) -> None:
        super().__init__(N_("The foundation has no “{code}”."), code=code)


class RuleNotFoundError(NotFoundError):
    """There is no rule at this address."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such rule."))


class StaleRuleError(StaleError):
    """Somebody changed the rules after the page was opened."""

    def __init__(self) -> None:
        super().__init__(N_("This rule was changed meanwhile. Look at it again, then decide."))


class RetiredError(RuleError):
    """What is retired is not used any more."""

    def __init__(self, code: str) -> None:
        super().__init__(N_("“{code}” has ended; choose another."), code=code)


class DayPastError(RuleError):
    """A rule begins today or later, never before."""

    def __init__(self) -> None:
        super().__init__(N_("This day lies in the past: a rule begins today or later."))


class LaterChangeError(RuleError):
    """A change that begins later is known already, and was written upon what holds now."""

    def __init__(self, day: date) -> None:
        super().__init__(
            N_("A change from {day} on is set already; choose that day or a later one."), day=day
        )


class DayTakenError(RuleError):
    """A whole table begins on one day; a second one of the same day would mix with it."""

    def __init__(self, day: date) -> None:
        super().__init__(
            N_("What holds from {day} on is set already; choose a later day."), day=day
        )


class NothingChangesError(RuleError):
    """The new facts are the old ones."""

    def __init__(self) -> None:
        super().__init__(N_("Nothing would change."))


class CodeTakenError(RuleError):
    """A code is given once, for ever."""

    def __init__(self, code: str) -> None:
        super().__init__(N_("The code {code} is taken."), code=code)


class UsualOverCeilingError(RuleError):
    """What is usual would not be allowed."""

    def __init__(self, *, usual: Money, ceiling: Money) -> None:
        super().__init__(
            N_("The usual amount of {usual} baht is over the ceiling of {ceiling}."),
            usual=usual,
            ceiling=ceiling,
        )


class NobodyLooksAfterError(RuleError):
    """A category without a subcommittee could never be asked for."""

    def __init__(self) -> None:
        super().__init__(N_("At least one subcommittee must look after a category."))


class LastOneError(RuleError):
    """Without any of its kind no request could be sent."""

    def __init__(self, code: str) -> None:
        super().__init__(N_("“{code}” is the last of its kind; add another first."), code=code)


class HoldsMoneyError(RuleError):
    """Money would be left where nobody may ask for it."""

    def __init__(self, fund: str, held: Money) -> None:
        super().__init__(
            N_("{fund} still holds {held} baht; it ends when the money is spent."),
            fund=fund,
            held=held,
        )


class OpenRequestsError(RuleError):
    """Requests are on their way that lean on the rule."""

    def __init__(self, code: str, count: int) -> None:
        super().__init__(
            N_("{count} requests of {code} are on their way; they must end first."),
            code=code,
            count=count,
        )


class InUseError(RuleError):
    """A category that goes on leans on the rule."""

    def __init__(self, code: str, categories: Sequence[str]) -> None:
        super().__init__(
            N_("{categories} need {code}; change or end them first."),
            code=code,
            categories=", ".join(categories),
        )


class EndsError(RuleError):
    """What is to end takes no more money."""

    def __init__(self, code: str, day: date) -> None:
        super().__init__(N_("{code} ends on {day}; it takes no more money."), code=code, day=day)


class NoSignerError(RuleError):
    """The table of limits would leave an amount without anybody who signs."""

    def __init__(self, *, subcommittee: str, fund: str) -> None:
        super().__init__(
            N_(
                "Nobody would sign for the smallest amounts of {subcommittee} from {fund}: "
                "a limit above 0 baht is missing."
            ),
            subcommittee=subcommittee,
            fund=fund,
        )


class SignaturesError(RuleError):
    """Signatures are the chair's first, then each further role once."""

    def __init__(self) -> None:
        super().__init__(
            N_("The subcommittee's chair signs first, and every role signs at most once.")
        )


class SameLimitError(RuleError):
    """Two limits would say who signs for the same amount."""

    def __init__(self, above: Money) -> None:
        super().__init__(
            N_("Two limits speak of the same amount, above {above} baht."), above=above
        )


class NoWorkingDaysError(RuleError):
    """A step takes at least a day, and less than a quarter of a year."""

    def __init__(self) -> None:
        super().__init__(N_("A step takes 1 to {most} working days."), most=WORKING_DAYS_MAX)


class ClosedAlreadyError(RuleError):
    """The day has a name already."""

    def __init__(self, day: date) -> None:
        super().__init__(N_("{day} is a closed day already."), day=day)


class ClosedDayPastError(RuleError):
    """A closed day is named before it comes, and taken back before it comes."""

    def __init__(self) -> None:
        super().__init__(N_("A closed day is set and taken back before it comes."))


def check_begins(valid_from: date, *, today: date) -> None:
    """Refuse a rule that would have begun before it was made."""
    if valid_from < today:
        raise DayPastError


def check_follows(newest: Rule, *, valid_from: date, seen_version: int, today: date) -> None:
    """Refuse a change upon an old page, before today, before a later change, or after the end."""
    if newest.version != seen_version:
        raise StaleRuleError
    if newest.is_retired:
        raise RetiredError(newest.code)
    check_begins(valid_from, today=today)
    if valid_from < newest.valid_from:
        raise LaterChangeError(newest.valid_from)


def check_facts(facts: Facts, *, known: Collection[tuple[RuleKind, str]]) -> None:
    """Refuse facts that make no sense, or name what has ended; `known` are the codes in force."""
    if not isinstance(facts, CategoryFacts):
        return
    if facts.ceiling_satang <= 0 or min(facts.usual_satang, default=1) <= 0:
        raise NotPositiveError
    if facts.usual_satang and max(facts.usual_satang) > facts.ceiling_satang:
        raise UsualOverCeilingError(usual=Money(max(facts.usual_satang)), ceiling=facts.ceiling)
    if not facts.subcommittees:
        raise NobodyLooksAfterError
    needed = [(RuleKind.SUBCOMMITTEE, code) for code in facts.subcommittees]
    for kind, code in (*needed, (RuleKind.PURPOSE, facts.purpose_code)):
        if (kind, code) not in known:
            raise UnknownCodeError(code)


def check_not_needed(rule: Rule, others: Iterable[Rule]) -> None:
    """Refuse to end the last of a kind, or what a category that goes on leans on."""
    going_on = [other for other in others if not other.is_retired and other.code != rule.code]
    if rule.kind not in {other.kind for other in going_on}:
        raise LastOneError(rule.code)
    leaning = [
        other.code
        for other in going_on
        if isinstance(other.facts, CategoryFacts)
        and (
            (rule.kind, rule.code) == (RuleKind.PURPOSE, other.facts.purpose_code)
            or (rule.kind, (rule.code,)) == (RuleKind.SUBCOMMITTEE, other.facts.subcommittees)
        )
    ]
    if leaning:
        raise InUseError(rule.code, sorted(leaning))


def check_limits(
    limits: Sequence[Threshold], *, subcommittees: Iterable[str], funds: Collection[str]
) -> None:
    """Refuse a table of limits that is ambiguous, or leaves some amount without a signer."""
    scopes = [(limit.above, limit.subcommittee, limit.fund) for limit in limits]
    for limit, scope in zip(limits, scopes, strict=True):
        if scopes.count(scope) > 1:
            raise SameLimitError(limit.above)
        signing = limit.signatures
        if signing[:1] != (Role.CHAIR,) or len(set(signing)) < len(signing):
            raise SignaturesError
    for subcommittee in subcommittees:
        for fund in funds:
            try:
                signatures_needed(limits, subcommittee=subcommittee, fund=fund, amount=Money(1))
            except NoThresholdError as error:
                raise NoSignerError(subcommittee=subcommittee, fund=fund) from error


def check_lane(lane: Lane, newest: Lane | None, *, today: date) -> None:
    """Refuse an urgent lane that begins too early, takes nothing, or is what it was."""
    check_begins(lane.valid_from, today=today)
    check_takes(lane)
    if newest is not None and lane.valid_from < newest.valid_from:
        raise LaterChangeError(newest.valid_from)
    if newest is not None and replace(lane, valid_from=newest.valid_from) == newest:
        raise NothingChangesError


def check_working_days(days: Iterable[int]) -> None:
    """Refuse targets that no office could keep, or that are none."""
    if any(not 0 < number <= WORKING_DAYS_MAX for number in days):
        raise NoWorkingDaysError
