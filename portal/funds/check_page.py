"""The answers to look over before a request is sent, and what the public will read of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime

from sqlalchemy.orm import Session

from portal.funds import lookups
from portal.funds.choices import papers
from portal.funds.models import FundRequest
from portal.funds.queries import RequestRow
from portal.funds.request_page import RequestPage
from portal.funds.rule_models import Category
from portal.funds.rule_models import Fund
from portal.funds.rule_models import Purpose
from portal.funds.rule_models import Subcommittee
from portal.funds.rules import State
from portal.labels import Name
from portal.money import Money
from portal.places import place_name
from portal.thai import bangkok_day
from portal.youths.rules import capacity

OVER = frozenset({State.REJECTED.value, State.WITHDRAWN.value})


@dataclass(frozen=True, slots=True)
class PublicView:
    """A request as its public page tells it: the public facts of its entry, with their names."""

    kind: str
    category: Name
    purpose: Name
    subcommittee: Name
    fund: Name
    fiscal_year: int
    place: Name | None
    amount: Money


@dataclass(frozen=True, slots=True)
class CheckPage:
    """Everything that was typed, what becomes public, and what to look at before sending.

    `earlier` are this person's requests of the same kind in the same fiscal year; `agrees` is who
    must have agreed, None where nobody is asked; `form_key` is that of the form it came from.
    """

    page: RequestPage
    public: PublicView
    papers: Sequence[Name]
    earlier: Sequence[RequestRow]
    agrees: str | None
    form_key: str | None


def check_page(session: Session, page: RequestPage, *, at: datetime) -> CheckPage:
    """Return the answers of a request as they stand."""
    fund_request = session.get_one(FundRequest, page.row.id)
    return CheckPage(
        page=page,
        public=public_view(session, fund_request, day=bangkok_day(at)),
        papers=papers(session.get_one(Category, fund_request.category_code)),
        earlier=_same_kind(session, page, bangkok_day(at)),
        agrees=capacity(page.birth_on, bangkok_day(at)) if page.birth_on else None,
        form_key=fund_request.form_key,
    )


def public_view(session: Session, fund_request: FundRequest, *, day: date) -> PublicView:
    """Return what the public would read of a request that is sent on this day."""
    year = lookups.year_of(session, day)
    facts = lookups.public_facts(fund_request, fiscal_year=year)
    place = facts["place"]
    return PublicView(
        kind=str(facts["kind"]),
        category=_name(session.get_one(Category, facts["category"])),
        purpose=_name(session.get_one(Purpose, facts["purpose"])),
        subcommittee=_name(session.get_one(Subcommittee, facts["subcommittee"])),
        fund=_name(session.get_one(Fund, facts["fund"])),
        fiscal_year=year,
        place=place_name(str(place)) if place else None,
        amount=Money(int(str(facts["satang"]))),
    )


def _name(row: Category | Purpose | Subcommittee | Fund) -> Name:
    return Name(row.name_th, row.name_en)


def _same_kind(session: Session, page: RequestPage, day: date) -> Sequence[RequestRow]:
    year = lookups.year_of(session, day)
    return [
        row
        for row in page.earlier
        if row.category == page.row.category
        and row.state not in OVER
        and lookups.year_of(session, row.requested_on) == year
    ]
