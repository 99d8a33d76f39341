"""Entries written by hand, as the fold is told them."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace

from portal.audit.entry import Entry
from portal.audit.entry import Json
from portal.funds.rulebook import before
from portal.publishing.fold import step
from portal.publishing.shelf import Shelf
from portal.publishing.vocabulary import TYPES

AT = "2026-11-20T05:00:00Z"
ONE, TWO, THREE = "RYG-2570-000001", "RYG-2570-000002", "RYG-2570-000003"
# Codes that hold within one request only; the fold knows nobody by name.
ASKER, CHAIR, DRIVING, PREPARER, RELEASER, CONFIRMER = "p1", "p2", "p3", "p4", "p5", "p6"


UNRELATED = frozenset({CHAIR, DRIVING})
# Who signs in which order, and what is asked for so that this many must.
SIGNING = ("chair", "driving_chair", "board")
ASKS = {1: 150_000, 2: 500_000, 3: 600_000}


def entry(type_name: str, /, *, at: str = AT, **public: Json) -> Entry:
    return told_in(type_name, at, public)


def told_in(type_name: str, at: str, public: Mapping[str, Json], role: str = "officer") -> Entry:
    private = dict.fromkeys(TYPES[type_name].private, "") if type_name in TYPES else {}
    return Entry("", type_name, at, role, public, private, ())


def named(kind: str, code: str, **more: Json) -> Entry:
    public = {"code": code, "name_th": f"{code} ไทย", "name_en": code, **more}
    return told_in(f"{kind}.created", AT, public)


def fund(code: str) -> Entry:
    return named("fund", code, restricted=False)


def subcommittee(code: str) -> Entry:
    return named("subcommittee", code, short_th=code)


def category(code: str, *subcommittees: str) -> Entry:
    return named(
        "category",
        code,
        ceiling_satang=600_000,
        serves="youth",
        subcommittees=list(subcommittees),
        urgent=False,
    )


LIVING: dict[str, Json] = {
    "ceiling_satang": 600_000,
    "serves": "youth",
    "subcommittees": ["SC5"],
    "urgent": False,
}


def changed(
    kind: str,
    code: str,
    facts: Mapping[str, Json],
    *,
    valid_from: str = "2026-11-20",
    **befores: Json,
) -> Entry:
    """A change upon what `named` set up, unless another before is told."""
    now: dict[str, Json] = {"name_th": f"{code} ไทย", "name_en": code, **facts}
    first: dict[str, Json] = {**now, **(LIVING if kind == "category" else {})}
    public: dict[str, Json] = {"code": code, "valid_from": valid_from, **now}
    public |= {before(name): first[name] for name in now}
    if kind == "category":
        public["digest"] = "0" * 64
    return told_in(f"{kind}.changed", AT, {**public, **befores})


def ceiling(satang: int, *, valid_from: str = "2026-11-20", **befores: Json) -> Entry:
    facts = {**LIVING, "ceiling_satang": satang}
    told = changed("category", "LIVING", facts, valid_from=valid_from)
    return replace(told, public={**told.public, **befores})


def retired(kind: str, code: str, *, valid_from: str = "2026-11-20") -> Entry:
    return entry(f"{kind}.retired", code=code, valid_from=valid_from)


def donation(satang: int, *, fund: str = "GEN", received_on: str = "2026-10-05") -> Entry:
    return entry(
        "donation.received", reference="D-1", fund=fund, satang=satang, received_on=received_on
    )


def allocation(satang: int, *, fund: str = "GEN", subcommittee: str = "SC5") -> Entry:
    return entry(
        "allocation.made", fund=fund, subcommittee=subcommittee, satang=satang, fiscal_year=2570
    )


def submitted(reference: str = ONE, *, party: str = ASKER, at: str = AT, **facts: Json) -> Entry:
    public: dict[str, Json] = {
        "reference": reference,
        "party": party,
        "fund": "GEN",
        "subcommittee": "SC5",
        "satang": 150_000,
        "fiscal_year": 2570,
        "kind": "youth",
        "category": "LIVING",
        "purpose": "STAY",
        "place": None,
        "urgent": False,
    }
    return told_in("fund_request.submitted", at, {**public, **facts})


def signed(
    signature: int,
    needed: int,
    *,
    party: str = CHAIR,
    role: str = "",
    reference: str = ONE,
    satang: int = 0,
    **told: Json,
) -> Entry:
    public: dict[str, Json] = {
        "reference": reference,
        "party": party,
        "satang": satang or ASKS[needed],
        "acting": told.get("acting", False),
        "signature": signature,
        "needed": needed,
    }
    last = "approved" if signature == needed else "signed"
    at = str(told.get("at", AT))
    return told_in(f"fund_request.{last}", at, public, role or SIGNING[signature - 1])


def approved(reference: str = ONE, *, party: str = CHAIR, satang: int = 150_000) -> Entry:
    return signed(1, 1, party=party, reference=reference, satang=satang)


def limit(above: int, *signatures: str, valid_from: str = "2026-10-01", fund: str = "") -> Entry:
    return entry(
        "threshold.set",
        above_satang=above,
        signatures=list(signatures),
        subcommittee=None,
        fund=fund or None,
        valid_from=valid_from,
    )


def decided(
    what: str,
    *,
    party: str = CHAIR,
    reference: str = ONE,
    at: str = AT,
    acting: bool = False,
) -> Entry:
    public: dict[str, Json] = {"reference": reference, "party": party, "reason": "papers"}
    return told_in(f"fund_request.{what}", at, {**public, "acting": acting})


def declared(party: str, *, related: bool = False, reference: str = ONE) -> Entry:
    return entry("interest.declared", reference=reference, party=party, related=related)


def revised(satang: int = 120_000, *, party: str = ASKER) -> Entry:
    return entry("fund_request.revised", reference=ONE, party=party, satang=satang)


def ratified(*, party: str = DRIVING, what: str = "ratified") -> Entry:
    return entry(f"fund_request.{what}", reference=ONE, party=party)


def lane(valid_from: str, *, ceiling: int = 500_000, days: int = 15) -> Entry:
    public: dict[str, Json] = {"ceiling_satang": ceiling, "ratify_within_days": days}
    return told_in("urgent_lane.set", AT, {"valid_from": valid_from, **public})


def lane_changed(
    valid_from: str = "2026-11-20",
    *,
    ceiling: int = 1,
    before: int = 500_000,
    days_before: int = 15,
) -> Entry:
    """A change upon what `lane` set, unless another before is told."""
    public = {
        **lane(valid_from, ceiling=ceiling, days=3).public,
        "ceiling_before_satang": before,
        "ratify_within_days_before": days_before,
    }
    return told_in("urgent_lane.changed", AT, public)


def appointed(
    number: str = "RYG-2570-A000001", *, subcommittee: str = "SC5", to_on: str = "2026-11-20"
) -> Entry:
    days: dict[str, Json] = {"from_on": "2026-11-19", "to_on": to_on}
    public: dict[str, Json] = {"number": number, "subcommittee": subcommittee}
    return told_in("acting_chair.appointed", AT, public | days)


def ended(number: str = "RYG-2570-A000001") -> Entry:
    return entry("acting_chair.ended", number=number)


def withdrawn(*, reference: str | None = ONE, at: str = AT) -> Entry:
    return entry("fund_request.withdrawn", at=at, reference=reference, party=ASKER)


def prepared(
    number: int = 1,
    *,
    party: str = PREPARER,
    satang: int = 150_000,
    reference: str = ONE,
    channel: str = "transfer",
    advance: str | None = None,
) -> Entry:
    return entry(
        "payment.prepared",
        reference=reference,
        party=party,
        payment=f"RYG-2570-P00000{number}",
        satang=satang,
        instalment=1,
        channel=channel,
        advance=advance,
    )


def paid(
    what: str,
    *,
    party: str = RELEASER,
    number: int = 1,
    satang: int = 150_000,
    at: str = AT,
    reference: str = ONE,
) -> Entry:
    batch: dict[str, Json] = {"batch": None} if what in {"released", "sent"} else {}
    return entry(
        f"payment.{what}",
        at=at,
        reference=reference,
        party=party,
        payment=f"RYG-2570-P00000{number}",
        satang=satang,
        **batch,
    )


GENESIS = entry("log.genesis", origin="audit.example/x", vkey="audit.example/x+00+AA")
FOUNDED = (
    GENESIS,
    entry("schema.published", digest="0" * 64, count=28),
    named("foundation", "RYG", province="21", first_month=10),
    subcommittee("SC5"),
    subcommittee("SC1"),
    named("purpose", "STAY"),
    category("LIVING", "SC5"),
    category("OTHER", "SC1"),
    fund("GEN"),
    fund("EMPTY"),
    limit(0, *SIGNING[:1]),
    limit(450_000, *SIGNING[:2]),
    limit(550_000, *SIGNING),
    donation(1_000_000),
    allocation(550_000),
)
ASKED = (*FOUNDED, submitted())
ASKED_OF_TWO = (*FOUNDED, submitted(satang=ASKS[2]))
ASKED_OF_THREE = (*FOUNDED, submitted(satang=ASKS[3]))
APPROVED = (*ASKED, approved())
PREPARED = (*APPROVED, prepared())
RELEASED = (*PREPARED, paid("released"))
SENT = (*RELEASED, paid("sent"))
CONFIRMED = (*SENT, paid("confirmed", party=CONFIRMER))
RETURNED = (*ASKED, decided("returned"))
LANES = (*FOUNDED, lane("2026-10-01"))
URGENT = (*LANES, submitted(urgent=True, satang=500_000))
URGENTLY = (*URGENT, approved(satang=500_000))


def issued(
    document: str = "decision", *, reference: str = ONE, number: int = 1, role: str = "officer"
) -> Entry:
    public: dict[str, Json] = {"reference": reference, "document": document, "number": number}
    return told_in("document.issued", AT, public, role)


def sheet(document: str = "voucher", *, number: int = 1, role: str = "treasurer") -> Entry:
    public: dict[str, Json] = {"reference": "RYG-2570-V000001", "number": number}
    public |= {"document": document, "about": "RYG-2570-P000001"}
    return told_in("sheet.issued", AT, public, role)


def attached(
    what: str = "attached",
    *,
    reference: str | None = ONE,
    party: str = ASKER,
    role: str = "officer",
    paper: str = "consent",
) -> Entry:
    public: dict[str, Json] = {"reference": reference, "party": party, "paper": paper}
    if what == "removed":
        public["removal"] = "unclear"
    return told_in(f"paper.{what}", AT, public, role)


def told(entries: Sequence[Entry]) -> Shelf:
    """Tell a story, in which the chairs of each request have declared that they are not related."""
    shelf = Shelf()
    for index, one in enumerate(entries):
        step(shelf, index, one)
        if one.type == "fund_request.submitted":
            case = shelf.cases[one.text("reference")]
            unrelated = case.unrelated | (UNRELATED - case.related)
            shelf.cases[case.reference] = replace(case, unrelated=unrelated)
    return shelf
