"""Who comes in the load bench, what they look at, what they do, and how long they think.

Public readers look at a page and think for 10 to 50 seconds before the next. Of 100 looks, 20 go to
the first page, 20 to the list, 10 to a search, 30 to a request, 9 to payments and service times, 10
to funds, places and reports, and 1 downloads all requests as CSV. What a browser has, it keeps.

People who are signed in think for 4 to 16 seconds. Of ten clicks four open a list of their menu,
five a thing on the list they saw last, and one is an act: finders and officers file a request and
send it in, chairs say that they are unrelated and approve, treasurers prepare payments or take one
a step further. Auditors and the board, who have nothing to do, read on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from bench.browsers import Answer
from bench.browsers import Browser
from tests.conftest import PASSWORD
from tests.doors import REQUEST
from tests.page_forms import filled
from tests.page_forms import page_forms

PUBLIC = "public page"
PAGE, ACT, SIGN_IN = "signed-in page", "act", "sign in"
READERS_THINK = (10.0, 50.0)
STAFF_THINKS = (4.0, 16.0)
LOOKS: Mapping[str, int] = {
    "/": 20,
    "/requests": 20,
    "/requests?q=%E0%B8%84%E0%B9%88%E0%B8%B2": 5,
    "/requests?status=paid&year=2570": 5,
    "a request": 30,
    "/payments": 5,
    "/service-times": 4,
    "/funds": 3,
    "/funds/GEN": 3,
    "/places": 2,
    "/reports": 2,
    "/requests.csv": 1,
}
PUBLIC_THING = re.compile(r'href="(/requests/[A-Z]+-\d+-\d+)"')
THING = re.compile(r'href="(/(?:office|treasury)/[a-z-]+/\d+)"')
# The sessions of each person: finders and officers most of all.
SESSIONS: Mapping[str, int] = {
    "finder1": 7,
    "finder2": 7,
    "malee": 12,
    "chair5": 6,
    "chair1": 2,
    "chair2": 2,
    "driving": 2,
    "board": 2,
    "anong": 2,
    "prasit": 2,
    "phailin": 2,
    "wipa": 4,
}
CASE_LISTS = ("/office/", "/office/requests", "/office/people-helped", "/office/follow-ups")
SIGNING_LISTS = ("/office/", "/office/decisions", "/office/requests", "/office/acting")
PAYING_LISTS = ("/office/", "/treasury/", "/treasury/batches", "/office/requests", "/office/books")
LISTS: Mapping[str, Sequence[str]] = {
    "finder": CASE_LISTS,
    "malee": (*CASE_LISTS, "/office/money-in", "/office/reports"),
    "chair": SIGNING_LISTS,
    "driving": SIGNING_LISTS,
    "board": SIGNING_LISTS,
    "anong": PAYING_LISTS,
    "prasit": PAYING_LISTS,
    "phailin": PAYING_LISTS,
    "wipa": ("/office/", "/office/requests", "/office/books", "/office/findings", "/office/users"),
}
# `filled` ticks a box of each name; what is asked for here is not urgent.
NOT_TICKED = frozenset({"is_urgent"})
NAMES = ("กล้า", "ขวัญ", "จันทร์", "ดาว", "ทราย", "นที", "ใบเตย", "พลอย", "ภูผา", "มะลิ", "วารี", "เอื้อง")
YEARS = range(2548, 2560)


@dataclass(slots=True)
class Reader:
    """Somebody of the public."""

    browser: Browser
    chance: Random
    seen: Sequence[str] = ()

    async def click(self) -> None:
        """Look at one page."""
        [look] = self.chance.choices(list(LOOKS), list(LOOKS.values()))
        if look == "a request":
            look = self.chance.choice(self.seen) if self.seen else "/requests"
        answer = await self.browser.get(PUBLIC, look)
        if found := PUBLIC_THING.findall(answer.body.decode(errors="replace")):
            self.seen = found


@dataclass(slots=True)
class Worker:
    """Somebody who is signed in."""

    browser: Browser
    username: str
    chance: Random
    page: str = ""

    async def sign_in(self) -> None:
        """Come through the gate."""
        page = (await self.browser.get(SIGN_IN, "/sign-in")).text
        await self._send(page, SIGN_IN, "/sign-in", username=self.username, password=PASSWORD)

    async def click(self) -> None:
        """Open a list, look at a thing of the last one, or do something."""
        dice = self.chance.random()
        things = THING.findall(self.page)
        if dice < 0.1:  # noqa: PLR2004 - one click of ten
            await self._act()
        elif dice < 0.6 and things:  # noqa: PLR2004 - five of ten
            await self.browser.get(PAGE, self.chance.choice(things))
        else:
            await self._open(self.chance.choice(self._lists))

    @property
    def _lists(self) -> Sequence[str]:
        return LISTS[self.username.rstrip("0123456789")]

    async def _open(self, path: str) -> str:
        self.page = (await self.browser.get(PAGE, path)).text
        return self.page

    async def _act(self) -> None:
        match self.username.rstrip("0123456789"):
            case "finder" | "malee":
                await self._file()
            case "chair" | "driving" | "board":
                await self._decide()
            case "anong" | "prasit" | "phailin":
                await self._pay()
            case _:
                await self._open("/office/requests")

    async def _file(self) -> None:
        """Ask for money for somebody, and send it in."""
        page = await self._open("/office/requests/new")
        answer = await self._send(page, ACT, "/requests/new", **self._asked_for())
        await self._go_on(answer, "/submit", has_consent="y")

    def _asked_for(self) -> Mapping[str, str]:
        """Return what is asked for somebody whom nobody asked for before."""
        draw = self.chance
        name = f"นาย{''.join(draw.choices(NAMES, k=2))} {''.join(draw.choices(NAMES, k=3))}"
        born = f"{draw.randint(1, 28)}/{draw.randint(1, 12)}/{draw.choice(YEARS)}"
        account = str(draw.randrange(10**9, 10**10))
        told = {"name": name, "account_holder": name, "birth_on": born, "account_number": account}
        return REQUEST | told | {"amount": "1"}

    async def _decide(self) -> None:
        """Say that one is unrelated, and approve."""
        things = THING.findall(await self._open("/office/decisions"))
        if not things:
            return
        page = await self._open(self.chance.choice(things))
        answer = await self._send(page, ACT, "/interest", interest="unrelated")
        await self._go_on(answer, "/decide", action="approve")

    async def _pay(self) -> None:
        """Prepare what waits for it, or take a payment one step further."""
        page = await self._open("/treasury/")
        payments = [thing for thing in THING.findall(page) if "/payments/" in thing]
        if self.chance.random() < 0.5 or not payments:  # noqa: PLR2004 - one of two
            await self._send(page, ACT, "/treasury/prepare")
            return
        page = await self._open(self.chance.choice(payments))
        for step in ("/release", "/send", "/confirm"):
            bank_reference = f"KTB-{self.chance.getrandbits(48)}"
            await self._send(page, ACT, step, password=PASSWORD, bank_reference=bank_reference)

    async def _go_on(self, answer: Answer, way: str, **given: str) -> None:
        if place := answer.headers.get("location"):
            await self._send(await self._open(place), ACT, way, **given)

    async def _send(self, page: str, kind: str, way: str, **given: str) -> Answer:
        """Send the form of a page that does this, if there is one."""
        for form in page_forms(page):
            if form.method == "post" and form.action.partition("?")[0].endswith(way):
                sent = {
                    name: text
                    for name, text in filled(form, given).items()
                    if isinstance(text, str) and name not in NOT_TICKED
                }
                return await self.browser.post(kind, form.action, sent)
        return Answer(0, {}, b"")
