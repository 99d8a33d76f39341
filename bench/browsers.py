"""Browsers without a screen, many in one process: HTTP/1.1 over a connection that is kept open.

What each asked and how long it waited is noted by kind; so is every answer that is an error.
"""

from __future__ import annotations

import asyncio
import re
import statistics
import time
from asyncio import IncompleteReadError
from asyncio import StreamReader
from asyncio import StreamWriter
from collections import Counter
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from http import HTTPStatus
from http.cookies import SimpleCookie
from urllib.parse import urlencode

PATIENCE_SECONDS = 60
HEAD_ENDS = b"\r\n\r\n"
HUNDREDTHS = 100
NUMBER = re.compile(r"\d+")
TEMPLATE = re.compile(r"<template.*?</template>", re.DOTALL)
ALERT = re.compile(r'role="alert"[^>]*>(.*?)</div>', re.DOTALL)
TAG = re.compile(r"<[^>]*>")
WHY_LENGTH = 120
# Somebody else was faster, or a form comes back: answers as they should be, told apart from errors.
REFUSALS = frozenset({HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """Return a page."""
        return self.body.decode()


@dataclass(frozen=True, slots=True)
class Notes:
    """What everybody saw: seconds by kind, and what went wrong."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def told(self, kind: str) -> Mapping[str, object]:
        """Return what is to be said of a kind."""
        taken = self.seconds[kind]
        marks = {}
        if len(taken) > 1:
            parts = statistics.quantiles(taken, n=HUNDREDTHS, method="inclusive")
            marks = {f"p{part}_ms": round(parts[part - 1] * 1000) for part in (50, 95, 99)}
        refused = {
            name: count for name, count in self.refused.items() if name.startswith(f"{kind}:")
        }
        return {"what": kind, "count": len(taken), **marks, "refused": refused}


@dataclass(slots=True)
class Browser:
    """One browser: its own address on this machine, cookies, and what it keeps of public pages."""

    port: int
    address: str
    notes: Notes
    cookies: dict[str, str] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    _streams: tuple[StreamReader, StreamWriter] | None = None

    async def get(self, kind: str, path: str) -> Answer:
        """Ask for a page; one that was seen before is asked for only if it changed."""
        known = {"If-None-Match": self.kept[path]} if path in self.kept else {}
        answer = await self._noted(kind, "GET", path, known, b"")
        if tag := answer.headers.get("etag"):
            self.kept[path] = tag
        return answer

    async def post(self, kind: str, path: str, body: Mapping[str, str]) -> Answer:
        """Send a form."""
        head = {"Content-Type": "application/x-www-form-urlencoded"}
        return await self._noted(kind, "POST", path, head, urlencode(body).encode())

    async def _noted(
        self, kind: str, method: str, path: str, head: Mapping[str, str], body: bytes
    ) -> Answer:
        began = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                answer = await self._asked(method, path, head, body)
        except (OSError, EOFError, TimeoutError) as error:
            self.notes.wrong[f"{method} {path}: {type(error).__name__}"] += 1
            self.close()
            return Answer(0, {}, b"")
        self.notes.seconds[kind].append(time.perf_counter() - began)
        if answer.status in REFUSALS:
            why = f"{answer.status} {NUMBER.sub('N', path)}: {_why(answer)}"
            self.notes.refused[f"{kind}: {why}"] += 1
        elif answer.status >= HTTPStatus.BAD_REQUEST:
            self.notes.wrong[f"{method} {path}: {answer.status}"] += 1
        return answer

    async def _asked(self, method: str, path: str, head: Mapping[str, str], body: bytes) -> Answer:
        cookies = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        sent = {"Host": "127.0.0.1", "Content-Length": str(len(body)), **head} | cookies
        lines = [f"{name}: {value}\r\n" for name, value in sent.items() if value]
        question = f"{method} {path} HTTP/1.1\r\n{''.join(lines)}\r\n".encode() + body
        answer = await _read(*await self._begun(question))
        for name, morsel in SimpleCookie(answer.headers.get("set-cookie", "")).items():
            self.cookies[name] = morsel.value
        if answer.headers.get("connection") == "close":
            self.close()
        return answer

    async def _begun(self, question: bytes) -> tuple[StreamReader, bytes]:
        """Ask, and return where the rest of the answer comes from after its head.

        The server hangs up on whoever thinks for long. A browser that finds it closed, before a
        byte of an answer came, asks over another connection.
        """
        if self._streams is not None:
            reader, writer = self._streams
            try:
                writer.write(question)
                return reader, await reader.readuntil(HEAD_ENDS)
            except IncompleteReadError as error:
                if error.partial:
                    raise
            except ConnectionError:
                pass
            self.close()
        here = (self.address, 0)
        self._streams = await asyncio.open_connection("127.0.0.1", self.port, local_addr=here)
        reader, writer = self._streams
        writer.write(question)
        return reader, await reader.readuntil(HEAD_ENDS)

    def close(self) -> None:
        """Hang up; the next question opens another connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def _why(answer: Answer) -> str:
    """Return the words in which a page refuses, without the numbers that they name."""
    shown = TEMPLATE.sub("", answer.text)
    said = ALERT.search(shown)
    words = TAG.sub(" ", said[1] if said else shown)
    return NUMBER.sub("N", " ".join(words.split()))[:WHY_LENGTH]


async def _read(reader: StreamReader, head: bytes) -> Answer:
    first, *lines = head.decode("latin-1").split("\r\n")
    status = int(first.split(" ")[1])
    pairs = (line.partition(": ") for line in lines if line)
    headers = {name.lower(): value for name, _, value in pairs}
    if headers.get("transfer-encoding") == "chunked":
        return Answer(status, headers, await _chunks(reader))
    size = 0 if status == HTTPStatus.NOT_MODIFIED else int(headers.get("content-length", 0))
    return Answer(status, headers, await reader.readexactly(size))


async def _chunks(reader: StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readexactly(2)
    return body
