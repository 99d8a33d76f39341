"""What the log says about the foundation, its funds, its rules and its fund requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from datetime import datetime

from portal.audit.entry import Draft
from portal.audit.entry import EntryType
from portal.audit.entry import Field
from portal.audit.entry import Json
from portal.audit.entry import Kind
from portal.audit.entry import Secret
from portal.funds.attachments import PaperKind
from portal.funds.attachments import Removal
from portal.funds.rules import Action
from portal.funds.rules import Reason
from portal.funds.rules import Threshold
from portal.funds.urgency import Lane
from portal.funds.urgency import Verdict
from portal.money import Money
from portal.people.acts import actor_secret
from portal.roles import Actor
from portal.roles import Role

_NAMES = {
    "name_th": Field(Kind.TITLE, "the name in Thai"),
    "name_en": Field(Kind.TITLE, "the name in English"),
}
_CODE = {"code": Field(Kind.CODE, "the code it is known by")}
_REFERENCE = {"reference": Field(Kind.REFERENCE, "the request's number")}
_PARTY = {"party": Field(Kind.CODE, "who acted: a code that holds within this request only")}
_REASON = {"reason": Field(Kind.CODE, "why, from a fixed list")}
_FUND = {"fund": Field(Kind.CODE, "the fund")}
_SUBCOMMITTEE = {"subcommittee": Field(Kind.CODE, "the subcommittee")}
_SATANG = {"satang": Field(Kind.SATANG, "the amount in satang")}
_FISCAL_YEAR = {"fiscal_year": Field(Kind.COUNT, "the fiscal year in the Buddhist era")}

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
TARGET_SET = EntryType(
    "target.set",
    public={
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
DONATION_RECEIVED = EntryType(
    "donation.received",
    public=_FUND
    | _SATANG
    | {
        "reference": Field(Kind.REFERENCE, "the donation's number"),
        "received_on": Field(Kind.DAY, "the day it came in"),
    },
    private=("donor",),
)
ALLOCATION_MADE = EntryType(
    "allocation.made", public=_FUND | _SUBCOMMITTEE | _SATANG | _FISCAL_YEAR
)
REQUEST_SUBMITTED = EntryType(
    "fund_request.submitted",
    public=_REFERENCE
    | _PARTY
    | _FUND
    | _SUBCOMMITTEE
    | _SATANG
    | _FISCAL_YEAR
    | {
        "kind": Field(Kind.CODE, "for a youth or for a project"),
        "category": Field(Kind.CODE, "the category of help"),
        "purpose": Field(Kind.CODE, "the public purpose"),
        "place": Field(Kind.CODE, "the tambon of a project, never of a youth", may_be_null=True),
        "urgent": Field(Kind.FLAG, "whether it was sent by the urgent lane"),
    },
    private=("person", "payee", "reason", "urgent_reason"),
)
INTEREST_DECLARED = EntryType(
    "interest.declared",
    public=_REFERENCE
    | _PARTY
    | {"related": Field(Kind.FLAG, "whether who acted is related to the request")},
    private=("how",),
)
_ACTING = {"acting": Field(Kind.FLAG, "whether who acted did so for the chair")}
REQUEST_RETURNED = EntryType(
    "fund_request.returned", public=_REFERENCE | _PARTY | _REASON | _ACTING, private=("note",)
)
REQUEST_SIGNED = EntryType(
    "fund_request.signed",
    public=_REFERENCE
    | _PARTY
    | _SATANG
    | _ACTING
    | {
        "signature": Field(Kind.COUNT, "which signature this is"),
        "needed": Field(Kind.COUNT, "how many are needed"),
    },
    private=("note",),
)
REQUEST_APPROVED = EntryType(
    "fund_request.approved",
    public=REQUEST_SIGNED.public,
    private=("note",),
)
REQUEST_REJECTED = EntryType(
    "fund_request.rejected", public=_REFERENCE | _PARTY | _REASON | _ACTING, private=("note",)
)
REQUEST_REVISED = EntryType(
    "fund_request.revised",
    public=_REFERENCE | _PARTY | _SATANG,
    private=("payee", "note"),
)
REQUEST_RATIFIED = EntryType("fund_request.ratified", public=_REFERENCE | _PARTY, private=("note",))
REQUEST_NOT_RATIFIED = EntryType(
    "fund_request.not_ratified", public=_REFERENCE | _PARTY, private=("note",)
)
CHECK_OVERRIDDEN = EntryType(
    "check.overridden",
    public=_REFERENCE | _PARTY | {"check": Field(Kind.CODE, "which check was answered for")},
    private=("note",),
)
REQUEST_WITHDRAWN = EntryType(
    "fund_request.withdrawn",
    public=_PARTY
    | {"reference": Field(Kind.REFERENCE, "the number; none if never sent", may_be_null=True)},
)
DOCUMENT_ISSUED = EntryType(
    "document.issued",
    public=_REFERENCE
    | {
        "document": Field(Kind.CODE, "which paper: `decision` is the decision sheet"),
        "number": Field(Kind.COUNT, "which issue of this paper for this request it is, from 1"),
    },
    private=("doc",),
)
# A draft has no number yet; its papers are told of without one.
_REFERENCE_IF_SENT = {
    "reference": Field(
        Kind.REFERENCE, "the request's number; none before it is sent", may_be_null=True
    )
}
_PAPER = {"paper": Field(Kind.CODE, "what the attached paper shows, from a fixed list")}
PAPER_ATTACHED = EntryType(
    "paper.attached", public=_REFERENCE_IF_SENT | _PARTY | _PAPER, private=("doc",)
)
PAPER_REMOVED = EntryType(
    "paper.removed",
    public=_REFERENCE_IF_SENT
    | _PARTY
    | _PAPER
    | {"removal": Field(Kind.CODE, "why it was taken off, from a fixed list")},
    private=("doc",),
)
ALL = (
    FOUNDATION_CREATED,
    SUBCOMMITTEE_CREATED,
    PURPOSE_CREATED,
    CATEGORY_CREATED,
    FUND_CREATED,
    THRESHOLD_SET,
    URGENT_LANE_SET,
    TARGET_SET,
    DAY_CLOSED,
    DONATION_RECEIVED,
    ALLOCATION_MADE,
    REQUEST_SUBMITTED,
    REQUEST_RETURNED,
    REQUEST_SIGNED,
    REQUEST_APPROVED,
    REQUEST_REJECTED,
    REQUEST_WITHDRAWN,
    REQUEST_REVISED,
    REQUEST_RATIFIED,
    REQUEST_NOT_RATIFIED,
    INTEREST_DECLARED,
    CHECK_OVERRIDDEN,
    DOCUMENT_ISSUED,
    PAPER_ATTACHED,
    PAPER_REMOVED,
)


def created(entry_type: EntryType, public: Mapping[str, Json], *, by: Actor, at: datetime) -> Draft:
    """Something of the foundation was set up: its public facts as declared."""
    role = Role.SYSTEM if Role.SYSTEM in by.roles else Role.ADMINISTRATOR
    return Draft(entry_type, at, role, actor_secret(by), public)


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
    """A rule says what the urgent lane takes."""
    public: dict[str, Json] = {
        "valid_from": lane.valid_from.isoformat(),
        "ceiling_satang": lane.ceiling.satang,
        "ratify_within_days": lane.ratify_within_days,
    }
    return created(URGENT_LANE_SET, public, by=by, at=at)


def donation_received(
    public: Mapping[str, Json], *, donor: Secret, by: Actor, at: datetime
) -> Draft:
    """A donation came in; the donor's name is private."""
    role = Role.SYSTEM if Role.SYSTEM in by.roles else Role.OFFICER
    return Draft(DONATION_RECEIVED, at, role, actor_secret(by), public, {"donor": donor})


