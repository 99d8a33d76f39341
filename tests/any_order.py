"""Random acts by random people, through the services alone.

Who may not, an old page, and what is not possible now are refused, and leave everything as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from contextlib import AbstractContextManager
from contextlib import ExitStack
from datetime import datetime
from datetime import timedelta
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine
from hypothesis.stateful import invariant
from sqlalchemy import Row
from sqlalchemy.orm import Session

from portal.db import db
from portal.db import writing
from portal.errors import PortalError
from portal.payments.accounts import open_account
from portal.people.queries import actor
from portal.roles import Actor
from tests.any_order_cast import BOTH
from tests.any_order_cast import EVERYBODY
from tests.any_order_cast import Act
from tests.any_order_cast import Tally
from tests.any_order_checks import Deeds
from tests.any_order_checks import Seen
from tests.any_order_checks import check_all
from tests.any_order_checks import check_public
from tests.any_order_checks import seen
from tests.any_order_checks import told_since
from tests.conftest import Portal
from tests.world import ACCOUNT
from tests.world import NOON
from tests.world import World


class House(RuleBasedStateMachine):
    """A province in which anybody tries anything; what holds is checked after every act."""

    def __init__(self, lend: Callable[[], AbstractContextManager[Portal]], tally: Tally) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.portal = self.stack.enter_context(lend())
        self.tally, self.deeds, self.acts, self.days = tally, Deeds(), 0, 0
        with self._writing() as session:
            world = World(session)
            open_account(session, ACCOUNT, by=world.admin, at=NOON)
            for name in BOTH:
                world.everything(name)
            _ = world.krit
            self.people = {name: actor(session, name) for name in EVERYBODY}
        self.now = self._seen()

    def _writing(self) -> AbstractContextManager[Session]:
        return writing(db.engine, self.portal.install.session_info())

    def _seen(self) -> Seen:
        with Session(db.engine) as session:
            return seen(session)

    @property
    def at(self) -> datetime:
        """Every act has a moment of its own."""
        return NOON + timedelta(days=self.days, seconds=self.acts)

    def tried(self, act: Act, do: Callable[[Session, Actor], object]) -> bool:
        """Let somebody try; say whether it was done, and check that the log tells it."""
        self.acts += 1
        before = self.now.counts[0]
        try:
            with self._writing() as session:
                do(session, self.people[act.who])
        except PortalError:
            self.tally.refused[act.name] += 1
            assert self._seen() == self.now
            return False
        self.tally.done[act.name] += 1
        self.now = self._seen()
        assert not act.is_old, "an old page was taken"
        with Session(db.engine) as session:
            assert act.tells in {entry.type for entry in told_since(session, before)}
        return True

    def chosen(self, rows: Sequence[Row[Any]], pick: int, *states: str) -> Row[Any]:
        """Choose a row that is mostly in one of these states."""
        fitting = [row for row in rows if row.state in states]
        among = rows if pick % 7 == 6 or not fitting else fitting
        return among[pick % len(among)]

    def did(self, duties: dict[int, set[int]], request_id: int, who: str) -> None:
        duties.setdefault(request_id, set()).add(self.people[who].person_id)

    def paid(self, payment: Row[Any], action: str, who: str) -> None:
        self.did(self.deeds.paid, payment.fund_request_id, who)
        self.deeds.step("payment", payment.id, action, self.people[who].person_id)

    @invariant()
    def everything_holds(self) -> None:
        check_all(self.now, self.deeds)

    def teardown(self) -> None:
        """Publish, verify, and compare the public's telling with the books."""
        with self.stack:
            self.portal.install.publish(db.engine)
            with Session(db.engine) as session:
                check_public(session, self.now)
