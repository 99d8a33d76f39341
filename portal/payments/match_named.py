"""Lines that name what they are: a payment, a batch, or a payment that came back."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence

from portal.errors import N_
from portal.money import total
from portal.payments.match_values import MatchKind
from portal.payments.match_values import Sent
from portal.payments.match_values import Target
from portal.payments.match_values import Why
from portal.payments.match_values import Work
from portal.payments.match_values import batch_targets
from portal.payments.match_values import differs_why
from portal.payments.match_values import named_why
from portal.payments.match_values import payment_target
from portal.payments.match_values import returned_why
from portal.payments.match_values import twice_why
from portal.payments.match_values import unsure_why
from portal.payments.statement import Line
from portal.payments.statement import Nature
from portal.payments.statement import references_in


def match_named(work: Work) -> None:
    """Suggest for every line out that names a payment or a batch of ours."""
    targets = _targets(work.sent.values())
    by_name: dict[str, list[str]] = {}
    for key, line in work.debits().items():
        named = [targets[name] for name in _names(line) if name in targets]
        payments = [target for target in named if not target.is_batch]
        if len(payments) > 1:
            _match_several(work, key, [target.payments[0] for target in payments])
        elif named:
            by_name.setdefault(_compact((payments or named)[0].reference), []).append(key)
    for name, keys in by_name.items():
        _match_target(work, targets[name], keys)


def match_named_returns(work: Work) -> None:
    """Suggest for every line in that names a payment of ours: its money came back."""
    payments = {_compact(payment.reference): payment for payment in work.sent.values()}
    by_name: dict[str, list[str]] = {}
    for key, line in work.credits().items():
        named = [name for name in _names(line) if name in payments]
        if len(named) > 1:
            found = [payments[name].reference for name in named]
            work.suggest(MatchKind.AMBIGUOUS, [key], found, unsure_why(len(found), found))
        elif named and line.nature is not Nature.FEE:
            by_name.setdefault(named[0], []).append(key)
    for name, keys in by_name.items():
        match_return(work, payments[name], keys)


def match_return(work: Work, payment: Sent, keys: Sequence[str]) -> None:
    """Suggest that lines in are a payment that came back, wholly or in part."""
    back = payment.returned + total(work.lines[key].amount for key in keys)
    if back > payment.amount:
        why = Why(
            N_("More came back than {reference} was: {back} of {amount} baht."),
            {"reference": payment.reference, "back": back, "amount": payment.amount},
        )
        work.suggest(MatchKind.DIFFERS, keys, [payment.reference], why)
    else:
        work.suggest(MatchKind.RETURN, keys, [payment.reference], returned_why(payment, back))


def match_fees(work: Work) -> None:
    """Suggest for every line that the bank calls a fee, or puts one back; it may name a payment."""
    payments = {_compact(payment.reference): payment for payment in work.sent.values()}
    for key, line in list(work.lines.items()):
        if line.nature is Nature.FEE:
            named = [payments[name].reference for name in _names(line) if name in payments]
            work.suggest(MatchKind.FEE, [key], named, Why(N_("The bank calls it a fee.")))


def _targets(sent: Iterable[Sent]) -> Mapping[str, Target]:
    """Return payments and batches by their names without hyphens."""
    sent = tuple(sent)
    targets = [*batch_targets(sent), *map(payment_target, sent)]
    return {_compact(target.reference): target for target in targets}


def _compact(reference: str) -> str:
    return reference.replace("-", "").upper()


def _names(line: Line) -> list[str]:
    """Return what a line names, without hyphens, as some banks write it."""
    told = [
        line.end_to_end_id,
        *references_in(line.bank_reference),
        *references_in(line.description),
    ]
    return list(dict.fromkeys(_compact(name) for name in told if name))


def _match_several(work: Work, key: str, payments: Sequence[Sent]) -> None:
    """One line names several payments: they are its amount together, or a person looks."""
    references = [payment.reference for payment in payments]
    is_open = all(reference in work.payments for reference in references)
    if is_open and total(payment.amount for payment in payments) == -work.lines[key].amount:
        why = Why(
            N_("The line names {count} payments, and together they are its amount."),
            {"count": len(payments)},
        )
        work.suggest(MatchKind.END_TO_END, [key], references, why)
    else:
        work.suggest(MatchKind.AMBIGUOUS, [key], references, unsure_why(len(payments), references))


def _match_target(work: Work, target: Target, keys: Sequence[str]) -> None:
    """Suggest for all lines that name one payment, or one batch."""
    exact = [key for key in keys if -work.lines[key].amount == target.amount]
    parts = [key for key in keys if key not in exact and work.lines[key].nature is not Nature.FEE]
    if not all(reference in work.payments for reference in target.references):
        _suggest_twice(work, target, [*exact, *parts])
    elif not target.is_whole:
        _suggest_differs(work, target, [*exact, *parts])
    elif exact:
        first, *again = exact
        kind = MatchKind.BATCH if target.is_batch else MatchKind.END_TO_END
        work.suggest(kind, [first], target.references, named_why(target, 1))
        _suggest_twice(work, target, again)
        _suggest_differs(work, target, parts)
    elif total(work.lines[key].amount for key in parts) == -target.amount:
        kind = MatchKind.BATCH if target.is_batch else MatchKind.SPLIT
        work.suggest(kind, parts, target.references, named_why(target, len(parts)))
    else:
        _suggest_differs(work, target, parts)


def _suggest_twice(work: Work, target: Target, keys: Iterable[str]) -> None:
    for key in keys:
        work.suggest(MatchKind.DUPLICATE, [key], target.references, twice_why(target.reference))


def _suggest_differs(work: Work, target: Target, keys: Sequence[str]) -> None:
    if not keys:
        return
    found = -total(work.lines[key].amount for key in keys)
    amount = total(payment.amount for payment in target.payments)
    why = differs_why(target.reference, found=found, amount=amount)
    work.suggest(MatchKind.DIFFERS, keys, target.references, why)
