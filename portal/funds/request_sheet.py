"""Fund requests as tables to export: a list as its page shows it, and the field workbook.

The field workbook is what an import reads. A row of it that names a request is that request: it
is known, and changes nothing, as long as it says what the portal holds (`contents`).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy import Engine
from sqlalchemy import Row
from sqlalchemy import Select
from sqlalchemy import and_
from sqlalchemy import exists
from sqlalchemy import func
from sqlalchemy import or_
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm import aliased

from portal.banks import PAYABLE
from portal.db import streamed
from portal.errors import N_
from portal.exporting import Column as SheetColumn
from portal.exporting import Table
from portal.funds import queries
from portal.funds.cells import PAYEE_WORDS
from portal.funds.cells import PayeeKind
from portal.funds.columns import NO_REFERENCE
from portal.funds.columns import Column
from portal.funds.lookups import shown_state
from portal.funds.models import FundRequest
from portal.funds.models import PayeeAccount
from portal.funds.queries import Filters
from portal.funds.rows import row_content
from portal.funds.rule_models import Category
from portal.funds.rule_models import Fund
from portal.funds.rule_models import Subcommittee
from portal.funds.rules import Kind
from portal.labels import Name
from portal.money import Money
from portal.roles import Actor
from portal.roles import Role
from portal.youths.models import ERASED
from portal.youths.models import Area
from portal.youths.models import Consent
from portal.youths.models import Project
from portal.youths.models import Youth

STATE = SheetColumn("state", N_("State"), labels="state")
LIST = (
    SheetColumn("reference", N_("Reference")),
    STATE,
    SheetColumn("kind", N_("For whom"), labels="kind"),
    SheetColumn("name", N_("Name")),
    SheetColumn("category", N_("Kind of help")),
    SheetColumn("subcommittee", N_("Subcommittee")),
    SheetColumn("fund", N_("Fund")),
    SheetColumn("amount_baht", N_("Amount (baht)")),
    SheetColumn("requested_on", N_("Asked on")),
    SheetColumn("waits_for", N_("Waits for"), labels="role"),
    SheetColumn("waits_since", N_("Waiting since")),
)
_UNSENT = re.compile(f"{NO_REFERENCE}([0-9]{{1,9}})")
# The columns have the names of the form: an import finds them by these, in any language.
WORKBOOK = (*(SheetColumn(column.name.lower(), column) for column in Column), STATE)


def request_sheet(engine: Engine, by: Actor, filters: Filters) -> Table:
    """Return the requests this person may see, newest first; to an officer as a field workbook."""
    with Session(engine) as session:
        conditions = queries.listed(session, by, filters)
    found = _facts(*conditions).order_by(FundRequest.id.desc())
    if by.holds(Role.OFFICER):
        return Table("requests", WORKBOOK, _workbook_rows(engine, found))
    return Table("requests", LIST, _list_rows(engine, found))


def waiting_to_be_signed(engine: Engine, by: Actor) -> Table:
    """Return the requests whose next signature is this person's, longest waiting first."""
    return waiting_sheet(engine, "decisions", queries.waits_to_be_signed(by))


def waiting_sheet(engine: Engine, name: str, *conditions: ColumnElement[bool]) -> Table:
    """Return the requests that wait for something, longest waiting first."""
    found = _facts(*conditions).order_by(*queries.LONGEST_WAITING)
    return Table(name, LIST, _list_rows(engine, found))


def contents(session: Session, references: Collection[str]) -> dict[str, str]:
    """Return what a field workbook would say now of each of these requests."""
    numbers = [int(number[1]) for number in map(_UNSENT.fullmatch, references) if number]
    found = session.execute(
        _facts(or_(FundRequest.reference.in_(references), FundRequest.id.in_(numbers)))
    )
    return {_reference(facts): row_content(_cells(facts)) for facts in found}


