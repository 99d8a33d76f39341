"""The papers that the portal issues about a fund request: when each is made, and by whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from portal.errors import N_
from portal.errors import RuleError
from portal.funds.rules import RoleNeededError
from portal.funds.rules import State
from portal.roles import Actor
from portal.roles import Role


class DocumentKind(StrEnum):
    """What a paper is. Each kind has a template `templates/pdf/<kind>.html`."""

    DECISION = "decision"


@dataclass(frozen=True, slots=True)
class Terms:
    """In which states of the request a paper is made, and who issues it.

    Somebody who holds several of the roles issues it in the first of them.
    """

    states: frozenset[State]
    issuers: tuple[Role, ...]


TERMS: Mapping[DocumentKind, Terms] = {
    DocumentKind.DECISION: Terms(
        states=frozenset({State.APPROVED, State.REJECTED, State.CLOSED}),
        issuers=(Role.OFFICER, Role.CHAIR, Role.TREASURER),
    ),
}


class DocumentTooEarlyError(RuleError):
    """The request has not come to what the paper would tell."""

    def __init__(self, kind: DocumentKind, state: State) -> None:
        super().__init__(
            N_("“{document}” cannot be made: the request is {state} now."),
            document=kind,
            state=state,
        )
        self.state = state


def issuing_role(kind: DocumentKind, state: State, by: Actor, *, subcommittee: str) -> Role:
    """Return the role in which this person issues a paper now, or raise the rule against it."""
    terms = TERMS[kind]
    if state not in terms.states:
        raise DocumentTooEarlyError(kind, state)
    role = next((role for role in terms.issuers if by.holds(role, subcommittee)), None)
    if role is None:
        raise RoleNeededError(terms.issuers, subcommittee=subcommittee)
    return role


def kinds_to_issue(state: State, by: Actor, *, subcommittee: str) -> list[DocumentKind]:
    """Return the papers that this person may issue now."""
    return [
        kind
        for kind, terms in TERMS.items()
        if state in terms.states and any(by.holds(role, subcommittee) for role in terms.issuers)
    ]
