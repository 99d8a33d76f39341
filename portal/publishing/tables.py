"""The public tables as values of the fold, and back: one place that says which column is what."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date

from sqlalchemy import inspect

from portal.audit.entry import Entry
from portal.audit.folder import Folder
from portal.audit.policy import Seen
from portal.audit.witnessing import heads
from portal.concerns.codes import ConcernState
from portal.concerns.codes import FindingState
from portal.funds.rules import Threshold
from portal.money import Money
from portal.publishing.models import PublishedConcern
from portal.publishing.models import PublishedFinding
from portal.publishing.models import PublishedLimit
from portal.publishing.models import PublishedName
from portal.publishing.models import PublishedReport
from portal.publishing.models import PublishedRequest
from portal.publishing.report_codes import ReportState
from portal.publishing.shelf import Case
from portal.publishing.shelf import Concern
from portal.publishing.shelf import Finding
from portal.publishing.shelf import Limit
from portal.publishing.shelf import Name
from portal.publishing.shelf import Names
from portal.publishing.shelf import Paying
from portal.publishing.shelf import Ratification
from portal.publishing.shelf import Report
from portal.publishing.shelf import Shelf
from portal.publishing.shelf import Status
from portal.roles import Role

Row = dict[str, object]


def heads_told(folder: Folder) -> tuple[str, str, str]:
    """Return what the table keeps of the published checkpoints: note, key, who witnessed."""
    seen = heads(folder)
    witnessed = "" if seen.witnessed is None else _witnessed(seen.witnessed)
    return str(seen.newest_note), str(seen.newest.log), witnessed


def _witnessed(seen: Seen) -> str:
    told = {"size": seen.checkpoint.size, "by": dict(seen.witnessed)}
    return json.dumps(told, sort_keys=True, ensure_ascii=False)


def name_of(row: PublishedName) -> Name:
    """Return a name as the fold knows it."""
    return Name(row.name_th, row.name_en, json.loads(row.more), row.is_retired)


def name_rows(names: Names) -> Iterator[Row]:
    """Give every name as the table keeps it."""
    for (kind, code), said in names.items():
        for valid_from, name in said.items():
            yield {
                "kind": kind,
                "code": code,
                "valid_from": date.fromisoformat(valid_from),
                "name_th": name.name_th,
                "name_en": name.name_en,
                "more": json.dumps(name.more, ensure_ascii=False),
                "is_retired": name.is_retired,
            }


def limit_row(index: int, limit: Limit) -> Row:
    """Return a limit as the table keeps it."""
    return {
        "idx": index,
        "valid_from": limit.valid_from,
        "above_satang": limit.threshold.above.satang,
        "signatures": ",".join(limit.threshold.signatures),
        "subcommittee": limit.threshold.subcommittee,
        "fund": limit.threshold.fund,
    }


def limit_of(row: PublishedLimit) -> Limit:
    """Return a limit as the fold knows it."""
    roles = tuple(Role(role) for role in row.signatures.split(","))
    above = Money(row.above_satang)
    return Limit(row.valid_from, Threshold(above, roles, row.subcommittee, row.fund))


def case_of(row: PublishedRequest) -> Case:
    """Return a request as the fold knows it."""
    parties = json.loads(row.parties)
    payments = {name: Paying(**paying) for name, paying in json.loads(row.payments).items()}
    return Case(
        reference=row.reference,
        kind=row.kind,
        fund=row.fund,
        subcommittee=row.subcommittee,
        category=row.category,
        purpose=row.purpose,
        fiscal_year=row.fiscal_year,
        place=row.place,
        status=Status(row.status),
        satang=row.satang,
        submitted_at=row.submitted_at,
        sent_at=row.sent_at,
        signing=tuple(parties["signing"]),
        decided_at=row.decided_at,
        paid_at=row.paid_at,
        approved_satang=row.approved_satang,
        disbursed_satang=row.disbursed_satang,
        is_urgent=row.is_urgent,
        ratify_by=row.ratify_by,
        ratification=Ratification(row.ratification),
        last_index=row.last_index,
        unrelated=frozenset(parties["unrelated"]),
        related=frozenset(parties["related"]),
        askers=frozenset(parties["askers"]),
        signers=tuple(parties["signers"]),
        deciders=frozenset(parties["deciders"]),
        payers=frozenset(parties["payers"]),
        payments=payments,
    )


def request_row(case: Case) -> Row:
    """Return a request as the table keeps it."""
    parties = {
        "signing": case.signing,
        "unrelated": sorted(case.unrelated),
        "related": sorted(case.related),
        "askers": sorted(case.askers),
        "signers": case.signers,
        "deciders": sorted(case.deciders),
        "payers": sorted(case.payers),
    }
    payments = {
        number: {name: getattr(paying, name) for name in Paying.__slots__}
        for number, paying in case.payments.items()
    }
    return {
        "reference": case.reference,
        "kind": case.kind,
        "fund": case.fund,
        "subcommittee": case.subcommittee,
        "category": case.category,
        "purpose": case.purpose,
        "fiscal_year": case.fiscal_year,
        "place": case.place,
        "status": case.status.value,
        "satang": case.satang,
        "approved_satang": case.approved_satang,
        "disbursed_satang": case.disbursed_satang,
        "is_urgent": case.is_urgent,
        "ratify_by": case.ratify_by,
        "ratification": case.ratification.value,
        "submitted_at": case.submitted_at,
        "sent_at": case.sent_at,
        "decided_at": case.decided_at,
        "paid_at": case.paid_at,
        "last_index": case.last_index,
        "parties": json.dumps(parties),
        "payments": json.dumps(payments),
    }


def finding_of(row: PublishedFinding) -> Finding:
    """Return a finding as the fold knows it."""
    return Finding(
        number=row.number,
        severity=row.severity,
        topic=row.topic,
        state=FindingState(row.state),
        raised_at=row.raised_at,
        answered_at=row.answered_at,
        closed_at=row.closed_at,
    )


def concern_of(row: PublishedConcern) -> Concern:
    """Return a concern as the fold knows it."""
    return Concern(
        number=row.number,
        topic=row.topic,
        desk=row.desk,
        state=ConcernState(row.state),
        received_at=row.received_at,
        outcome=row.outcome,
        first_answered_at=row.first_answered_at,
        answered_at=row.answered_at,
        closed_at=row.closed_at,
    )


def report_of(row: PublishedReport) -> Report:
    """Return a report as the fold knows it: the fields have the columns' names."""
    told = {
        column.key: getattr(row, column.key) for column in inspect(PublishedReport).column_attrs
    }
    return Report(**told | {"state": ReportState(row.state)})