def _facts(*conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Return a statement for everything that a row can say, by columns and not by objects."""
    amphoe = aliased(Area)
    newest = (
        select(func.max(PayeeAccount.version))
        .where(PayeeAccount.fund_request_id == FundRequest.id)
        .correlate(FundRequest)
        .scalar_subquery()
    )
    payee = and_(PayeeAccount.fund_request_id == FundRequest.id, PayeeAccount.version == newest)
    has_consent = exists().where(Consent.youth_id == Youth.id, Consent.withdrawn_at.is_(None))
    return (
        select(
            FundRequest.id,
            FundRequest.reference,
            FundRequest.kind,
            FundRequest.state,
            FundRequest.finder,
            FundRequest.organisation,
            FundRequest.requested_on,
            FundRequest.amount_satang,
            FundRequest.reason,
            FundRequest.waits_for,
            FundRequest.waits_since,
            Youth.title,
            Youth.first_name,
            Youth.last_name,
            Youth.national_id,
            Youth.birth_on,
            Youth.schooling,
            Youth.erased_at,
            has_consent.label("has_consent"),
            Project.name.label("project"),
            Area.name_th.label("area"),
            amphoe.name_th.label("amphoe"),
            Subcommittee.short_th.label("subcommittee_th"),
            Subcommittee.name_en.label("subcommittee_en"),
            Category.name_th.label("category_th"),
            Category.name_en.label("category_en"),
            Fund.name_th.label("fund_th"),
            Fund.name_en.label("fund_en"),
            PayeeAccount.kind.label("payee"),
            PayeeAccount.holder,
            PayeeAccount.bank_code,
            PayeeAccount.account_number,
        )
        .outerjoin(Youth, Youth.id == FundRequest.youth_id)
        .outerjoin(Project, Project.id == FundRequest.project_id)
        .join(Area, Area.code == FundRequest.area_code)
        .outerjoin(amphoe, amphoe.code == Area.parent_code)
        .join(Category, Category.code == FundRequest.category_code)
        .join(Subcommittee, Subcommittee.code == FundRequest.subcommittee_code)
        .join(Fund, Fund.code == FundRequest.fund_code)
        .join(PayeeAccount, payee)
        .where(*conditions)
    )


def _list_rows(engine: Engine, statement: Select[*tuple[Any, ...]]) -> Iterator[Sequence[object]]:
    for facts in streamed(engine, statement):
        yield (
            facts.reference,
            shown_state(facts.state, facts.waits_for),
            facts.kind,
            _whom(facts),
            Name(facts.category_th, facts.category_en),
            Name(facts.subcommittee_th, facts.subcommittee_en),
            Name(facts.fund_th, facts.fund_en),
            Money(facts.amount_satang),
            facts.requested_on,
            facts.waits_for,
            facts.waits_since,
        )


def _whom(facts: Row[*tuple[Any, ...]]) -> str:
    if facts.kind is Kind.PROJECT:
        return str(facts.project)
    if facts.erased_at is not None:
        return ERASED
    return f"{facts.title}{facts.first_name} {facts.last_name}".strip()


def _workbook_rows(
    engine: Engine, statement: Select[*tuple[Any, ...]]
) -> Iterator[Sequence[object]]:
    for number, facts in enumerate(streamed(engine, statement), 1):
        told = _cells(facts) | {Column.NUMBER: number, Column.REFERENCE: _reference(facts)}
        state = shown_state(facts.state, facts.waits_for)
        yield (*(told[column] for column in Column), state)


def _reference(facts: Row[*tuple[Any, ...]]) -> str:
    """Return what names a request in a workbook; one that was never sent has only its number."""
    return facts.reference or f"{NO_REFERENCE}{facts.id}"


def _cells(facts: Row[*tuple[Any, ...]]) -> dict[Column, object]:
    """Return what a row says of a request, in the words that an import reads."""
    is_project, is_erased = facts.kind is Kind.PROJECT, facts.erased_at is not None
    consent = "" if is_project else "มี" if facts.has_consent else "ไม่มี"
    return {
        Column.REQUESTED_ON: facts.requested_on,
        Column.FINDER: facts.finder,
        Column.ORGANISATION: facts.organisation,
        Column.KIND: "โครงการ" if is_project else "รายบุคคล",
        Column.PROJECT_NAME: facts.project,
        Column.TITLE: facts.title,
        Column.FIRST_NAME: facts.first_name,
        Column.LAST_NAME: facts.last_name,
        Column.NATIONAL_ID: facts.national_id,
        Column.BIRTH_ON: None if is_erased else facts.birth_on,
        Column.TAMBON: facts.area if facts.amphoe else None,
        Column.AMPHOE: facts.amphoe or facts.area,
        Column.SCHOOLING: facts.schooling,
        Column.SUBCOMMITTEE: facts.subcommittee_th,
        Column.CATEGORY: facts.category_th,
        Column.AMOUNT: Money(facts.amount_satang),
        Column.FUND: facts.fund_th,
        Column.PAYEE: PAYEE_WORDS[PayeeKind(facts.payee)],
        Column.ACCOUNT_HOLDER: facts.holder,
        Column.BANK: PAYABLE[facts.bank_code].name_th,
        Column.ACCOUNT_NUMBER: facts.account_number,
        Column.REASON: facts.reason,
        Column.CONSENT: consent,
    }
