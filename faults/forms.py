"""What people and strangers do to the pages: at once, twice, too slowly."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any

from sqlalchemy import text

from faults import bugs
from faults.browser import Answer
from faults.browser import Browser
from faults.browser import UnansweredError
from faults.rounds import Fault
from faults.rounds import Round
from faults.rounds import Work
from portal.db import THREADS
from tests.conftest import PASSWORD

AT_ONCE = 8
STRANGERS = 60
# A body holds a thread until it is whole; as many as there are threads only a proxy keeps out.
BODIES = THREADS - 4
SERVED_WITHIN = 5.0


def at_once(acts: Iterable[Callable[[], Answer]]) -> list[Answer]:
    """Do all of this at the same moment; return the answers that came."""
    acts, answers = [*acts], list[Answer]()
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], Answer]) -> None:
        start.wait()
        try:
            answers.append(act())
        except UnansweredError:
            return

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def pay_at_once(trial: Round) -> list[str]:
    """Two treasurers pay the same at the same moment: the same request, payment, batch."""
    with trial.at_work() as work:
        port, cast = work.site.port, work.site.cast
        anong, prasit, phailin = (Browser(port).sign_in(n) for n in ("anong", "prasit", "phailin"))
        for request_id, version in cast["approved"][:AT_ONCE]:
            pick = f"{request_id}-{version}"
            answers = at_once(
                _asking(one, "/treasury/prepare", pick=pick) for one in (anong, prasit, anong)
            )
            prepared = [answer.prepared for answer in answers if answer.prepared]
            _once(work, f"request {request_id} prepared", len(prepared))
            for payment_id in prepared:
                work.told.note("payment", payment_id, "prepared")
        for payment_id, version in cast["released"][:AT_ONCE]:
            path = f"/treasury/payments/{payment_id}/send"
            answers = at_once(
                _asking(one, path, seen_version=version) for one in (prasit, phailin, prasit)
            )
            _once(work, f"payment {payment_id} sent", _done(answers))
            work.told.note("payment", payment_id, "sent")
        _pay_out_of_batches(work, prasit, phailin)
        work.treasury.forget(AT_ONCE)
        return work.judge()


def _pay_out_of_batches(work: Work, prasit: Browser, phailin: Browser) -> None:
    """One treasurer releases a batch while another releases a payment of it alone."""
    for batch_id, version in work.site.cast["batches"][:4]:
        payment_id = _payment_in(work, batch_id)
        again = {"password": PASSWORD}
        answers = at_once(
            [
                _asking(
                    prasit, f"/treasury/batches/{batch_id}/release", seen_version=version, **again
                ),
                _asking(
                    phailin, f"/treasury/payments/{payment_id}/release", seen_version=1, **again
                ),
            ]
        )
        _once(work, f"payment {payment_id} of a batch released", _done(answers))
        if _asked(work, "SELECT state FROM payment_batch WHERE id = :id", batch_id) == "open":
            work.troubles.append(f"payment {payment_id} was released, and its batch was not")


def _payment_in(work: Work, batch_id: int) -> int:
    return int(_asked(work, "SELECT id FROM payment WHERE batch_id = :id", batch_id))


def _asked(work: Work, question: str, number: int) -> Any:  # what stands there
    with work.site.engine_here() as engine, engine.connect() as connection:
        return connection.execute(text(question), {"id": number}).scalar_one()


def _asking(browser: Browser, path: str, **fields: object) -> Callable[[], Answer]:
    return lambda: browser.ask("POST", path, **fields)


def _done(answers: list[Answer]) -> int:
    return sum(answer.is_done for answer in answers)


def _once(work: Work, what: str, count: int) -> None:
    if count != 1:
        work.troubles.append(f"{what}: {count} times, not once")


def dawdle(trial: Round) -> list[str]:
    """Strangers open connections and say a word a second; others must still be served."""
    with trial.at_work() as work, ExitStack() as ends:
        lines = [ends.enter_context(_connected(work.site.port)) for _ in range(STRANGERS)]
        for number, line in enumerate(lines):
            line.sendall(HALF_A_BODY if number < BODIES else HALVES[number % len(HALVES)])
        slow = ""
        with work.treasury.at_work():
            for _ in range(4):
                began = time.monotonic()
                try:
                    Browser(work.site.port).ask("GET", "/healthz")
                except UnansweredError:
                    slow = "no answer at all"
                slow = slow or _too_slow(time.monotonic() - began)
                for line in lines:
                    _say(line, b"x")
                time.sleep(0.5)
        if slow:
            work.troubles.append(f"beside slow strangers: {slow}")
        return work.judge()


# A request that is never finished: in its first line, in a header, in its body.
HALVES = (b"GET /requests HT", b"GET / HTTP/1.1\r\nHost: portal\r\nX-Slow: ")
HALF_A_BODY = (
    b"POST /sign-in HTTP/1.1\r\nHost: portal\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 1000\r\n\r\nusername="
)


def _connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=SERVED_WITHIN)


def _say(line: socket.socket, word: bytes) -> None:
    try:
        line.sendall(word)
    except OSError:
        return  # the server hung up, as it may


def _too_slow(seconds: float) -> str:
    return f"{seconds:.1f} s for one page" if seconds > SERVED_WITHIN else ""


TWICE = Fault("twice", pay_at_once, plants=bugs.TWICE, short=1)
SLOW = Fault("slow", dawdle, plants=bugs.SLOW, rounds=3)
