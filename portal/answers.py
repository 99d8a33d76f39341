"""Every answer: a line of the journal when it is sent, and figures of how many and how long.

It tells the view's name and never the address, which may name a request or hold what was searched.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from collections.abc import Iterator
from secrets import token_hex
from time import perf_counter
from typing import TYPE_CHECKING
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client import Counter
from prometheus_client import Gauge
from prometheus_client import Histogram
from sqlalchemy import Engine
from sqlalchemy import event

from portal.journal import EVENTS
from portal.journal import REQUEST_ID

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIApplication
    from _typeshed.wsgi import WSGIEnvironment

LOGGER = logging.getLogger("portal.answers")
# What a proxy may call a request: enough signs to be its own, and none that means anything.
THEIR_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
# An answer that nothing has begun yet is what a server then makes of it.
NOT_BEGUN = 500


class Figures:
    """What is counted of the answers of one process."""

    def __init__(self) -> None:
        # Who reads them reads the files of all processes, see `portal/metrics.py`.
        registry = CollectorRegistry()
        self.answers = Counter("portal_answers", "Answers.", ("view", "status"), registry=registry)
        self.seconds = Histogram(
            "portal_answer_seconds",
            "How long answers took until their last byte.",
            ("view",),
            buckets=SECONDS,
            registry=registry,
        )
        self.events = Counter(
            "portal_security_events",
            "Lines of what concerns safety.",
            ("event",),
            registry=registry,
        )
        self.in_flight = Gauge(
            "portal_answers_in_flight",
            "Requests that are being answered.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self.connections = Gauge(
            "portal_database_connections_in_use",
            "Connections to the database that are in use.",
            registry=registry,
            multiprocess_mode="livesum",
        )

    def watch(self, engine: Engine) -> None:
        """Count the connections of an engine that are in use."""
        event.listen(engine, "checkout", lambda *_: self.connections.inc())
        event.listen(engine, "checkin", lambda *_: self.connections.dec())


class Answers:
    """Stands before the app and sees every answer go out, to its last byte."""

    def __init__(self, app: WSGIApplication, figures: Figures, *, is_behind_proxy: bool) -> None:
        self._app = app
        self._figures = figures
        self._is_behind_proxy = is_behind_proxy

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Give the request a name, and pass it on."""
        name = environ[REQUEST_ID] = self._name(environ.get("HTTP_X_REQUEST_ID", ""))
        answer = Answer(environ, self._figures)

        def begin(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            # The types of `exc_info` and of what is returned are WSGI's own affair.
            answer.begin(int(status[:3]))
            return start(status, [*headers, ("X-Request-Id", name)], exc_info)

        try:
            return Sent(self._app(environ, begin), answer)
        except BaseException:
            answer.end()
            raise

    def _name(self, given: str) -> str:
        is_theirs = self._is_behind_proxy and THEIR_ID.fullmatch(given)
        return given if is_theirs else token_hex(8)


class Answer:
    """One answer on its way."""

    def __init__(self, environ: WSGIEnvironment, figures: Figures) -> None:
        self.status = NOT_BEGUN
        self.view = "none"
        self.bytes = 0
        self._environ = environ
        self._figures = figures
        self._begun = perf_counter()
        figures.in_flight.inc()

    def begin(self, status: int) -> None:
        """Keep its status, and whose answer it is: afterwards nobody knows of the request."""
        self.status = status
        request = self._environ.get("werkzeug.request")
        self.view = (request and request.endpoint) or "none"

    def end(self) -> None:
        """Tell of it, once it is sent or broken off."""
        seconds = perf_counter() - self._begun
        self._figures.in_flight.dec()
        self._figures.answers.labels(self.view, self.status).inc()
        self._figures.seconds.labels(self.view).observe(seconds)
        for name in self._environ.get(EVENTS, ()):
            self._figures.events.labels(name).inc()
        facts = {
            "request_id": self._environ[REQUEST_ID],
            "view": self.view,
            "status": self.status,
            "milliseconds": round(seconds * 1000),
            "bytes": self.bytes,
        }
        LOGGER.info("answered", extra={"facts": facts})


class Sent:
    """The pieces of an answer, counted; a server closes it when all are sent or nobody listens."""

    def __init__(self, pieces: Iterable[bytes], answer: Answer) -> None:
        self._pieces = iter(pieces)
        self._close = getattr(pieces, "close", None)
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece = next(self._pieces)
        self._answer.bytes += len(piece)
        return piece

    def close(self) -> None:
        """Let go of the pieces, and tell of the answer."""
        try:
            if self._close:
                self._close()
        finally:
            self._answer.end()
