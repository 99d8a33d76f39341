"""The fold of papers: issued by the portal, attached by those who ask."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import replace

from portal.audit.entry import Entry
from portal.errors import N_
from portal.funds.attachments import ATTACHERS
from portal.funds.attachments import PaperKind
from portal.funds.documents import TERMS
from portal.funds.documents import DocumentKind
from portal.funds.rules import State
from portal.funds.sheet_rules import TERMS as SHEET_TERMS
from portal.funds.sheet_rules import SheetKind
from portal.publishing.folding import GRANTED
from portal.publishing.folding import FoldError
from portal.publishing.folding import apart
from portal.publishing.folding import case_at
from portal.publishing.shelf import Shelf
from portal.publishing.shelf import Status
from portal.roles import Role

# paper -> where a request stands when it is issued
_ISSUED_WHEN: Mapping[str, tuple[Status, ...]] = {
    DocumentKind.DECISION: (*GRANTED, Status.REJECTED),
}


def _issued(shelf: Shelf, index: int, entry: Entry) -> None:
    kind = entry.text("document")
    if kind not in _ISSUED_WHEN or entry.number("number") == 0:
        raise FoldError(index, N_("{document} is no paper of this portal"), document=kind)
    if entry.role not in TERMS[DocumentKind(kind)].issuers:
        raise FoldError(index, N_("{role} issues no such paper"), role=entry.role)
    case = case_at(shelf, index, entry, *_ISSUED_WHEN[kind])
    shelf.cases[case.reference] = case


def _sheet_issued(_shelf: Shelf, index: int, entry: Entry) -> None:
    """Check a paper of the worker; it changes no figure, whatever it is about."""
    kind = entry.text("document")
    if kind not in {*SHEET_TERMS} or entry.number("number") == 0:
        raise FoldError(index, N_("{document} is no paper of this portal"), document=kind)
    if entry.role not in SHEET_TERMS[SheetKind(kind)].issuers:
        raise FoldError(index, N_("{role} issues no such paper"), role=entry.role)


# where a request stands when a paper is attached -> who attaches it
_ATTACHED_BY: Mapping[Status, frozenset[Role]] = {
    Status.SUBMITTED: ATTACHERS[State.SUBMITTED],
    Status.RETURNED: ATTACHERS[State.RETURNED],
}


def _attached(shelf: Shelf, index: int, entry: Entry) -> None:
    kind = entry.text("paper")
    if kind not in set(PaperKind):
        raise FoldError(index, N_("{document} is no paper of this portal"), document=kind)
    if entry.public["reference"] is None:
        _attaches(index, entry, ATTACHERS[State.DRAFT])
        return
    is_removal = entry.type == "paper.removed"
    case = case_at(shelf, index, entry, *([Status.RETURNED] if is_removal else _ATTACHED_BY))
    _attaches(index, entry, _ATTACHED_BY[case.status])
    party = entry.text("party")
    apart(index, party, case.deciders)
    shelf.cases[case.reference] = replace(case, askers=case.askers | {party})


def _attaches(index: int, entry: Entry, roles: frozenset[Role]) -> None:
    if entry.role not in roles:
        raise FoldError(index, N_("{role} attaches no paper now"), role=entry.role)


TELLS: Mapping[str, Callable[[Shelf, int, Entry], None]] = {
    "document.issued": _issued,
    "sheet.issued": _sheet_issued,
    "paper.attached": _attached,
    "paper.removed": _attached,
}
