"""What becomes of a request of the story, until the treasurers have it: one function a step."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import replace

from portal.funds import lookups
from portal.funds.answering import Revision
from portal.funds.answering import override_check
from portal.funds.answering import revise_request
from portal.funds.attachments import PaperKind
from portal.funds.check_rules import CheckCode
from portal.funds.drafting import PayeeAnswer
from portal.funds.drafting import amend_request
from portal.funds.models import FundRequest
from portal.funds.ratifying import ratify_request
from portal.funds.rules import Reason
from portal.funds.rules import State
from portal.funds.service import Grounds
from portal.funds.service import approve_request
from portal.funds.service import declare_interest
from portal.funds.service import reject_request
from portal.funds.service import return_request
from portal.funds.service import submit_request
from portal.funds.service import withdraw_request
from portal.funds.urgency import Verdict
from portal.money import Money
from portal.roles import Actor
from portal.roles import Role
from portal.story.filing import add_paper
from portal.story.teller import Teller

Deed = Callable[[Teller, FundRequest, str], object]
_HOW_RELATED = "เป็นญาติฝ่ายมารดาของผู้ขอรับการช่วยเหลือ"
_WHY_REVISED = "ยอดจริงตามใบเสนอราคาล่าสุดต่างจากที่ขอไว้"


def _send(teller: Teller, fund_request: FundRequest, _detail: str) -> None:
    by, version = teller.actor_of(fund_request.requester_id), fund_request.version
    submit_request(teller.session, fund_request.id, seen_version=version, by=by, at=teller.tick())


def _amend(teller: Teller, fund_request: FundRequest, baht: str) -> None:
    """Send it again: with another amount if one is told, else with the missing paper."""
    if baht:
        amend_request(
            teller.session,
            fund_request.id,
            replace(teller.answers[fund_request.id], amount=Money.baht(int(baht))),
            seen_version=fund_request.version,
            by=teller.actor_of(fund_request.requester_id),
            at=teller.tick(),
        )
    else:
        label = f"{fund_request.id} {fund_request.version}"
        add_paper(teller, fund_request, PaperKind.QUOTATION, label)
    _send(teller, fund_request, "")


def _withdraw(teller: Teller, fund_request: FundRequest, _detail: str) -> None:
    by, version = teller.actor_of(fund_request.requester_id), fund_request.version
    withdraw_request(teller.session, fund_request.id, seen_version=version, by=by, at=teller.tick())


def _signer(teller: Teller, fund_request: FundRequest) -> Actor:
    """Return who signs next: who acts for the chair before the chair, and nobody related."""
    role = fund_request.waits_for or Role.CHAIR
    related = lookups.related(teller.session, fund_request.id)
    people = teller.holders(role, fund_request.subcommittee_code)
    return next(actor for actor in people if not related.get(actor.person_id))


def _declare(teller: Teller, fund_request: FundRequest, by: Actor, *, how: str = "") -> None:
    declare_interest(
        teller.session,
        fund_request.id,
        is_related=bool(how),
        how=how,
        seen_version=fund_request.version,
        by=by,
        at=teller.tick(),
    )


def _relate(teller: Teller, fund_request: FundRequest, _detail: str) -> None:
    _declare(teller, fund_request, _signer(teller, fund_request), how=_HOW_RELATED)


def _sign(teller: Teller, fund_request: FundRequest, _detail: str) -> None:
    by = _signer(teller, fund_request)
    _declare(teller, fund_request, by)
    version = fund_request.version
    approve_request(
        teller.session, fund_request.id, note="", seen_version=version, by=by, at=teller.tick()
    )


def _approve(teller: Teller, fund_request: FundRequest, _detail: str) -> None:
    """Let everybody sign whose signature is due."""
    while fund_request.state is State.SUBMITTED:
        _sign(teller, fund_request, "")


def _return(teller: Teller, fund_request: FundRequest, reason: str) -> None:
    _decline(teller, fund_request, return_request, f"return_{reason}")


def _reject(teller: Teller, fund_request: FundRequest, reason: str) -> None:
    _decline(teller, fund_request, reject_request, f"reject_{reason}")


def _decline(
    teller: Teller, fund_request: FundRequest, act: Callable[..., object], key: str
) -> None:
    by = _signer(teller, fund_request)
    _declare(teller, fund_request, by)
    grounds = Grounds(Reason(key.partition("_")[2]), teller.book.words.grounds[key])
    version = fund_request.version
    act(teller.session, fund_request.id, grounds, seen_version=version, by=by, at=teller.tick())


def _override(teller: Teller, fund_request: FundRequest, code: str) -> None:
    """Let an officer answer for a stop who did not ask for the money."""
    officers = teller.holders(Role.OFFICER)
    by = next(one for one in officers if one.person_id != fund_request.requester_id)
    override_check(
        teller.session,
        fund_request.id,
        CheckCode(code),
        note=teller.book.words.answers[code],
        seen_version=fund_request.version,
        by=by,
        at=teller.tick(),
    )


def _revise(teller: Teller, fund_request: FundRequest, baht: str) -> None:
    payee = PayeeAnswer(*fund_request.payees[-1].told)
    revise_request(
        teller.session,
        fund_request.id,
        Revision(Money.baht(int(baht)), payee, _WHY_REVISED),
        seen_version=fund_request.version,
        by=teller.holders(Role.OFFICER)[0],
        at=teller.tick(),
    )


def _ratify(teller: Teller, fund_request: FundRequest, verdict: str) -> None:
    by = teller.holders(Role.DRIVING_CHAIR)[0]
    _declare(teller, fund_request, by)
    ratify_request(
        teller.session,
        fund_request.id,
        Verdict(verdict or Verdict.RATIFY),
        note=teller.book.words.answers[verdict or Verdict.RATIFY.value],
        seen_version=fund_request.version,
        by=by,
        at=teller.tick(),
    )


DECIDING: Mapping[str, Deed] = {
    "send": _send,
    "amend": _amend,
    "withdraw": _withdraw,
    "relate": _relate,
    "sign": _sign,
    "approve": _approve,
    "return": _return,
    "reject": _reject,
    "override": _override,
    "revise": _revise,
    "ratify": _ratify,
}
