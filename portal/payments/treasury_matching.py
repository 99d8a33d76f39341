"""The treasurers' page of some lines of a statement: what they are, where nothing is sure."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from http import HTTPStatus

from flask import Blueprint
from flask import render_template
from flask import request
from flask import url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session

from portal.clock import now
from portal.db import db
from portal.errors import N_
from portal.errors import RuleError
from portal.funds.choices import choices
from portal.money import Money
from portal.money import total
from portal.payments import confirming
from portal.payments import match_rules
from portal.payments.confirming import Pairing
from portal.payments.known_payments import KnownPayment
from portal.payments.known_payments import named_payments
from portal.payments.match_values import MatchKind
from portal.payments.matching_forms import CameBackForm
from portal.payments.matching_forms import FeeForm
from portal.payments.matching_forms import IsPaymentForm
from portal.payments.matching_forms import OtherForm
from portal.payments.matching_page import account_row
from portal.payments.matching_page import lines_of
from portal.payments.matching_page import proposals_for
from portal.payments.reconciliation import Meaning
from portal.payments.returning import Back
from portal.people.once import acting
from portal.people.once import lead
from portal.people.once import once
from portal.security import current_actor
from portal.words import in_language
from portal.words import say

bp = Blueprint("matching", __name__, url_prefix="/statements/<account>/lines")

# What the page says after an act.
DONE: Mapping[Meaning, tuple[str, str]] = {
    Meaning.PAYMENT: (
        N_("The lines are confirmed as payments."),
        N_("The money counts as paid out, in public too."),
    ),
    Meaning.RETURN: (
        N_("The lines are confirmed as money that came back."),
        N_("It can be paid again, or set free."),
    ),
    Meaning.FEE: (
        N_("The lines are confirmed as the bank's fee."),
        N_("It is taken out of what the fund has not allocated."),
    ),
    Meaning.OTHER: (
        N_("The lines are noted as money of no payment."),
        N_("They stand in the month's sheet with the note."),
    ),
}


NONE: Mapping[Meaning, FlaskForm] = {}


@bp.get("")
def show_lines(account: str) -> ResponseReturnValue:
    """Show some open lines, what they may be, and what they can be confirmed as."""
    return _show_lines(account, request.args.getlist("pick"))


def _funds() -> dict[str, str]:
    return {code: in_language(name) for code, name in choices(db.session()).funds}


def _show_lines(account: str, keys: Sequence[str], sent: Mapping[Meaning, FlaskForm] = NONE) -> str:
    """Show lines with the forms of what they may be, one of which was `sent`."""
    session, by = db.session(), current_actor()
    lines = lines_of(session, account, keys)
    if not lines or len(lines) != len(set(keys)):
        raise match_rules.LineNotOpenError
    proposals = proposals_for(session, account, keys, by, at=now())
    back = [name for one in proposals if one.kind is MatchKind.RETURN for name in one.names]
    forms: dict[Meaning, FlaskForm] = {
        Meaning.PAYMENT: IsPaymentForm(formdata=None),
        Meaning.RETURN: CameBackForm(formdata=None, data={"fee": "0", "named": "".join(back[:1])}),
        Meaning.FEE: FeeForm(formdata=None).offer(_funds()),
        Meaning.OTHER: OtherForm(formdata=None),
        **sent,
    }
    amount = total(row.line.amount for row in lines)
    return render_template(
        "treasury/matching/show_lines.html",
        row=account_row(session, account),
        lines=lines,
        amount=amount,
        is_out=amount < Money(0),
        proposals=proposals,
        forms=forms,
        sent=next(iter(sent.values()), forms[Meaning.OTHER]),
    )


Act = Callable[[Session, Sequence[str]], None]


def _settle(account: str, meaning: Meaning, form: FlaskForm, act: Act) -> ResponseReturnValue:
    """Confirm lines as the form says, or show the form again with what is wrong."""
    keys = list(dict.fromkeys(request.form.getlist("pick")))
    if not form.validate_on_submit():
        return _show_lines(account, keys, {meaning: form}), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        with acting() as session:
            act(session, keys)
            url = url_for("treasury.statements.show_account", account=account)
            return lead(url, *DONE[meaning])
    except RuleError as error:
        form.form_errors.append(say(error))
        return _show_lines(account, keys, {meaning: form}), HTTPStatus.CONFLICT


def _payments(session: Session, names: Sequence[str]) -> list[KnownPayment]:
    """Return the payments that were named; each name must name one."""
    found = named_payments(session, names, current_actor())
    known = {one.reference for one in found} | {one.batch for one in found}
    for name in names:
        if name not in known:
            raise match_rules.NoSuchPaymentError(name)
    return found


@bp.post("/payment")
@once
def confirm_payment(account: str) -> ResponseReturnValue:
    """Confirm that lines are payments."""
    form = IsPaymentForm()

    def act(session: Session, keys: Sequence[str]) -> None:
        payments = [one.reference for one in _payments(session, form.names)]
        pairing = Pairing(tuple(keys), tuple(payments))
        confirming.confirm_pairings(session, [pairing], by=current_actor(), at=now())

    return _settle(account, Meaning.PAYMENT, form, act)


@bp.post("/return")
@once
def confirm_return(account: str) -> ResponseReturnValue:
    """Confirm that lines are what came back of a payment."""
    form = CameBackForm()

    def act(session: Session, keys: Sequence[str]) -> None:
        answer = form.answer()
        payment = _payments(session, [answer.name])[0]
        came = total(row.line.amount for row in lines_of(session, account, keys))
        confirming.confirm_return(
            session,
            keys,
            payment.id,
            Back(came + answer.fee, answer.note, answer.fee),
            seen_version=payment.version,
            by=current_actor(),
            at=now(),
        )

    return _settle(account, Meaning.RETURN, form, act)


@bp.post("/fee")
@once
def confirm_fee(account: str) -> ResponseReturnValue:
    """Confirm that lines are the bank's own fees."""
    form = FeeForm().offer(_funds())

    def act(session: Session, keys: Sequence[str]) -> None:
        confirming.confirm_fee(session, keys, form.fund.data, by=current_actor(), at=now())

    return _settle(account, Meaning.FEE, form, act)


@bp.post("/other")
@once
def set_aside(account: str) -> ResponseReturnValue:
    """Confirm that lines are of no payment."""
    form = OtherForm()

    def act(session: Session, keys: Sequence[str]) -> None:
        confirming.set_aside(session, keys, note=form.what.data or "", by=current_actor(), at=now())

    return _settle(account, Meaning.OTHER, form, act)
