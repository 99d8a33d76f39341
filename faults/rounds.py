"""One round of a fault: an install made, loaded with acts, hurt, started again, judged."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from itertools import count
from pathlib import Path
from typing import Any

from faults.browser import UnansweredError
from faults.checker import check
from faults.checker import is_published
from faults.clients import Acknowledged
from faults.clients import Treasury
from faults.planting import Plant
from faults.served import Kit
from faults.served import NotServedError
from faults.served import Site

PUBLISHED_WITHIN = 20.0
AFTERWARDS = 0.7
LOADED_WITHIN = 15.0
ACTS_MIN = 12
_numbers = count()


@dataclass
class Round:
    """What a fault is given: the engine, the code, an install to begin with, and chance."""

    kit: Kit
    engine: str
    code: Path
    template: Site
    number: int
    chance: random.Random
    acts: int = 0

    @contextmanager
    def site(self, **options: Any) -> Iterator[Site]:
        """Give an install of its own, not yet started."""
        folder = self.kit.scratch / f"r{next(_numbers)}"
        site = Site(self.kit, self.engine, self.code, folder, **options)
        try:
            site.take_after(self.template)
            yield site
        finally:
            site.close()

    @contextmanager
    def at_work(self, **options: Any) -> Iterator[Work]:
        """Give an install that is served, with people who can act on it."""
        with self.site(**options) as site:
            site.start()
            told = Acknowledged(site.folder / "acknowledged")
            try:
                yield Work(site, told, Treasury(site, told))
            finally:
                self.acts += told.count


@dataclass
class Work:
    """An install, what its people were told, and the people."""

    site: Site
    told: Acknowledged
    treasury: Treasury
    troubles: list[str] = field(default_factory=list)

    def load(self, chance: random.Random) -> None:
        """Wait until there is something to lose, and then a moment more."""
        end = time.monotonic() + LOADED_WITHIN
        while self.told.count < ACTS_MIN and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(chance.uniform(0.0, 0.5))

    def judge(self) -> list[str]:
        """Return what is wrong with an install that is served again."""
        before = self.told.count
        try:
            refused = list(self.treasury.ask_again())
            self.troubles += [f"{one}; the journal: {self.site.said('web')}" for one in refused]
            with self.treasury.at_work():
                time.sleep(AFTERWARDS)
        except UnansweredError as error:
            self.troubles.append(f"it does not answer: {error!r}")
        if self.told.count == before:
            refused = self.told.refused[-3:]
            self.troubles.append(f"nothing could be done afterwards: {refused}")
        end = time.monotonic() + PUBLISHED_WITHIN
        while not is_published(self.site) and time.monotonic() < end:
            time.sleep(0.1)
        self.site.kill("web", "publisher")
        return [*self.troubles, *check(self.site, self.told)]

    def start_and_judge(self) -> list[str]:
        """Start everything again, and judge it; not to come up again is wrong too."""
        try:
            self.site.start()
        except (NotServedError, RuntimeError) as error:
            return [f"it does not come up again: {str(error)[-400:]}"]
        return self.judge()


Try = Callable[[Round], list[str]]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: how it is tried once, the bugs that it must find, and on which engines it is one."""

    name: str
    attempt: Try
    plants: tuple[Plant, ...] = ()
    rounds: int = 10
    short: int = 0  # rounds of a short run
    engines: tuple[str, ...] = ("sqlite", "postgresql")
