"""Public pages read from a replica as long as it answers and is not too old, else from the primary.

A page whose replica fails in the middle of it is made again from the primary: it only reads.
How old it is the published position tells: what the primary shows, a replica shows a little later.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from threading import Lock

from flask import Flask
from flask import current_app
from flask import request
from flask.typing import ResponseReturnValue
from sqlalchemy import Engine
from sqlalchemy import create_engine
from sqlalchemy import make_url
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import OperationalError

from config import Settings
from portal import time_limit
from portal.db import READS_FROM
from portal.db import db
from portal.db import engine_options
from portal.db import prepare
from portal.security import public

# It is looked at so often, by whichever page comes then.
LOOK_SECONDS = 1.0
# A host that is gone says nothing at all.
CONNECT_SECONDS = 2
# Whether the portal can do its work is asked of the primary.
HEALTH = "public.health"
AWAY = "Public pages read from the primary: the replica does not answer."
OLD = "Public pages read from the primary: the replica is too far behind."
FIT = "Public pages read from the replica again."

Position = tuple[int, ...]


@dataclass
class Replica:
    """What is known of the replica; `say` is told once whenever that changes."""

    engine: Engine
    primary: Engine
    seconds_max: float
    say: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    # What the primary showed, since when, and the replica did not show so far.
    _ahead: deque[tuple[float, Position]] = field(default_factory=deque, init=False)
    _looked_at: float = field(default=float("-inf"), init=False)
    _verdict: str = field(default="", init=False)
    _looking: Lock = field(default_factory=Lock, init=False)

    def is_fit(self) -> bool:
        """Say whether pages may read from it; no page waits for another one's look."""
        at = self.clock()
        if at - self._looked_at >= LOOK_SECONDS and self._looking.acquire(blocking=False):
            try:
                self._looked_at = at
                self._judge(self._look(at))
            finally:
                self._looking.release()
        return self._verdict == FIT

    def lose(self) -> None:
        """Take note that it did not answer a page."""
        self._judge(AWAY)

    def _look(self, at: float) -> str:
        try:
            there = _position(self.engine)
        except DBAPIError:
            return AWAY
        try:
            here = _position(self.primary)
        except OperationalError:
            # Nothing newer is to be had.
            return FIT
        return OLD if self._is_old(at, here, there) else FIT

    def _is_old(self, at: float, here: Position, there: Position) -> bool:
        """Say whether the primary showed something for too long that the replica does not show."""
        self._ahead.append((at, here))
        while self._ahead and self._ahead[0][1] <= there:
            self._ahead.popleft()
        # Of all that is too old the newest says enough.
        while len(self._ahead) > 1 and at - self._ahead[1][0] > self.seconds_max:
            self._ahead.popleft()
        return bool(self._ahead) and at - self._ahead[0][0] > self.seconds_max

    def _judge(self, verdict: str) -> None:
        # That it is fit from the start is no news.
        if verdict != self._verdict and (self._verdict or verdict != FIT):
            self.say(verdict)
        self._verdict = verdict


def _position(engine: Engine) -> Position:
    with engine.connect() as connection:
        row = connection.execute(text("SELECT fold_version, size FROM published_position")).first()
    return tuple(row or ())


def attach(app: Flask, settings: Settings) -> None:
    """Let the public pages of this app read from its replica, if it has one."""
    app.extensions["replica"] = None
    if not settings.read_url:
        return
    url = make_url(settings.read_url)
    is_postgresql = url.get_backend_name() == "postgresql"
    engine = create_engine(
        url,
        **engine_options(settings.read_url),
        connect_args={"connect_timeout": CONNECT_SECONDS} if is_postgresql else {},
    )
    prepare(engine)
    time_limit.keep_to_limits(engine)
    app.extensions["replica"] = Replica(
        engine, db.engine, settings.read_seconds, app.logger.warning
    )


@public.before_request
def _read_elsewhere() -> None:
    """Read this page from the replica, when it is fit and a connection is to be had.

    This comes after the time limit, which is set where a transaction begins.
    """
    replica: Replica | None = current_app.extensions["replica"]
    if replica is None or request.blueprint == HEALTH or not replica.is_fit():
        return
    session = db.session()
    session.info[READS_FROM] = replica.engine
    try:
        session.connection()
    except OperationalError:
        _leave(replica)


@public.errorhandler(OperationalError)
def _read_again(error: OperationalError) -> ResponseReturnValue:
    """Make this page again from the primary: the replica went away, or had to cancel a question.

    PostgreSQL cancels one that keeps the replica from following.
    """
    if READS_FROM not in db.session().info:
        raise error
    _leave(current_app.extensions["replica"])
    try:
        return current_app.dispatch_request()
    except Exception as refusal:  # noqa: BLE001 - what it says is the app's to answer
        return current_app.handle_user_exception(refusal)


def _leave(replica: Replica) -> None:
    """Read what is left of this page from the primary."""
    session = db.session()
    session.close()
    del session.info[READS_FROM]
    replica.lose()