@dataclass(frozen=True, slots=True)
class Told:
    """What every entry about a request needs: its number, who acted as what, what came before."""

    reference: str | None
    party: str
    role: Role
    by: Actor
    at: datetime
    refs: tuple[str, ...]

    def draft(
        self,
        entry_type: EntryType,
        public: Mapping[str, Json],
        private: Mapping[str, Secret] | None = None,
    ) -> Draft:
        """Return the draft of an entry about this request."""
        return Draft(
            entry_type,
            self.at,
            self.role,
            actor_secret(self.by),
            {"reference": self.reference, "party": self.party, **public},
            private or {},
            self.refs,
        )


def request_submitted(
    told: Told, facts: Mapping[str, Json], secrets: Mapping[str, Secret]
) -> Draft:
    """A request was sent to the subcommittee; `facts` are its public fields."""
    return told.draft(REQUEST_SUBMITTED, facts, secrets)


def interest_declared(told: Told, *, is_related: bool, how: Secret) -> Draft:
    """Who is to decide said whether they are related; how they are is private."""
    return told.draft(INTEREST_DECLARED, {"related": is_related}, {"how": how})


def request_declined(
    told: Told, action: Action, reason: Reason, *, is_acting: bool, note: Secret
) -> Draft:
    """The chair sent it back for correction, or refused it."""
    entry_type = REQUEST_RETURNED if action is Action.RETURN else REQUEST_REJECTED
    return told.draft(entry_type, {"reason": reason, "acting": is_acting}, {"note": note})


