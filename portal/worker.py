"""The worker: what must happen by itself, round after round.

Now that is closing concerns, reminding, papers and reports, mail, the open data, and clearing away
what forms and signing in leave behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from datetime import date
from datetime import datetime
from datetime import timedelta
from time import monotonic

from sqlalchemy import Engine

from portal.concerns.service import close_silent
from portal.db import writing
from portal.funds.reminding import remind
from portal.install import Install
from portal.letters.postman import PostOffice
from portal.letters.postman import send_letters
from portal.mail import MailServer
from portal.payments.printing import Printer
from portal.people.keys import forget_keys
from portal.people.sessions import forget_sessions
from portal.people.tries import forget_tries
from portal.publishing.open_build import Place
from portal.publishing.open_build import build_if_newer
from portal.reports.making import House
from portal.reports.printing import ReportPrinter
from portal.thai import bangkok_day

# A mail server that does not answer holds up no paper.
MAIL_EVERY = timedelta(seconds=15)
# What forms and signing in leave behind is cleared away so often.
TIDY_EVERY = timedelta(hours=1)
# However fast the log grows, the open data are built anew at most so often.
OPEN_DATA_EVERY = timedelta(minutes=10)


def house(install: Install) -> House:
    """Return what reports say of an install beside what its log tells."""
    return House(install.settings.base_url, install.settings.is_demo)


def open_place(install: Install) -> Place:
    """Return where the open data of an install lie, and what they say of it."""
    settings = install.settings
    return Place(install.open_data, settings.base_url, settings.mail_from, install.registered)


@dataclass
class Worker:
    """One worker. Several may run at once: nothing is made or sent twice."""

    install: Install
    # What a day asks for is done once; a worker remembers it, so that it need not look again.
    day_done: date | None = None
    # When letters were sent the last time, and what there was to tell.
    mailed_at: datetime | None = None
    mailed: list[str] = field(default_factory=list)
    # When the open data were looked after the last time.
    built_at: datetime | None = None
    # When what forms and signing in leave behind was cleared away the last time.
    tidied_at: datetime | None = None

    def __post_init__(self) -> None:
        """Read where mail is handed in, so that a wrong setting shows at the start."""
        self._office = self._post_office()

    def _post_office(self) -> PostOffice | None:
        settings = self.install.settings
        if not settings.smtp_url:
            return None
        server = MailServer.parse(settings.smtp_url)
        return PostOffice(server, settings.mail_from, settings.base_url)

    def round(self, engine: Engine, *, at: datetime) -> list[str]:
        """Do what the day asks for, send what is due, and return what there is to tell."""
        today = bangkok_day(at)
        if self.day_done != today:
            with writing(engine, self.install.session_info()) as session:
                close_silent(session, at=at)
                is_done = remind(session, at=at)
            self.day_done = today if is_done else None
        papers = self._print(engine, at=at)
        if self.mailed_at is None or at - self.mailed_at >= MAIL_EVERY:
            self.mailed = self._mail(engine, at=at)
            self.mailed_at = at
        if self.built_at is None or at - self.built_at >= OPEN_DATA_EVERY:
            build_if_newer(engine, open_place(self.install))
            self.built_at = at
        if self.tidied_at is None or at - self.tidied_at >= TIDY_EVERY:
            with writing(engine, {}) as session:
                forget_keys(session, at=at)
                forget_sessions(session, at=at)
                forget_tries(session, at=at)
            self.tidied_at = at
        return [*papers, *self.mailed]

    def _mail(self, engine: Engine, *, at: datetime) -> list[str]:
        if self._office is None:
            return ["PORTAL_SMTP_URL is not set: letters lie in the outbox."]
        done = send_letters(engine, self._office, at=at)
        return [f"{done.sent:,} letters were sent.", *map(str, done.troubles)]

    def _print(self, engine: Engine, *, at: datetime) -> list[str]:
        """Make the papers that were asked for, and put them into the published log."""
        begun, install = monotonic(), self.install
        info = install.session_info()

        def clock() -> datetime:
            return at + timedelta(seconds=monotonic() - begun)

        papers = Printer(engine, info, install.settings.base_url, clock).round()
        reports = ReportPrinter(engine, info, install.folder, house(install), clock).round()
        if (papers or reports) and install.settings.publishes_inline:
            install.publish(engine)
        made = {"papers": papers, "reports": reports}
        return [f"{count:,} {name} were made." for name, count in made.items() if count]
