"""Questions to the public pages, asked of a portal with few requests and of one with many in turns.

They go through the whole app by Werkzeug's test client: everything but the socket.
"""

from __future__ import annotations

import json
import re
import statistics
import time
from collections.abc import Iterator
from collections.abc import Sequence
from contextvars import Context
from dataclasses import dataclass
from html import unescape
from http import HTTPStatus
from random import Random
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy import select

from portal.db import db
from portal.publishing.models import PublishedAct
from portal.publishing.models import PublishedFlow
from portal.publishing.searching import Order
from portal.publishing.tracing import Leg

Result = dict[str, object]

SEED = 2570
PAGES_FORWARD = 3
# What people type: kinds of help, purposes, subcommittees, places and numbers, in both languages.
THAI = ("ค่าเดินทาง", "ค่าครองชีพ", "เครื่องแบบ", "อาชีพ", "เด็กเล็ก", "เรียน", "ท่าประดู่", "แกลง", "เร่งด่วน")
ENGLISH = ("travel", "uniform", "living", "school", "stay in", "relief", "Tha Pradu", "nothing")
NUMBERS = ("RYG-2567-000123", "2568-42", "๒๕๖๙", "2566 travel", "4711", "อาชีพ 2570", "โครงการ 77")
WORDS = (*THAI, *ENGLISH, *NUMBERS)
FACETS = {
    "year": ("2565", "2566", "2567", "2568", "2569", "2570"),
    "fund": ("GEN", "EEF-ABE"),
    "subcommittee": ("SC1", "SC2", "SC4", "SC5"),
    "category": ("TRAVEL", "LIVING", "UNIFORM", "FEE"),
    "kind": ("youth", "project"),
    "amount": ("to-1000", "to-5000", "to-20000"),
    "status": ("submitted", "approved", "paid", "closed", "rejected"),
}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two portals side by side: they differ in how many requests they publish."""

    few: Flask
    many: Flask

    def in_turn(self, turn: int) -> tuple[Flask, Flask]:
        """Return both, each of them first every other time."""
        return (self.few, self.many) if turn % 2 else (self.many, self.few)


def searches(count: int) -> list[str]:
    """Return the same addresses each time: a third with words, up to three facets, every order."""
    random = Random(SEED)  # noqa: S311 - a bench that can be repeated
    return [f"{random.choice(('', '/en'))}/requests?{_query(random)}" for _ in range(count)]


def _query(random: Random) -> str:
    asked = {"q": random.choice(WORDS)} if random.randrange(3) == 0 else {}
    for facet in random.sample([*FACETS], random.choice((0, 0, 1, 1, 2, 3))):
        asked[facet] = random.choice(FACETS[facet])
    return urlencode(asked | {"sort": random.choice([*Order]).value})


def ask(app: Flask, address: str) -> tuple[float, str]:
    """Return how many milliseconds a page took, and the page."""
    client = app.test_client()
    began = time.perf_counter()
    # Of the context around the bench, nothing is seen by the request.
    answer = Context().run(client.get, address)
    took = (time.perf_counter() - began) * 1000
    if answer.status_code != HTTPStatus.OK:
        message = f"{address} answers {answer.status}"
        raise RuntimeError(message)
    return took, answer.text


_NEXT = re.compile(r'rel="next" href="([^"]+)"')


def walk(app: Flask, address: str) -> Iterator[float]:
    """Search, and turn some pages forward; give how long each took."""
    for _ in range(1 + PAGES_FORWARD):
        took, page = ask(app, address)
        yield took
        onward = _NEXT.search(page)
        if onward is None:
            return
        address = unescape(onward[1])


def measure_searches(pair: Pair, *, count: int, rounds: int) -> Result:
    """Search both; the first round warms them and is not counted."""
    took: dict[Flask, list[float]] = {pair.few: [], pair.many: []}
    slowest = (0.0, "")
    for turn in range(rounds + 1):
        for address in searches(count):
            for app in pair.in_turn(turn):
                walked = [*walk(app, address)]
                if turn:
                    took[app] += walked
                if turn and app is pair.many:
                    slowest = max(slowest, (max(walked), address))
    few, many = (percentile(took[app], 95) for app in (pair.few, pair.many))
    return {
        "what": "searches",
        "pages": len(took[pair.many]),
        "p95_ms": round(many, 1),
        "p95_ms_at_few": round(few, 1),
        "ratio": round(many / few, 2),
        "median_ms": round(statistics.median(took[pair.many]), 1),
        "median_ms_at_few": round(statistics.median(took[pair.few]), 1),
        "slowest_ms": round(slowest[0], 1),
        "slowest": slowest[1],
        "goals": "p95 <= 60 ms, ratio <= 5, slowest <= 500 ms",
    }


def percentile(values: Sequence[float], of_hundred: int) -> float:
    """Return the value that so many of a hundred do not exceed."""
    return sorted(values)[min(len(values) * of_hundred // 100, len(values) - 1)]


def measure_pages(pair: Pair, *, rounds: int) -> Iterator[Result]:
    """Open each public page in turns."""
    named = {app: addresses(app) for app in (pair.few, pair.many)}
    for name in named[pair.many]:
        took: dict[Flask, list[float]] = {pair.few: [], pair.many: []}
        for turn in range(4 * rounds + 1):
            for app in pair.in_turn(turn):
                milliseconds, _ = ask(app, named[app][name])
                took[app] += [milliseconds] if turn else []
        few, many = (statistics.median(took[app]) for app in (pair.few, pair.many))
        yield {
            "what": f"page: {name}",
            "median_ms": round(many, 1),
            "median_ms_at_few": round(few, 1),
            "ratio": round(many / few, 2),
            "slowest_ms": round(max(took[pair.many]), 1),
        }


def addresses(app: Flask) -> dict[str, str]:
    """Return a page of each kind: of requests and payments, one from the middle."""
    with app.app_context():
        session = db.session()
        paid = select(PublishedFlow).where(PublishedFlow.leg == Leg.PAYMENT)
        flows = session.scalars(paid.order_by(PublishedFlow.idx.desc()).limit(1_000)).all()
        flow = flows[-1]
        # Of a request whose every act is written.
        prepared = select(PublishedAct).where(PublishedAct.type == "payment.prepared")
        act = session.scalars(prepared.order_by(PublishedAct.idx).limit(1)).one()
        return {
            "front": "/",
            "funds": "/funds",
            "fund": "/funds/GEN",
            "subcommittee": "/en/subcommittees/SC5",
            "request": f"/requests/{act.reference}",
            "payments": "/payments",
            "payments, later": f"/en/payments?before={flow.idx}",
            "payment": f"/payments/{json.loads(act.public)['payment']}",
            "service times": "/service-times",
            "places": "/places",
            "donations": "/donations",
            "log": "/log",
            "chart": "/charts/paid-by-month.svg",
        }
