"""Making the papers that were asked for: taken up, told, pressed on every core, issued.

A paper and the end of its job are one transaction: whatever is killed, it is issued once or not at
all, and whoever takes the job up next begins anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal.errors import N_
from portal.errors import RuleError
from portal.errors import StaleError
from portal.funds.decision_sheet import decision_sheet
from portal.funds.documents import DocumentKind
from portal.funds.issuing import PAPER_JOB
from portal.funds.issuing import Paper
from portal.funds.issuing import begin_document
from portal.funds.issuing import issue_document
from portal.funds.sheet_issuing import SheetPaper
from portal.funds.sheet_issuing import begin_sheet
from portal.funds.sheet_issuing import issue_sheet
from portal.funds.sheet_issuing import issued_already
from portal.funds.sheet_rules import SheetKind
from portal.jobs import service as jobs
from portal.jobs.bench import Bench
from portal.jobs.bench import Clock
from portal.jobs.bench import asker
from portal.jobs.service import Held
from portal.papers import Order
from portal.papers import make_papers
from portal.payments.sheet_table import TELL
from portal.press import PressStoppedError
from portal.roles import Actor
from portal.thai import bangkok_day

# So many papers are told ahead; each is issued as soon as it is made.
AT_ONCE = 16
TOLD = 1


class NotPrintedError(RuleError):
    """The process that makes papers ended, or the disk took no more."""

    def __init__(self) -> None:
        super().__init__(N_("The paper could not be printed. The worker's own log says more."))


@dataclass(frozen=True, slots=True)
class Begun:
    """A paper that is told and not yet made, and what records it once it is."""

    held: Held
    order: Order
    issue: Callable[[Session, bytes], str]


@dataclass(frozen=True, slots=True)
class Printer:
    """One worker's press: the database, what services find beside it, where papers are checked."""

    engine: Engine
    info: dict[str, Any]  # as `writing` takes it
    base_url: str
    clock: Clock

    @property
    def _bench(self) -> Bench:
        return Bench(self.engine, self.info, PAPER_JOB, self.clock)

    def round(self) -> int:
        """Make every paper that waits; return how many were made."""
        return sum(self._make(held) for held in self._bench.rounds(AT_ONCE))

    def _make(self, held: Sequence[Held]) -> int:
        ahead: Counter[SheetKind] = Counter()
        begun = [one for one in (self.tell(each, ahead) for each in held) if one is not None]
        made = 0
        papers = make_papers((one.order for one in begun), base_url=self.base_url)
        try:
            for one, paper in zip(begun, papers, strict=True):
                made += self.issue(one, paper.content)
        except (PressStoppedError, OSError):
            for one in begun:
                self._bench.end(one.held, partial(jobs.fail_job, error=NotPrintedError()))
        return made

    def tell(self, held: Held, ahead: Counter[SheetKind]) -> Begun | None:
        """Tell a paper; return none where the job has ended, or is another worker's."""
        with self._bench.refusing(held), self._bench.writing() as session:
            begun = begin(session, held, ahead=ahead, at=self.clock())
            if not isinstance(begun, str):
                jobs.note_step(session, held, done=TOLD)
                return begun
            jobs.finish_job(session, held, begun)
        return None

    def issue(self, begun: Begun, content: bytes) -> bool:
        """Issue a paper that was made, and end its job; say whether it was issued."""
        held = begun.held
        with self._bench.refusing(held):
            try:
                with self._bench.writing() as session:
                    jobs.finish_job(session, held, begun.issue(session, content))
            except StaleError:
                self._bench.end(held, jobs.put_back)
            else:
                return True
        return False


def begin(session: Session, held: Held, *, ahead: Counter[SheetKind], at: datetime) -> Begun | str:
    """Tell a paper that was asked for, or return what there is already that tells just this."""
    kind, about = held.asked["paper"], held.asked["about"]
    by = asker(session, held, at)
    if kind in set(DocumentKind):
        return _begin_document(session, held, by, at)
    which = SheetKind(kind)
    matter = TELL[which](session, about, by, bangkok_day(at))
    if (earlier := issued_already(session, which, matter)) is not None:
        return f"sheet:{earlier.id}"
    paper = begin_sheet(session, which, matter, ahead=ahead[which], by=by, at=at)
    ahead[which] += paper.number == 1
    return Begun(held, Order(which, paper), partial(_issue_sheet, about=about, paper=paper))


def _begin_document(session: Session, held: Held, by: Actor, at: datetime) -> Begun:
    kind = DocumentKind(held.asked["paper"])
    request_id = int(held.asked["about"])
    paper = begin_document(session, request_id, kind, decision_sheet, by=by, at=at)
    return Begun(held, Order(kind, paper), partial(_issue_document, paper=paper))


def _issue_document(session: Session, content: bytes, *, paper: Paper) -> str:
    return f"document:{issue_document(session, paper, content).id}"


def _issue_sheet(session: Session, content: bytes, *, about: str, paper: SheetPaper) -> str:
    """Issue a paper as long as it tells how things stand now."""
    matter = TELL[paper.kind](session, about, paper.by, bangkok_day(paper.at))
    return f"sheet:{issue_sheet(session, paper, matter, content).id}"
