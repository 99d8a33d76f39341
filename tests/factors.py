"""What tests of pages need of second factors: an app that shows its codes, a device."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from dataclasses import dataclass
from dataclasses import replace
from datetime import timedelta
from html import unescape
from http import HTTPStatus

from flask.sessions import SessionMixin
from flask.testing import FlaskClient

from portal import one_time
from portal.clock import now
from portal.passkeys import Site
from portal.people.carried import PROVED_AT
from portal.people.enrolling import add_app
from portal.people.enrolling import offer_app
from portal.people.queries import actor
from tests.authenticator import Authenticator
from tests.conftest import PASSWORD
from tests.conftest import Maker
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.world import World

# Where browsers make passkeys.
HERE = Site.at("http://localhost")
TOKEN = re.compile(r'name="token"[^>]*value="([^"]+)"')
SECRET = re.compile(r'class="hash">([A-Z2-7 ]+)<')
PLAN = re.compile(r'data-plan="([^"]+)"')
CODE = re.compile(r"<code>([^<]+)</code>")


@dataclass
class App:
    """An authenticator app; each code that it gives is newer than the one before."""

    secret: str
    step: int = 0

    def code(self) -> str:
        """Return a code that the portal takes and has not taken yet: there are two in a minute."""
        self.step = max(self.step + 1, one_time.step_at(now()))
        return one_time.code_at(self.secret, self.step)


def app_of(made: Maker, username: str) -> App:
    """Let somebody have an app since an hour ago."""
    at = now() - timedelta(hours=1)

    def act(world: World) -> str:
        by = actor(world.session, username)
        offered = offer_app(world.session.info["vault"], by.person_id, "")
        code = one_time.code_at(offered.secret, one_time.step_at(at))
        add_app(world.session, offered.token, code, here=0, by=by, at=at)
        return offered.secret

    return App(made(act))


def found(pattern: re.Pattern[str], page: str) -> str:
    """Return what a page holds; the test is wrong if it does not."""
    held = pattern.search(page)
    assert held is not None, page
    return unescape(held[1])


def set_up_passkey(client: Visitor, name: str = "กุญแจ") -> Authenticator:
    """Let somebody who is signed in add a passkey."""
    device = Authenticator(HERE)
    plan = found(PLAN, client.get("/factor/passkeys/new").text)
    data = {"name": name, "credential": device.make(plan)}
    answer = client.post("/factor/passkeys/new", data=data)
    assert answer.status_code == HTTPStatus.SEE_OTHER, answer.text
    return device


def type_password(client: FlaskClient, username: str, wanted: str = "") -> str:
    """Give the password; return where that leads."""
    data = {"username": username, "password": PASSWORD, "next": wanted}
    return str(client.post("/sign-in", data=data).location)


def require_factors(portal: Portal) -> None:
    """Be an install as it comes: who decides, pays or gives roles needs a second factor."""
    portal.app.config["FACTOR_REQUIRED"] = True


def named(portal: Portal) -> None:
    """Be at a name, where browsers make passkeys."""
    portal.install.settings = replace(portal.install.settings, base_url=HERE.origin)


def later(client: Visitor, minutes: int) -> None:
    """Let so many minutes pass since somebody showed who they are."""
    with carried(client) as kept:
        kept[PROVED_AT] -= minutes * 60


def carried(client: Visitor) -> AbstractContextManager[SessionMixin]:
    """Return what the browser's session carries, to change it: only the doors keep one."""
    return client.session_transaction("/sign-in")
