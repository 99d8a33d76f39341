"""The papers that people attach to a fund request: which kinds, who may, and until when."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from enum import StrEnum

from portal.errors import N_
from portal.errors import NotFoundError
from portal.errors import RuleError
from portal.funds.rules import ASKERS
from portal.funds.rules import Action
from portal.funds.rules import Duty
from portal.funds.rules import RoleNeededError
from portal.funds.rules import State
from portal.funds.rules import keep_apart
from portal.roles import Actor
from portal.roles import Role

# More than any request needs; it keeps one request from filling the disk.
PAPERS_MAX = 40
FILE_NAME_LENGTH_MAX = 120


class PaperKind(StrEnum):
    """What an attached paper shows."""

    CONSENT = "consent"
    ACCOUNT_PAGE = "account_page"
    ID_CARD = "id_card"
    CERTIFICATE = "certificate"
    QUOTATION = "quotation"
    PHOTO = "photo"
    OTHER = "other"


class Removal(StrEnum):
    """Why a paper was taken off again."""

    NOT_OF_REQUEST = "not_of_request"
    UNCLEAR = "unclear"
    REPLACED = "replaced"
    NOT_NEEDED = "not_needed"


# Who may attach in which state of the request. A finder may do so to their own requests alone.
ATTACHERS: Mapping[State, frozenset[Role]] = {
    State.DRAFT: ASKERS,
    State.RETURNED: ASKERS,
    State.SUBMITTED: frozenset({Role.OFFICER}),
}
REMOVABLE = frozenset({State.DRAFT, State.RETURNED})


class PapersClosedError(RuleError):
    """The request has come too far for papers to be attached or taken off."""

    def __init__(self, state: State) -> None:
        super().__init__(
            N_("The papers of this request stay as they are: it is {state} now."), state=state
        )
        self.state = state


class PaperThereError(RuleError):
    """The request has this very paper already."""

    def __init__(self) -> None:
        super().__init__(N_("This paper is attached to the request already."))


class TooManyPapersError(RuleError):
    """One request holds no more papers."""

    def __init__(self) -> None:
        super().__init__(
            N_("A request holds at most {most} papers. Put several into one PDF."), most=PAPERS_MAX
        )


class PaperUnknownError(NotFoundError):
    """The request has no such paper, or not any more."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such paper."))


def attaching_role(
    state: State, by: Actor, *, requester_id: int, duties: Mapping[int, Duty]
) -> Role:
    """Return the role in which this person attaches a paper now, or raise the rule against it.

    Whoever attaches papers is one of those who ask: it is not for who decided or paid.
    """
    attachers = ATTACHERS.get(state)
    if attachers is None:
        raise PapersClosedError(state)
    keep_apart(duties, Duty.ASK, Action.SUBMIT, by)
    if by.holds(Role.OFFICER):
        return Role.OFFICER
    if by.person_id == requester_id and attachers & by.roles:
        return Role.FINDER
    raise RoleNeededError(attachers)


def removing_role(
    state: State, by: Actor, *, requester_id: int, duties: Mapping[int, Duty]
) -> Role:
    """Return the role in which this person takes a paper off now, or raise the rule against it."""
    if state not in REMOVABLE:
        raise PapersClosedError(state)
    return attaching_role(state, by, requester_id=requester_id, duties=duties)


def tidy_name(name: str) -> str:
    """Return a file's name without its folders and without signs that nobody types; never empty."""
    last = name.replace("\\", "/").rpartition("/")[2]
    seen = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C")
    stem, dot, ending = " ".join(seen.split()).strip(". ").rpartition(".")
    whole = f"{stem[: FILE_NAME_LENGTH_MAX - len(ending) - 1]}{dot}{ending}"
    return whole[:FILE_NAME_LENGTH_MAX] or "-"
