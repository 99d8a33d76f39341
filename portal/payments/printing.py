"""Making the papers that were asked for: taken up, told, pressed on every core, issued.

A paper and the end of its job are one transaction: whatever is killed, it is issued once or not at
all, and whoever takes the job up next begins anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import AbstractContextManager
from contextlib import contextmanager
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Event
from threading import Thread
from typing import Any
from typing import TypeAlias

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal.db import writing
from portal.errors import N_
from portal.errors import PortalError
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
from portal.jobs.queries import is_asked
from portal.jobs.rules import BEAT_SECONDS
from portal.jobs.service import Held
from portal.papers import Order
from portal.papers import make_papers
from portal.payments.sheet_table import TELL
from portal.people.models import Person
from portal.people.queries import NoSuchPersonError
from portal.people.queries import as_actor
from portal.press import PressStoppedError
from portal.roles import Actor
from portal.thai import bangkok_day

# So many papers are told ahead; each is issued as soon as it is made.
AT_ONCE = 16
TOLD = 1
Clock: TypeAlias = Callable[[], datetime]


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

    def round(self) -> int:
        """Make every paper that waits; return how many were made."""
        # Most rounds find nothing, and then nobody who writes waits for them.
        with Session(self.engine) as session:
            if not is_asked(session, PAPER_JOB, at=self.clock()):
                return 0
        with self._writing() as session:
            jobs.bury_jobs(session, at=self.clock())
        made = 0
        while held := self._claimed():
            with self._beating(held):
                made += self._make(held)
        return made

    def _writing(self) -> AbstractContextManager[Session]:
        return writing(self.engine, self.info)

    def _claimed(self) -> Sequence[Held]:
        with self._writing() as session:
            return jobs.claim_jobs(session, PAPER_JOB, count=AT_ONCE, at=self.clock())

    @contextmanager
    def _beating(self, held: Sequence[Held]) -> Iterator[None]:
        """Say every now and then that this worker lives, as long as it works."""
        is_over = Event()
        heart = Thread(target=self._beat, args=(held, is_over), daemon=True)
        heart.start()
        try:
            yield
        finally:
            is_over.set()
            heart.join()

    def _beat(self, held: Sequence[Held], is_over: Event) -> None:
        while not is_over.wait(BEAT_SECONDS):
            # One beat may be missed: a lease is several of them long.
            with suppress(OperationalError), self._writing() as session:
                jobs.beat(session, held, at=self.clock())

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
                self._end(one.held, partial(jobs.fail_job, error=NotPrintedError()))
        return made

    def tell(self, held: Held, ahead: Counter[SheetKind]) -> Begun | None:
        """Tell a paper; return none where the job has ended, or is another worker's."""
        try:
            with self._writing() as session:
                begun = begin(session, held, ahead=ahead, at=self.clock())
                if isinstance(begun, str):
                    jobs.finish_job(session, held, begun)
                    return None
                jobs.note_step(session, held, done=TOLD)
                return begun
        except PortalError as refusal:
            self._end(held, partial(jobs.bury_job, error=refusal))
            return None
        except jobs.JobLostError:
            # Another worker took it up meanwhile, and found the same paper.
            return None

    def issue(self, begun: Begun, content: bytes) -> bool:
        """Issue a paper that was made, and end its job; say whether it was issued."""
        held = begun.held
        try:
            with self._writing() as session:
                jobs.finish_job(session, held, begun.issue(session, content))
        except StaleError:
            self._end(held, jobs.put_back)
        except PortalError as refusal:
            self._end(held, partial(jobs.bury_job, error=refusal))
        except jobs.JobLostError:
            # Another worker took it up meanwhile, and nothing of this one's is kept.
            return False
        else:
            return True
        return False

    def _end(self, held: Held, act: Callable[..., None]) -> None:
        """Note how a job ended without a paper, unless it is another worker's or done already."""
        with suppress(jobs.JobLostError), self._writing() as session:
            act(session, held, at=self.clock())


def begin(session: Session, held: Held, *, ahead: Counter[SheetKind], at: datetime) -> Begun | str:
    """Tell a paper that was asked for, or return what there is already that tells just this."""
    kind, about = held.asked["paper"], held.asked["about"]
    by = _asker(session, held, at)
    if kind in set(DocumentKind):
        return _begin_document(session, held, by, at)
    which = SheetKind(kind)
    matter = TELL[which](session, about, by, bangkok_day(at))
    if (earlier := issued_already(session, which, matter)) is not None:
        return f"sheet:{earlier.id}"
    paper = begin_sheet(session, which, matter, ahead=ahead[which], by=by, at=at)
    ahead[which] += paper.number == 1
    return Begun(held, Order(which, paper), partial(_issue_sheet, about=about, paper=paper))


def _asker(session: Session, held: Held, at: datetime) -> Actor:
    """Return who asked, with the roles held now."""
    person = session.get_one(Person, held.by_id)
    if not person.is_active:
        raise NoSuchPersonError
    return as_actor(person, on=bangkok_day(at))


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
