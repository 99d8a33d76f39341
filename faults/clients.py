"""Treasurers who act over HTTP and keep their own list of what the portal told them was done."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from queue import Empty
from queue import SimpleQueue

from faults.browser import Answer
from faults.browser import Browser
from faults.browser import Form
from faults.browser import UnansweredError
from faults.served import Site
from tests.conftest import PASSWORD

LOOKS_EVERY = 0.3
SENDS_EVERY = 0.05


class Acknowledged:
    """What the portal said was done, written down outside before anybody goes on."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a")
        self._lock = threading.Lock()
        self.states: dict[int, str] = {}
        self.batches: set[int] = set()
        self.heads: list[bytes] = []
        self.count = 0
        self.refused: list[str] = []

    def note(self, kind: str, number: int, state: str) -> None:
        """Write down that a payment or a batch has reached a state."""
        with self._lock:
            self._file.write(json.dumps([kind, number, state]) + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())
            self.count += 1
            if kind == "payment":
                self.states[number] = state
            else:
                self.batches.add(number)

    def refuse(self, what: str) -> None:
        """Keep an answer that is neither done nor an error of the portal's."""
        with self._lock:
            self.refused.append(what)


@dataclass(frozen=True, slots=True)
class Wish:
    """A form, and what is true once the portal says that it was done."""

    form: Form
    kind: str
    number: int
    state: str


class Treasury:
    """Four people at work and one who only looks, each in a thread, until told to stop."""

    def __init__(self, site: Site, told: Acknowledged) -> None:
        self._site, self._told = site, told
        self._stop = threading.Event()
        self._sent: SimpleQueue[tuple[int, int]] = SimpleQueue()
        self._lost: SimpleQueue[Wish] = SimpleQueue()
        port = site.port
        self._anong = Browser(port).sign_in("anong")
        self._prasit = Browser(port).sign_in("prasit")
        self._phailin = Browser(port).sign_in("phailin")
        self.fresh(site.cast)

    def forget(self, count: int) -> None:
        """Leave the first of everything to somebody else."""
        for number, _ in self._site.cast["approved"][:count]:
            self._approved.pop(number)
        for waiting in (self._released, self._batches):
            for _ in range(count):
                next(waiting, None)

    def fresh(self, cast: Mapping[str, list[list[int]]]) -> Treasury:
        """Begin again with everything there was to act on; returns itself."""
        self._released, self._batches = iter(cast["released"]), iter(cast["batches"])
        self._approved = dict[int, int](map(_pair, cast["approved"]))
        return self

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Let everybody act meanwhile; an error of ours is raised at the end."""
        self._stop.clear()
        failed: list[BaseException] = []

        def run(act: Callable[[], bool]) -> None:
            try:
                while not self._stop.is_set():
                    if not act():
                        time.sleep(0.05)
            except BaseException as error:  # noqa: BLE001 - raised again below
                failed.append(error)

        acts = (self.prepare, self.send, self.confirm, self.release_batch, self.look)
        threads = [threading.Thread(target=run, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()
        for error in failed:
            raise error

    def prepare(self) -> bool:
        """Prepare a payment and cancel it again: the same request the whole day."""
        if not self._approved:
            return False
        request_id, version = next(iter(self._approved.items()))
        # Until it is answered, nobody knows which version its page has.
        del self._approved[request_id]
        form = Form(self._anong, "/treasury/prepare", {"pick": f"{request_id}-{version}"})
        answer = self._ask(form)
        if answer is None or not answer.prepared:
            self._told.refuse(f"prepare: {answer and answer.status}")
            return False
        payment_id = answer.prepared
        self._told.note("payment", payment_id, "prepared")
        path = f"/treasury/payments/{payment_id}/void"
        form = Form(self._anong, path, {"seen_version": 1, "note": "again"})
        if self._do(Wish(form, "payment", payment_id, "voided")):
            self._approved[request_id] = version + 2
        return True

    def send(self) -> bool:
        """Send the next released payment."""
        payment_id, version = next(self._released, (0, 0))
        if not payment_id:
            return False
        path = f"/treasury/payments/{payment_id}/send"
        form = Form(self._prasit, path, {"seen_version": version})
        if self._do(Wish(form, "payment", payment_id, "sent")):
            self._sent.put((payment_id, version + 1))
        time.sleep(SENDS_EVERY)
        return True

    def confirm(self) -> bool:
        """Confirm the next payment that was sent."""
        try:
            payment_id, version = self._sent.get(timeout=0.1)
        except Empty:
            return False
        typed = {"seen_version": version, "bank_reference": f"KTB-{payment_id}"}
        form = Form(self._phailin, f"/treasury/payments/{payment_id}/confirm", typed)
        self._do(Wish(form, "payment", payment_id, "confirmed"))
        return True

    def release_batch(self) -> bool:
        """Release the next batch, with the password once more."""
        batch_id, version = next(self._batches, (0, 0))
        if not batch_id:
            return False
        path = f"/treasury/batches/{batch_id}/release"
        form = Form(self._prasit, path, {"seen_version": version, "password": PASSWORD})
        self._do(Wish(form, "batch", batch_id, "released"))
        time.sleep(0.2)
        return True

    def look(self) -> bool:
        """Keep the published checkpoint, as an outsider would."""
        time.sleep(LOOKS_EVERY)
        try:
            answer = self._anong.ask("GET", "/log/checkpoint")
        except UnansweredError:
            return False
        if answer.status == HTTPStatus.OK:
            self._told.heads.append(answer.text.encode())
        return True

    def ask_again(self) -> Iterator[str]:
        """Send every form again that got no answer, with its key: now each is done, and once.

        Give what the portal says of one that it refuses instead.
        """
        while not self._lost.empty():
            wish = self._lost.get()
            answer = self._ask(wish.form)
            if answer and answer.is_done:
                self._told.note(wish.kind, wish.number, wish.state)
            elif answer is None or answer.status != HTTPStatus.TOO_MANY_REQUESTS:
                yield f"{wish.form.path}, sent again with its key: {answer and answer.status}"

    def _do(self, wish: Wish) -> bool:
        """Send a form; note what was done, or that nobody knows, or that it was refused."""
        answer = self._ask(wish.form)
        if answer and answer.is_done:
            self._told.note(wish.kind, wish.number, wish.state)
            return True
        if answer is None or answer.is_unknown:
            self._lost.put(wish)
        self._told.refuse(f"{wish.form.path}: {answer and answer.status}")
        return False

    def _ask(self, form: Form) -> Answer | None:
        """Send a form, after signing in once more if the session is over."""
        try:
            answer = form.send()
            if answer.is_signed_out:
                form.by.sign_in_again()
                answer = form.send()
        except UnansweredError:
            return None
        return answer


def _pair(told: list[int]) -> tuple[int, int]:
    number, version = told
    return number, version
