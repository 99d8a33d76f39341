"""What the log says about the foundation and its rules: what was set up, changed and ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from datetime import datetime

from portal.audit.entry import Draft
from portal.audit.entry import EntryType
from portal.audit.entry import Field
from portal.audit.entry import Json
from portal.audit.entry import Kind
from portal.funds.rulebook import Facts
from portal.funds.rulebook import Rule
from portal.funds.rulebook import RuleKind
from portal.funds.rulebook import before
from portal.funds.rulebook import facts_digest
from portal.funds.rulebook import public_facts
from portal.funds.rules import Threshold
from portal.funds.urgency import Lane
from portal.people.acts import actor_secret
from portal.roles import Actor
from portal.roles import Role

_NAMES = {
    "name_th": Field(Kind.TITLE, "the name in Thai"),
    "name_en": Field(Kind.TITLE, "the name in English"),
}
_CODE = {"code": Field(Kind.CODE, "the code it is known by")}
_VALID_FROM = {"valid_from": Field(Kind.DAY, "the day from which this holds")}

FOUNDATION_CREATED = EntryType(
    "foundation.created",
    public=_CODE
    | _NAMES
    | {
        "province": Field(Kind.CODE, "the province's code"),
        "first_month": Field(Kind.COUNT, "the month in which the fiscal year begins"),
    },
)
SUBCOMMITTEE_CREATED = EntryType(
    "subcommittee.created",
    public=_CODE | _NAMES | {"short_th": Field(Kind.TITLE, "the short name in Thai")},
)
PURPOSE_CREATED = EntryType("purpose.created", public=_CODE | _NAMES)
CATEGORY_CREATED = EntryType(
    "category.created",
    public=_CODE
    | _NAMES
    | {
        "ceiling_satang": Field(Kind.SATANG, "the most one request may ask, in satang"),
        "serves": Field(Kind.CODE, "for youths, for projects, or for any"),
        "subcommittees": Field(Kind.CODES, "the subcommittees that look after it"),
        "urgent": Field(Kind.FLAG, "whether it is for emergencies"),
    },
)
FUND_CREATED = EntryType(
    "fund.created",
    public=_CODE | _NAMES | {"restricted": Field(Kind.FLAG, "whether the donor tied it")},
)
CREATED: Mapping[RuleKind, EntryType] = {
    RuleKind.SUBCOMMITTEE: SUBCOMMITTEE_CREATED,
    RuleKind.CATEGORY: CATEGORY_CREATED,
    RuleKind.PURPOSE: PURPOSE_CREATED,
    RuleKind.FUND: FUND_CREATED,
}


def _changed(kind: RuleKind, more: Mapping[str, Field] | None = None) -> EntryType:
    """Return the type that tells what holds from a day on, and what held before it."""
    now = {name: field for name, field in CREATED[kind].public.items() if name != "code"}
    old = {before(name): Field(f.kind, f"before: {f.about}") for name, f in now.items()}
    return EntryType(
        f"{kind}.changed", public={**_CODE, **_VALID_FROM, **now, **old, **(more or {})}
    )


_DIGEST = {"digest": Field(Kind.DIGEST, "SHA-256 of all that holds, also what is not told here")}
CHANGED: Mapping[RuleKind, EntryType] = {
    RuleKind.SUBCOMMITTEE: _changed(RuleKind.SUBCOMMITTEE),
    RuleKind.CATEGORY: _changed(RuleKind.CATEGORY, _DIGEST),
    RuleKind.PURPOSE: _changed(RuleKind.PURPOSE),
    RuleKind.FUND: _changed(RuleKind.FUND),
}
RETIRED: Mapping[RuleKind, EntryType] = {
    kind: EntryType(f"{kind}.retired", public={**_CODE, **_VALID_FROM}) for kind in RuleKind
}
THRESHOLD_SET = EntryType(
    "threshold.set",
    public={
        "valid_from": Field(Kind.DAY, "from this day on, instead of all earlier limits"),
        "above_satang": Field(Kind.SATANG, "above this amount"),
        "signatures": Field(Kind.CODES, "the roles that sign, in order"),
        "subcommittee": Field(Kind.CODE, "only for this subcommittee", may_be_null=True),
        "fund": Field(Kind.CODE, "only for this fund", may_be_null=True),
    },
)
URGENT_LANE_SET = EntryType(
    "urgent_lane.set",
    public={
        "valid_from": Field(Kind.DAY, "from this day on, instead of all earlier rules"),
        "ceiling_satang": Field(Kind.SATANG, "the most the urgent lane takes, in satang"),
        "ratify_within_days": Field(Kind.COUNT, "within how many days an approval is ratified"),
    },
)
_LANE_BEFORE = {
    before(name): Field(field.kind, f"before: {field.about}")
    for name, field in URGENT_LANE_SET.public.items()
    if name != "valid_from"
}
URGENT_LANE_CHANGED = EntryType(
    "urgent_lane.changed", public={**URGENT_LANE_SET.public, **_LANE_BEFORE}
)
TARGET_SET = EntryType(
    "target.set",
    public=_VALID_FROM
    | {
        "step": Field(Kind.CODE, "which step"),
        "working_days": Field(Kind.COUNT, "how many working days it may take"),
    },
)
DAY_CLOSED = EntryType(
    "closed_day.set",
    public={
        "day": Field(Kind.DAY, "a day without work"),
        "name_th": Field(Kind.TITLE, "why, in Thai"),
        "name_en": Field(Kind.TITLE, "why, in English"),
    },
)
DAY_OPENED = EntryType(
    "closed_day.opened",
    public={"day": Field(Kind.DAY, "a day that was to be closed and is not")},
)
ALL = (
    FOUNDATION_CREATED,
    *CREATED.values(),
    *CHANGED.values(),
    *RETIRED.values(),
    THRESHOLD_SET,
    URGENT_LANE_SET,
    URGENT_LANE_CHANGED,
    TARGET_SET,
    DAY_CLOSED,
    DAY_OPENED,
)


def created(entry_type: EntryType, public: Mapping[str, Json], *, by: Actor, at: datetime) -> Draft:
    """Something of the foundation was set up: its public facts as declared."""
    return told_by(Role.ADMINISTRATOR, entry_type, public, by=by, at=at)


def told_by(
    role: Role, entry_type: EntryType, public: Mapping[str, Json], *, by: Actor, at: datetime
) -> Draft:
    """Tell an act of somebody of this role, or of the system, which sets up the foundation."""
    acting = Role.SYSTEM if Role.SYSTEM in by.roles else role
    return Draft(entry_type, at, acting, actor_secret(by), public)


def rule_changed(
    newest: Rule, facts: Facts, *, valid_from: date, by: Actor, at: datetime, ref: str
) -> Draft:
    """From a day on a rule says something else; what it said before stands beside it."""
    entry_type = CHANGED[newest.kind]
    public: dict[str, Json] = {"code": newest.code, "valid_from": valid_from.isoformat()}
    public |= public_facts(facts)
    public |= {before(name): value for name, value in public_facts(newest.facts).items()}
    if "digest" in entry_type.public:
        public["digest"] = facts_digest(facts)
    return replace(created(entry_type, public, by=by, at=at), refs=(ref,))


def rule_retired(newest: Rule, *, valid_from: date, by: Actor, at: datetime, ref: str) -> Draft:
    """From a day on a rule is not used any more."""
    public: dict[str, Json] = {"code": newest.code, "valid_from": valid_from.isoformat()}
    return replace(created(RETIRED[newest.kind], public, by=by, at=at), refs=(ref,))


def threshold_set(threshold: Threshold, *, valid_from: date, by: Actor, at: datetime) -> Draft:
    """A rule says who signs above an amount."""
    public: dict[str, Json] = {
        "valid_from": valid_from.isoformat(),
        "above_satang": threshold.above.satang,
        "signatures": list(threshold.signatures),
        "subcommittee": threshold.subcommittee,
        "fund": threshold.fund,
    }
    return created(THRESHOLD_SET, public, by=by, at=at)


def urgent_lane_set(lane: Lane, *, by: Actor, at: datetime) -> Draft:
    """A rule says for the first time what the urgent lane takes."""
    public: dict[str, Json] = {"valid_from": lane.valid_from.isoformat(), **_taken(lane)}
    return created(URGENT_LANE_SET, public, by=by, at=at)


def urgent_lane_changed(newest: Lane, lane: Lane, *, by: Actor, at: datetime, ref: str) -> Draft:
    """From a day on the urgent lane takes something else; what it took stands beside it."""
    public: dict[str, Json] = {"valid_from": lane.valid_from.isoformat(), **_taken(lane)}
    public |= {before(name): value for name, value in _taken(newest).items()}
    return replace(created(URGENT_LANE_CHANGED, public, by=by, at=at), refs=(ref,))


def _taken(lane: Lane) -> dict[str, Json]:
    return {"ceiling_satang": lane.ceiling.satang, "ratify_within_days": lane.ratify_within_days}


def day_opened(day: date, *, by: Actor, at: datetime, ref: str) -> Draft:
    """A day that was to be closed is not."""
    public: dict[str, Json] = {"day": day.isoformat()}
    return replace(created(DAY_OPENED, public, by=by, at=at), refs=(ref,))