def case_row(case: Finding | Concern | Report) -> Row:
    """Return a finding, concern or report as its table keeps it: columns have the fields' names."""
    return {**asdict(case), "state": case.state.value}


def act_row(index: int, entry: Entry) -> Row:
    """Return an entry as the table keeps it."""
    reference, satang = entry.public.get("reference"), entry.public.get("satang")
    return {
        "idx": index,
        "eid": entry.eid,
        "type": entry.type,
        "role": entry.role,
        "at": entry.at,
        "reference": reference,
        "satang": satang,
        "public": json.dumps(entry.public, ensure_ascii=False),
    }


def flow_rows(shelf: Shelf) -> list[Row]:
    """Return the money that went, as the table keeps it."""
    return [
        {"idx": index, **asdict(flow), "leg": flow.leg.value} for index, flow in shelf.flows.items()
    ]


def figure_rows(shelf: Shelf) -> list[Row]:
    """Return what a shelf counted as the table keeps it."""
    return [
        {
            "month": cell.month,
            "fund": cell.fund,
            "subcommittee": cell.subcommittee,
            "category": cell.category,
            "measure": cell.measure.value,
            "satang": shelf.satang[cell],
            "count": shelf.counts[cell],
        }
        for cell in sorted(shelf.counts)
    ]
