"""Forms sent again: by a double click, after an answer, after others, or with something else in it.

What was done is counted in the database, for an answer only says so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from http import HTTPStatus

from sqlalchemy import text

from faults import bugs
from faults.browser import Answer
from faults.browser import Browser
from faults.browser import Form
from faults.browser import UnansweredError
from faults.forms import at_once
from faults.rounds import Fault
from faults.rounds import Round
from faults.rounds import Work
from portal.people.keys import new_form_key
from tests.conftest import PASSWORD

CONFIRMED = re.compile(r'name="confirmed"[^>]*value="([^"]+)"')
# What an act of money adds to; nothing is ever taken out of these.
GROWING = (
    *("log_entry", "request_act", "journal_entry", "posting"),
    *("donation", "allocation", "payment"),
)
# How often a payment or a batch was changed.
CHANGING = ("fund_request", "payment", "payment_batch")
CLICKS = 3
DONATION = {"fund": "GEN", "amount": "1,000", "received_on": "1/11/2569", "donor": "ผู้ให้"}
ALLOCATION = {"fund": "GEN", "subcommittee": "SC5", "amount": "10", "fiscal_year": "2570"}


@dataclass(frozen=True, slots=True)
class Count:
    """Counts what was done in the database of an install, and says where it should be otherwise."""

    work: Work
    what: str

    def done(self) -> Counter[str]:
        """Return how much of everything there is."""
        rows = [f"SELECT '{table}', count(*) FROM {table}" for table in GROWING]  # noqa: S608 - our own words
        rows += [f"SELECT '{table}s', sum(version) FROM {table}" for table in CHANGING]  # noqa: S608
        with self.work.site.engine_here() as engine, engine.connect() as connection:
            told = connection.execute(text(" UNION ALL ".join(rows))).tuples().all()
        return Counter({name: int(count) for name, count in told})

    def growth(self, act: Callable[[], list[Answer]], *, done: bool, how: str) -> Counter[str]:
        """Act, and return what was added; every answer must say that it was done, or none."""
        before = self.done()
        answers = act()
        for answer in answers:
            if answer.is_done is not done:
                self.blame(f"{how} is answered {answer.status}")
        if not answers:
            self.blame(f"{how} is not answered")
        added = self.done()
        added.subtract(before)
        return +added

    def nothing(self, act: Callable[[], Answer], *, done: bool, how: str) -> None:
        """Act; whatever is answered, nothing may be done."""
        if added := self.growth(lambda: [act()], done=done, how=how):
            self.blame(f"{how} adds {dict(added)}")

    def blame(self, trouble: str) -> None:
        """Keep what is wrong."""
        self.work.troubles.append(f"{self.what}: {trouble}")


def replay(trial: Round) -> list[str]:
    """Send every form of money again."""
    with trial.at_work() as work:
        malee, anong, prasit = (
            Browser(work.site.port).sign_in(name) for name in ("malee", "anong", "prasit")
        )
        _donate(Count(work, "a donation"), malee)
        _allocate(Count(work, "an allocation"), malee)
        _send(Count(work, "a payment sent"), prasit)
        _prepare(Count(work, "a payment prepared"), anong)
        _release(Count(work, "a batch released"), prasit)
        work.treasury.forget(2)
        return work.judge()


def _again(count: Count, forms: Sequence[Form], *, other: Mapping[str, object]) -> Answer:
    """Send one form and send it again; then another by a double click. Return the first answer.

    Both forms do the same, to two things: what one adds the other adds.
    """
    first, second = forms
    answers: list[Answer] = []

    def send() -> list[Answer]:
        answers.append(first.send())
        return answers

    added = count.growth(send, done=True, how="it")
    if not added:
        count.blame("it adds nothing")
    count.nothing(first.send, done=True, how="the same form again")
    count.nothing(lambda: first.send(**other), done=False, how="its key with something else")
    clicked = count.growth(lambda: at_once([second.send] * CLICKS), done=True, how="a double click")
    if clicked != added:
        count.blame(f"a double click adds {dict(clicked)}, one alone {dict(added)}")
    return answers[0]


def _old_page(count: Count, form: Form) -> None:
    """Send a form anew from a page that was shown before others acted."""
    anew = replace(form, key=new_form_key())
    count.nothing(anew.send, done=False, how="an old page with a new key")


def _donate(count: Count, malee: Browser) -> None:
    _planned(count, malee, "/office/money-in/donations/new", DONATION)


def _allocate(count: Count, malee: Browser) -> None:
    _planned(count, malee, "/office/money-in/allocations/new", ALLOCATION)


def _planned(count: Count, by: Browser, path: str, typed: dict[str, str]) -> None:
    forms = [_confirmed(Form(by, path, typed)) for _ in range(2)]
    other = {"amount": "11"}
    count.nothing(lambda: forms[0].send(**other), done=False, how="what was not shown")
    _again(count, forms, other=other)


def _confirmed(form: Form) -> Form:
    """Send a form to be shown what it would do; return it as it is sent then."""
    shown = form.send()
    mark = CONFIRMED.search(shown.text)
    if mark is None or shown.status != HTTPStatus.UNPROCESSABLE_ENTITY:
        raise UnansweredError(shown.text[:500])
    return replace(form, fields={**form.fields, "confirmed": mark[1]})


def _send(count: Count, prasit: Browser) -> None:
    _stepped(count, prasit, "payment", "/treasury/payments/{}/send", ends="sent", of="released")


def _release(count: Count, prasit: Browser) -> None:
    path = "/treasury/batches/{}/release"
    _stepped(count, prasit, "batch", path, ends="released", of="batches", password=PASSWORD)


def _stepped(
    count: Count, by: Browser, kind: str, path: str, *, ends: str, of: str, **typed: object
) -> None:
    """Take a step on two of the cast's, again and again; note where they are then."""
    rows = count.work.site.cast[of][:2]
    forms = [
        Form(by, path.format(number), {"seen_version": version, **typed})
        for number, version in rows
    ]
    _again(count, forms, other={"seen_version": rows[0][1] + 1})
    _old_page(count, forms[0])
    for number, _ in rows:
        count.work.told.note(kind, number, ends)


def _prepare(count: Count, anong: Browser) -> None:
    """Prepare, cancel, and send the first page again: it is not what was decided on."""
    picks = [f"{number}-{version}" for number, version in count.work.site.cast["approved"][:2]]
    forms = [Form(anong, "/treasury/prepare", {"pick": pick}) for pick in picks]
    payment_id = _again(count, forms, other={"pick": picks[1]}).prepared
    path = f"/treasury/payments/{payment_id}/void"
    if Form(anong, path, {"seen_version": 1, "note": "again"}).send().is_done:
        count.work.told.note("payment", payment_id, "voided")
    count.nothing(forms[0].send, done=True, how="the same form after it was cancelled")
    _old_page(count, forms[0])


REPLAY = Fault("replay", replay, plants=bugs.REPLAY, rounds=3, short=1)
