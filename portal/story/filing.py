"""Filing a request of the story: who asks, for whom, where the money is to go, which papers."""

from __future__ import annotations

from sqlalchemy import select

from portal.banks import PROMPTPAY
from portal.funds.attaching import attach_paper
from portal.funds.attachments import PaperKind
from portal.funds.drafting import PayeeAnswer
from portal.funds.drafting import RequestAnswer
from portal.funds.drafting import draft_request
from portal.funds.models import FundRequest
from portal.money import Money
from portal.story.book import Case
from portal.story.book import Helped
from portal.story.papers import FILE_NAMES
from portal.story.papers import draw_paper
from portal.story.teller import Teller
from portal.thai import bangkok_day
from portal.youths.models import Youth
from portal.youths.rules import Relation
from portal.youths.service import YouthAnswer

FROM_WORKBOOK = "W:"
_BANK = "006"
_EVERY_BY_PHONE = 11
_PROJECT_ACCOUNTS, _SCHOOL_ACCOUNTS = 9_997_700_000, 9_998_800_000
# To whom the money goes for these, whoever the person lives with.
_TO_SCHOOL = frozenset({"FEE"})
_MEN = {Relation.FATHER}


def file_case(teller: Teller, case: Case, number: int) -> int:
    """Write a request down as a draft, with its papers; return its number."""
    by, at = teller.actor(case.by), teller.tick()
    answer = _answer(teller, case, number)
    fund_request = draft_request(teller.session, answer, by=by, at=at)
    teller.answers[fund_request.id] = answer
    if fund_request.youth_id is not None:
        teller.youths.setdefault(case.whom, fund_request.youth_id)
    for kind in _kinds(case, number):
        add_paper(teller, fund_request, kind, case.paper or f"{number}")
    return fund_request.id


def add_paper(teller: Teller, fund_request: FundRequest, kind: PaperKind, label: str) -> None:
    """Let who asked attach a paper."""
    attach_paper(
        teller.session,
        fund_request.id,
        draw_paper(kind, label),
        kind,
        file_name=FILE_NAMES[kind],
        by=teller.actor_of(fund_request.requester_id),
        at=teller.tick(),
    )


def guardian_of(teller: Teller, helped: Helped) -> tuple[str, Relation]:
    """Return who looks after somebody: a name of the book before the person's own last name."""
    relation = Relation(helped.kin)
    families = teller.book.words.families
    title = "นาย" if relation in _MEN else "นาง"
    return f"{title}{families[helped.number % len(families)]} {helped.last}", relation


def _kinds(case: Case, number: int) -> tuple[PaperKind, ...]:
    """Return the papers that come with a request: not every one is complete."""
    if case.paper:
        return (PaperKind.QUOTATION,)
    kinds = (PaperKind.ACCOUNT_PAGE, PaperKind.CERTIFICATE, PaperKind.CONSENT)
    return kinds[: number % len(kinds)]


def _answer(teller: Teller, case: Case, number: int) -> RequestAnswer:
    subcommittee, _slash, category = case.what.partition("/")
    reasons = teller.book.words.reasons[category]
    youth, place, payee = _whom(teller, case, number)
    return RequestAnswer(
        requested_on=bangkok_day(teller.at),
        finder=teller.actor(case.by).name,
        organisation="",
        youth=youth,
        project_name=None if youth else case.whom,
        has_consent=case.has_consent,
        area_code=place,
        subcommittee=subcommittee,
        category=category,
        fund="",
        amount=Money.baht(case.baht),
        payee=payee,
        reason=case.why or reasons[number % len(reasons)],
        is_urgent=case.is_urgent,
        urgent_reason=case.why if case.is_urgent else "",
    )


def _whom(teller: Teller, case: Case, number: int) -> tuple[YouthAnswer | None, str, PayeeAnswer]:
    """Return the person, if it is one, the place, and where the money is to go."""
    if case.whom.startswith(FROM_WORKBOOK):
        return _known(teller, int(case.whom.removeprefix(FROM_WORKBOOK)))
    helped = teller.book.helped.get(case.whom)
    if helped is None:
        account = str(_PROJECT_ACCOUNTS + number)
        return None, case.place, PayeeAnswer("other", f"บัญชี{case.whom}", _BANK, account)
    youth = helped.answer(teller.days.begins_on)
    return youth, helped.place, _payee(teller, case, helped)


def _payee(teller: Teller, case: Case, helped: Helped) -> PayeeAnswer:
    if case.what.rpartition("/")[2] in _TO_SCHOOL:
        account = str(_SCHOOL_ACCOUNTS + int(helped.place))
        return PayeeAnswer("school", f"สถานศึกษาตัวอย่าง {helped.place}", _BANK, account)
    owner = teller.book.helped[case.account_of] if case.account_of else helped
    bank, account = _BANK, str(9_990_000_100 + owner.number)
    if owner.number % _EVERY_BY_PHONE == 0:
        bank, account = PROMPTPAY.code, f"08{99_000_000 + owner.number}"
    if helped.kin:
        return PayeeAnswer("guardian", guardian_of(teller, helped)[0], bank, account)
    name = f"{helped.title}{helped.first} {helped.last}"
    return PayeeAnswer("self", name, bank, account)


def _known(teller: Teller, number: int) -> tuple[YouthAnswer, str, PayeeAnswer]:
    """Return the n-th person of the workbook, who is helped again, with the same account."""
    earlier = teller.session.scalars(
        select(FundRequest)
        .where(FundRequest.import_fingerprint.is_not(None), FundRequest.youth_id.is_not(None))
        .order_by(FundRequest.id)
        .offset(number)
        .limit(1)
    ).one()
    youth = teller.session.get_one(Youth, earlier.youth_id)
    told = YouthAnswer(
        title=youth.title,
        first_name=youth.first_name,
        last_name=youth.last_name,
        birth_on=youth.birth_on,
        national_id=youth.national_id,
        schooling=youth.schooling,
    )
    payee = PayeeAnswer(*earlier.payees[-1].told)
    return told, earlier.area_code, payee
