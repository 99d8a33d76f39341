"""Which lines of a statement are which payments: suggestions with their reasons, never a guess.

What the bank names comes first, then amount, account and day, then amount and day alone; what
could be two things is answered with both. It takes the time of sorting, however long the file is.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass

from portal.errors import N_
from portal.money import Money
from portal.money import total
from portal.payments.match_index import Entry
from portal.payments.match_index import Found
from portal.payments.match_index import Shape
from portal.payments.match_index import Window
from portal.payments.match_index import fitting
from portal.payments.match_index import only_pairs
from portal.payments.match_index import seen_in
from portal.payments.match_index import shape_of
from portal.payments.match_index import shapes_of
from portal.payments.match_named import match_fees
from portal.payments.match_named import match_named
from portal.payments.match_named import match_named_returns
from portal.payments.match_named import match_return
from portal.payments.match_values import MatchKind
from portal.payments.match_values import Sent
from portal.payments.match_values import Suggestion
from portal.payments.match_values import Target
from portal.payments.match_values import Why
from portal.payments.match_values import Work
from portal.payments.match_values import batch_targets
from portal.payments.match_values import payment_target
from portal.payments.match_values import unsure_why
from portal.payments.statement import Line
from portal.payments.statement import Nature

# What the rooms below give belongs to this one; whoever matches comes in here.
__all__ = ["MatchKind", "Matching", "Sent", "Suggestion", "Why", "suggestions"]

# A file is noted as sent a day late at times; the bank pays it after a long weekend at the latest.
PAID = Window(before=1, after=7)
RETURNED = Window(before=0, after=60)


@dataclass(frozen=True, slots=True)
class Matching:
    """Suggestions, strongest first, and the lines for which there is none."""

    suggestions: tuple[Suggestion, ...]
    unmatched: tuple[str, ...]


def suggestions(lines: Mapping[str, Line], sent: Iterable[Sent]) -> Matching:
    """Suggest what the lines that are not matched yet may be; lines are keyed by fingerprint."""
    by_reference = {payment.reference: payment for payment in sent}
    is_open = {name: payment for name, payment in by_reference.items() if not payment.is_confirmed}
    work = Work(dict(lines), is_open, by_reference)
    match_named(work)
    _match_accounts(work)
    _match_splits(work)
    match_named_returns(work)
    match_fees(work)
    _match_amounts(work)
    _match_returns(work)
    _list_candidates(work)
    return Matching(tuple(work.suggestions), tuple(work.lines))


@dataclass(frozen=True, slots=True)
class _Bundle:
    """Lines of one day and one account, taken as one."""

    keys: tuple[str, ...]
    first: Line
    amount: Money

    @property
    def name(self) -> str:
        return self.keys[0]


_ACCOUNT_DIGITS_MIN = 4


def _has_account(line: Line) -> bool:
    return len(shape_of(line.counter_account)) >= _ACCOUNT_DIGITS_MIN


def _alone(lines: Mapping[str, Line]) -> list[_Bundle]:
    """Return each line as a bundle of its own; an amount here is above zero."""
    return [
        _Bundle((key,), line, -line.amount if line.is_out else line.amount)
        for key, line in lines.items()
    ]


def _match_accounts(work: Work) -> None:
    """Match a line out that tells amount, account and day of one payment only."""
    debits = {key: line for key, line in work.debits().items() if _has_account(line)}
    for bundle, payment in _account_pairs(_alone(debits), work.payments, PAID):
        why = Why(
            N_("Amount and account are those of {reference}, sent on {day}."),
            {"reference": payment.reference, "day": payment.sent_on},
        )
        work.suggest(MatchKind.ACCOUNT, bundle.keys, [payment.reference], why)


def _match_splits(work: Work) -> None:
    """Match several lines of one day to one account that are one payment together."""
    together: dict[tuple[str, int], list[str]] = {}
    for key, line in work.debits().items():
        if _has_account(line) and line.nature is Nature.PLAIN:
            day = line.booked_on.toordinal()
            together.setdefault((line.counter_account, day), []).append(key)
    bundles = [
        _Bundle(tuple(keys), work.lines[keys[0]], -total(work.lines[key].amount for key in keys))
        for keys in together.values()
        if len(keys) > 1
    ]
    for bundle, payment in _account_pairs(bundles, work.payments, PAID):
        why = Why(
            N_("{count} lines of one day to the account of {reference} are its amount together."),
            {"count": len(bundle.keys), "reference": payment.reference},
        )
        work.suggest(MatchKind.SPLIT, bundle.keys, [payment.reference], why)


def _match_amounts(work: Work) -> None:
    """Match a line out that has the amount of one payment, or one batch, of these days only.

    A line that tells an account is none of the payments to other accounts, but may be a batch.
    """
    plain = {key: line for key, line in work.debits().items() if line.nature is Nature.PLAIN}
    without = {key: line for key, line in plain.items() if not _has_account(line)}
    batches = _open_batches(work)
    _pair_amounts(work, without, [*batches, *map(payment_target, work.payments.values())])
    _pair_amounts(work, {key: plain[key] for key in plain if key in work.lines}, batches)


def _open_batches(work: Work) -> list[Target]:
    return [
        target
        for target in batch_targets(work.payments.values())
        if target.is_whole and len(target.payments) > 1
    ]


def _pair_amounts(work: Work, lines: Mapping[str, Line], targets: Sequence[Target]) -> None:
    by_name = {target.reference: target for target in targets}
    entries = [_by_amount(bundle) for bundle in _alone(lines)]
    for key, name in only_pairs(entries, list(map(_of_target, targets)), PAID).items():
        target = by_name[name]
        if all(reference in work.payments for reference in target.references):
            kind = MatchKind.BATCH if target.is_batch else MatchKind.AMOUNT
            why = Why(
                N_("Only {reference}, sent on {day}, has this amount."),
                {"reference": name, "day": target.sent_on},
            )
            work.suggest(kind, [key], target.references, why)


def _match_returns(work: Work) -> None:
    """Match money that the bank says it returns to the one payment that it can be."""
    returns = _open_returns(work)
    accounts = [bundle for bundle in returns if _has_account(bundle.first)]
    for bundle, payment in _account_pairs(accounts, _returnable(work), RETURNED):
        match_return(work, payment, bundle.keys)
    without = [_by_amount(bundle) for bundle in returns if not _has_account(bundle.first)]
    targets = [_of_target(payment_target(payment)) for payment in _returnable(work).values()]
    for key, name in only_pairs(without, targets, RETURNED).items():
        match_return(work, work.sent[name], [key])


def _open_returns(work: Work) -> list[_Bundle]:
    credits_ = work.credits().items()
    return _alone({key: line for key, line in credits_ if line.nature is Nature.RETURN})


def _returnable(work: Work) -> dict[str, Sent]:
    """Return the payments of which nothing came back so far."""
    back = {
        reference
        for suggestion in work.suggestions
        if suggestion.kind is MatchKind.RETURN
        for reference in suggestion.payments
    }
    return {
        name: payment
        for name, payment in work.sent.items()
        if name not in back and not payment.returned
    }


def _list_candidates(work: Work) -> None:
    """List for each open line what it could be: for a person to choose from."""
    plain = {key: line for key, line in work.debits().items() if line.nature is Nature.PLAIN}
    targets = [*_open_batches(work), *map(payment_target, work.payments.values())]
    _list_of(work, _alone(plain), targets, PAID)
    returnable = [payment_target(payment) for payment in _returnable(work).values()]
    _list_of(work, _open_returns(work), returnable, RETURNED)


def _list_of(
    work: Work, bundles: Sequence[_Bundle], targets: Sequence[Target], window: Window
) -> None:
    accounts = [bundle for bundle in bundles if _has_account(bundle.first)]
    payments = {target.reference: target.payments[0] for target in targets if not target.is_batch}
    found: dict[str, Found] = {}
    for shape in shapes_of(bundle.first.counter_account for bundle in accounts):
        found |= fitting(*_entries(accounts, payments, shape), window)
    without = [_by_amount(bundle) for bundle in bundles if not _has_account(bundle.first)]
    found |= fitting(without, list(map(_of_target, targets)), window)
    for key, candidates in found.items():
        why = unsure_why(candidates.count, candidates.names)
        work.suggest(MatchKind.AMBIGUOUS, [key], candidates.names, why)


def _account_pairs(
    bundles: Sequence[_Bundle], payments: Mapping[str, Sent], window: Window
) -> list[tuple[_Bundle, Sent]]:
    """Pair lines and payments of one account and amount; the digits that a bank tells decide."""
    by_name = {bundle.name: bundle for bundle in bundles}
    left = dict(payments)
    pairs = []
    for shape in shapes_of(bundle.first.counter_account for bundle in bundles):
        for name, reference in only_pairs(*_entries(bundles, left, shape), window).items():
            pairs.append((by_name[name], left.pop(reference)))
    return pairs


def _entries(
    bundles: Sequence[_Bundle], payments: Mapping[str, Sent], shape: Shape
) -> tuple[list[Entry], list[Entry]]:
    """Return lines and payments by amount and by the digits of their accounts of this shape."""
    lines = [
        Entry(
            (bundle.amount, seen_in(bundle.first.counter_account, shape)),
            bundle.first.booked_on,
            bundle.name,
        )
        for bundle in bundles
        if shape_of(bundle.first.counter_account) == shape
    ]
    targets = [
        Entry((payment.amount, seen), payment.sent_on, name)
        for name, payment in payments.items()
        if (seen := seen_in(payment.account, shape)) is not None
    ]
    return lines, targets


def _by_amount(bundle: _Bundle) -> Entry:
    return Entry(bundle.amount, bundle.first.booked_on, bundle.name)


def _of_target(target: Target) -> Entry:
    return Entry(target.amount, target.sent_on, target.reference)
