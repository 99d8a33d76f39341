"""What the log says about the money that comes in, and about fund requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from datetime import datetime

from portal.audit.entry import Draft
from portal.audit.entry import EntryType
from portal.audit.entry import Field
from portal.audit.entry import Json
from portal.audit.entry import Kind
from portal.audit.entry import Secret
from portal.funds.attachments import PaperKind
from portal.funds.attachments import Removal
from portal.funds.rule_acts import told_by
from portal.funds.rules import Action
from portal.funds.rules import Reason
from portal.funds.urgency import Verdict
from portal.money import Money
from portal.people.acts import actor_secret
from portal.roles import Actor
from portal.roles import Role

_REFERENCE = {"reference": Field(Kind.REFERENCE, "the request's number")}
_PARTY = {"party": Field(Kind.CODE, "who acted: a code that holds within this request only")}
_REASON = {"reason": Field(Kind.CODE, "why, from a fixed list")}
_FUND = {"fund": Field(Kind.CODE, "the fund")}
_SUBCOMMITTEE = {"subcommittee": Field(Kind.CODE, "the subcommittee")}
_SATANG = {"satang": Field(Kind.SATANG, "the amount in satang")}
_FISCAL_YEAR = {"fiscal_year": Field(Kind.COUNT, "the fiscal year in the Buddhist era")}

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
    private=("person", "payee", "reason", "urgent_reason", "items"),
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
    private=("payee", "items", "note"),
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
SHEET_ISSUED = EntryType(
    "sheet.issued",
    public={
        "reference": Field(Kind.REFERENCE, "the paper's number"),
        "number": Field(Kind.COUNT, "which edition of this paper it is, from 1"),
        "document": Field(Kind.CODE, "which paper: `voucher` is the payment voucher"),
        "about": Field(Kind.REFERENCE, "the number of what it is about: a payment, a batch"),
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
    SHEET_ISSUED,
    PAPER_ATTACHED,
    PAPER_REMOVED,
)


def donation_received(
    public: Mapping[str, Json], *, donor: Secret, by: Actor, at: datetime
) -> Draft:
    """A donation came in; the donor's name is private."""
    draft = told_by(Role.OFFICER, DONATION_RECEIVED, public, by=by, at=at)
    return replace(draft, private={"donor": donor})


def allocation_made(public: Mapping[str, Json], *, by: Actor, at: datetime) -> Draft:
    """A subcommittee was given money of a fund to decide on."""
    return told_by(Role.OFFICER, ALLOCATION_MADE, public, by=by, at=at)


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


def request_revised(told: Told, amount: Money, secrets: Mapping[str, Secret]) -> Draft:
    """What was approved is changed before anything is paid: it is decided anew."""
    return told.draft(REQUEST_REVISED, {"satang": amount.satang}, secrets)


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


def sheet_issued(
    public: Mapping[str, Json], *, doc: Secret, role: Role, by: Actor, at: datetime, ref: str
) -> Draft:
    """The worker issued a paper that somebody asked for; `public` are the fields of the entry."""
    return Draft(SHEET_ISSUED, at, role, actor_secret(by), public, {"doc": doc}, (ref,))
