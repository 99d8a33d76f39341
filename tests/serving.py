"""The portal's services as an operator starts them: each a process of its own."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from urllib.error import HTTPError

from tests.conftest import Portal
from tests.mailbox import free_port

TOP = Path(__file__).parent.parent
SECONDS_MAX = 60


@contextmanager
def own_journal() -> Iterator[None]:
    """Let something start its journal in this process, and undo it."""
    handlers, level = [*logging.root.handlers], logging.root.level
    hooks = sys.excepthook, threading.excepthook
    try:
        yield
    finally:
        logging.root.handlers[:] = handlers
        logging.root.setLevel(level)
        sys.excepthook, threading.excepthook = hooks


class NeverCameError(AssertionError):
    """What was waited for did not come."""


def until(comes: Callable[[], object]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + SECONDS_MAX
    while not comes():
        if time.monotonic() > end:
            raise NeverCameError(comes)
        time.sleep(0.1)


@dataclass(frozen=True, slots=True)
class Told:
    """What a server answered."""

    status: int
    headers: Message[str, str]
    text: str


@dataclass(frozen=True, slots=True)
class Service:
    """A service that runs, and what it wrote to stderr so far."""

    process: subprocess.Popen[bytes]
    journal: Path
    address: str
    metrics: str

    def lines(self, message: str = "") -> list[dict[str, object]]:
        """Return its lines of the journal, or those with one message."""
        lines = [json.loads(line) for line in self.journal.read_text("utf-8").splitlines()]
        return [line for line in lines if message in {"", line["message"]}]

    def ask(self, path: str, headers: dict[str, str] | None = None) -> Told:
        """Ask it for a page."""
        return ask(f"{self.address}{path}", headers)

    def figures(self) -> dict[str, float]:
        """Return what it tells a Prometheus: each figure by its name and labels."""
        lines = ask(f"{self.metrics}/metrics").text.splitlines()
        told = [line.rpartition(" ") for line in lines if line and not line.startswith("#")]
        return {name: float(value) for name, _, value in told}


def ask(url: str, headers: dict[str, str] | None = None) -> Told:
    """Ask for a page, whatever comes."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {})) as answer:  # noqa: S310 - ours
            return Told(answer.status, answer.headers, answer.read().decode())
    except HTTPError as error:
        with error:
            return Told(error.code, error.headers, error.read().decode())


def environment(portal: Portal, **more: str) -> dict[str, str]:
    """Return what a service of this portal finds in its environment."""
    settings = portal.install.settings
    return os.environ | {
        "PORTAL_DATA_DIR": str(settings.data_dir),
        "PORTAL_DATABASE_URL": settings.database_url,
        "PORTAL_SECRET_KEY": settings.secret_key,
        "AUDIT_INLINE_PUBLISH": "0",
        "PORTAL_ALLOW_UNSAFE": "1",
        **more,
    }


@contextmanager
def service(portal: Portal, journal: Path, *words: str, **more: str) -> Iterator[Service]:
    """Start a service on free ports, and end it."""
    pages, metrics = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    told = environment(portal, PORTAL_BIND=pages, PORTAL_METRICS_BIND=metrics, **more)
    command = [sys.executable, "-m", "flask", "--app", "portal.app", *words]
    with (
        journal.open("wb") as stderr,
        subprocess.Popen(  # noqa: S603 - our own
            command, env=told, stderr=stderr, stdout=subprocess.DEVNULL, cwd=TOP
        ) as process,
    ):
        try:
            yield Service(process, journal, f"http://{pages}", f"http://{metrics}")
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(SECONDS_MAX)
            finally:
                process.kill()


@contextmanager
def served(portal: Portal, journal: Path, **more: str) -> Iterator[Service]:
    """Serve the portal, and wait until it answers."""
    with service(portal, journal, "serve", **more) as server:
        until(lambda: server.process.poll() is not None or server.lines("Started worker-1"))
        yield server
