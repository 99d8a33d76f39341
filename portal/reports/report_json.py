"""A report for programs: one JSON document, in which every amount is in satang."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING

from portal.audit.entry import Json
from portal.audit.entry import utc_text
from portal.labels import Name
from portal.money import Money
from portal.publishing.open_figures import open_figures
from portal.publishing.waits import Step
from portal.reports.report_told import Folded
from portal.reports.report_told import PartTold
from portal.reports.report_told import ReportTold
from portal.reports.report_told import Took
from portal.reports.report_told import UnderWay

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

# Raised whenever the same log would give other files.
FORMAT = 1


def document(told: ReportTold, folded: Folded, *, address: str) -> dict[str, Json]:
    """Return a report as plain JSON; `log`, `total` and `figures` are as in `/api/v1/figures`."""
    return {
        **open_figures(folded.checkpoint, folded.figures()),
        "format": FORMAT,
        "address": address,
        "report": {
            "reference": told.reference,
            "edition": told.edition,
            "period": told.period.code,
            "period_name": _named(told.period.name),
            "first_on": told.period.begins_on.isoformat(),
            "last_on": told.period.last_on.isoformat(),
            "foundation": _named(told.foundation),
            "newest_at": utc_text(told.newest_at),
        },
        "in_period": {
            **_plain(told.moved),
            "paid_for_youths": told.paid_for_youths,
            "paid_for_projects": told.paid_for_projects,
        },
        "since_beginning": _plain(told.stand),
        "parts": {kind: [_part(part) for part in parts] for kind, parts in told.parts.items()},
        "months": [_plain(month) for month in told.months],
        "service_times": [
            {"subcommittee": times.code or None, **_took(times.took)} for times in told.times
        ],
        "reconciliation": _reconciled(told),
        "findings": {**_plain(told.findings), "not_closed": dict(told.severities)},
        "concerns": _plain(told.concerns),
        "counts": [
            {
                "subject": each.subject,
                "total": each.total,
                "cells": [{"code": code, "count": cell} for code, cell in each.cells.items()],
            }
            for each in told.small
        ],
    }


def _named(name: Name) -> Json:
    return {"th": name.th, "en": name.en}


def _plain(told: DataclassInstance) -> dict[str, Json]:
    """Return values as plain JSON: amounts in satang, under a name that says so."""
    found: dict[str, Json] = {}
    for name, value in _fields(told):
        if isinstance(value, Money):
            found[f"{name}_satang"] = value.satang
        else:
            found[name] = value if isinstance(value, int) else str(value)
    return found


def _fields(told: DataclassInstance) -> list[tuple[str, object]]:
    return [(each.name, getattr(told, each.name)) for each in fields(told)]


def _part(part: PartTold) -> Json:
    return {
        "code": part.code,
        "name": _named(part.name),
        "in_period": _plain(part.moved),
        "since_beginning": _plain(part.stand),
    }


def _took(took: Mapping[Step, Took]) -> dict[str, Json]:
    """Return counts and medians; a median is a text, as this JSON knows no fractions."""
    return {
        step.value: {"count": took[step].count, "median_days": days(took[step])} for step in Step
    }


def days(took: Took) -> str | None:
    """Write a median of days, or nothing where too few requests stand behind it."""
    return None if took.days is None else f"{took.days:.1f}"


def _under_way(under_way: UnderWay) -> Json:
    oldest = under_way.oldest_on
    return {
        "count": under_way.count,
        "satang": under_way.amount.satang,
        "oldest_on": oldest.isoformat() if oldest else None,
    }


def _reconciled(told: ReportTold) -> dict[str, Json]:
    found = told.reconciled
    return {
        "under_way_at_begin": _under_way(found.at_begin),
        "sent": {"count": found.sent, "satang": found.sent_amount.satang},
        "confirmed": {"count": found.confirmed, "satang": found.confirmed_amount.satang},
        "bounced": {"count": found.bounced, "satang": found.bounced_amount.satang},
        "under_way_at_end": _under_way(found.at_end),
        "under_way_now": _under_way(found.now),
        "came_back_satang": found.came_back.satang,
        "kept_satang": found.kept.satang,
    }
