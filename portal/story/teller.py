"""The teller: lets many lives go on side by side, each act in its turn of the year."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from datetime import timedelta
from heapq import heappop
from heapq import heappush
from itertools import count

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import db
from portal.db import writing
from portal.funds.drafting import RequestAnswer
from portal.install import Install
from portal.people.models import Person
from portal.people.queries import as_actor
from portal.roles import Actor
from portal.roles import Role
from portal.story.bank import Bank
from portal.story.book import Book
from portal.story.days import Days
from portal.thai import bangkok_day
from portal.thai import long_day

Say = Callable[[str], None]
# What happens to somebody or something: it does what is next, and yields when it goes on.
Life = Iterator[datetime]
_ONE_ACT = timedelta(seconds=20)
# By this day of a month somebody has done something in it.
_BEGUN = 6


@dataclass
class Teller:
    """Tells the book: `session` is the day's transaction, and what is written down by key.

    `gathered` are the payments that wait for the batch of their day.
    """

    install: Install
    book: Book
    days: Days
    say: Say
    bank: Bank = field(default_factory=Bank)
    youths: dict[str, int] = field(default_factory=dict)
    answers: dict[int, RequestAnswer] = field(default_factory=dict)
    gathered: list[int] = field(default_factory=list)
    session: Session = field(init=False)

    def __post_init__(self) -> None:
        """Begin with the founding; nothing waits yet."""
        self._at = self.days.begins_at
        self._waiting: list[tuple[datetime, int, Life]] = []
        self._numbers = count()
        self._month, self._is_begun = "", True
        self._people: Sequence[Person] = ()

    @property
    def at(self) -> datetime:
        """Return the present moment of the story."""
        return self._at

    def tick(self) -> datetime:
        """Return the moment of the next act: a little later than the last, never in the future."""
        self._at = min(self._at + _ONE_ACT, self.days.ends_at)
        return self._at

    def begin(self, life: Life) -> None:
        """Let a life begin; it says itself when its first act is due."""
        due = next(life, None)
        # What would come after today is not told.
        if due is not None and due <= self.days.ends_at:
            heappush(self._waiting, (max(due, self._at), next(self._numbers), life))

    def tell(self, lives: Iterable[Life]) -> None:
        """Tell these lives and all that begin within them, day by day; publish month by month."""
        for life in lives:
            self.begin(life)
        while self._waiting:
            self._turn_page(self._waiting[0][0])
            with writing(db.engine, self.install.session_info()) as self.session:
                self._tell_day()

    def _tell_day(self) -> None:
        """Tell what happens on one day, in one transaction."""
        active = select(Person).where(Person.is_active).order_by(Person.id)
        self._people = self.session.scalars(active).all()
        today = bangkok_day(self._waiting[0][0])
        while self._waiting and bangkok_day(self._waiting[0][0]) == today:
            moment, _number, life = heappop(self._waiting)
            self._at = max(self._at, moment)
            self.begin(life)

    def _turn_page(self, moment: datetime) -> None:
        day = bangkok_day(moment)
        month = long_day(day, "en").partition(" ")[2]
        is_new = month != self._month
        # Once more when a month has begun: only then does the log say that the last one is over.
        if self._month and (is_new or (not self._is_begun and day.day > _BEGUN)):
            self.install.publish(db.engine)
            self._is_begun = not is_new
        if is_new:
            self._month = month
            self.say(month)

    def actor(self, username: str) -> Actor:
        """Return somebody by name, as they may act now."""
        person = next(one for one in self._people if one.username == username)
        return as_actor(person, on=bangkok_day(self._at))

    def actor_of(self, person_id: int) -> Actor:
        """Return somebody by number, as they may act now."""
        person = self.session.get_one(Person, person_id)
        return as_actor(person, on=bangkok_day(self._at))

    def holders(self, role: Role, subcommittee: str | None = None) -> Sequence[Actor]:
        """Return those who hold a role today; who acts for a chair comes before the chair."""
        today = bangkok_day(self._at)
        found = [as_actor(person, on=today) for person in self._people]
        held = [actor for actor in found if actor.holds(role, subcommittee, on=today)]
        return sorted(held, key=lambda actor: subcommittee in actor.chairs)