@dataclass(frozen=True, slots=True)
class Signing:
    """A signature: for how much, which of how many, and whether somebody acts for the chair."""

    amount: Money
    number: int
    needed: int
    is_acting: bool


def request_signed(told: Told, signing: Signing, *, note: Secret) -> Draft:
    """Somebody signed for it; the last signature approves it."""
    entry_type = REQUEST_APPROVED if signing.number == signing.needed else REQUEST_SIGNED
    public: dict[str, Json] = {
        "satang": signing.amount.satang,
        "signature": signing.number,
        "needed": signing.needed,
        "acting": signing.is_acting,
    }
    return told.draft(entry_type, public, {"note": note})


def request_revised(told: Told, amount: Money, *, payee: Secret, note: Secret) -> Draft:
    """What was approved is changed before anything is paid: it is decided anew."""
    return told.draft(REQUEST_REVISED, {"satang": amount.satang}, {"payee": payee, "note": note})


def request_ratified(told: Told, verdict: Verdict, *, note: Secret) -> Draft:
    """The driving committee looked at an urgent approval, and stands by it or does not."""
    is_ratified = verdict is Verdict.RATIFY
    return told.draft(REQUEST_RATIFIED if is_ratified else REQUEST_NOT_RATIFIED, {}, {"note": note})


def check_overridden(told: Told, code: str, *, note: Secret) -> Draft:
    """Somebody answers for a check that stopped a request."""
    return told.draft(CHECK_OVERRIDDEN, {"check": code}, {"note": note})


def request_withdrawn(told: Told) -> Draft:
    """The requester took it back."""
    return told.draft(REQUEST_WITHDRAWN, {})


def paper_attached(told: Told, paper: PaperKind, *, doc: Secret) -> Draft:
    """Somebody attached a paper to it; `doc` commits to the bytes that are kept."""
    return told.draft(PAPER_ATTACHED, {"paper": paper}, {"doc": doc})


def paper_removed(told: Told, paper: PaperKind, why: Removal, *, doc: Secret) -> Draft:
    """Somebody took an attached paper off again."""
    return told.draft(PAPER_REMOVED, {"paper": paper, "removal": why}, {"doc": doc})


def document_issued(
    public: Mapping[str, Json], *, doc: Secret, role: Role, by: Actor, at: datetime, ref: str
) -> Draft:
    """A paper about a request was issued; `doc` commits to its bytes, `ref` is what it tells of."""
    return Draft(DOCUMENT_ISSUED, at, role, actor_secret(by), public, {"doc": doc}, (ref,))
