"""Browsers: cookies, form tokens, the keys of forms, and answers that may not come."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from http import HTTPStatus
from http.client import HTTPConnection
from http.client import HTTPException
from urllib.parse import urlencode

from portal.people.keys import new_form_key
from portal.people.once import KEY
from tests.conftest import PASSWORD

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
# A green notice, and the payment that it names.
PREPARED = re.compile(
    r'notice tone-green"(?:(?!</div>).)*?href="/treasury/payments/(\d+)"', re.DOTALL
)
PATIENCE = 20.0


class UnansweredError(Exception):
    """No answer came: nobody knows whether it was done."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the portal answered."""

    status: int
    location: str
    text: str

    @property
    def prepared(self) -> int:
        """Return the payment that was prepared, or 0."""
        found = PREPARED.search(self.text) if self.status == HTTPStatus.OK else None
        return int(found[1]) if found else 0

    @property
    def is_signed_out(self) -> bool:
        """Say whether the session was over: its token is refused, or the way leads to the gate."""
        return self.status == HTTPStatus.BAD_REQUEST or "/sign-in" in self.location

    @property
    def is_done(self) -> bool:
        """Say whether the portal says that it was done."""
        return self.prepared > 0 or (self.status == HTTPStatus.SEE_OTHER and not self.is_signed_out)

    @property
    def is_unknown(self) -> bool:
        """Say whether it failed in the middle, so that nobody knows how far it came."""
        return self.status >= HTTPStatus.INTERNAL_SERVER_ERROR


class Browser:
    """One person's browser: cookies, a form token, one connection a question."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._cookies: dict[str, str] = {}
        self._token = ""
        self._username = ""

    def ask(self, method: str, path: str, **fields: object) -> Answer:
        """Ask once; raise `UnansweredError` when the answer does not come whole.

        A form has a key of its own, as from a page, unless it is given one.
        """
        typed = {"csrf_token": self._token, KEY: new_form_key(), **fields}
        body = urlencode(typed) if method == "POST" else None
        # Two threads may share a browser: what one reads of it the other must not change.
        cookies = [f"{name}={value}" for name, value in list(self._cookies.items())]
        headers = {"Cookie": "; ".join(cookies)}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
        except (OSError, HTTPException) as error:
            raise UnansweredError from error
        finally:
            connection.close()
        for cookie in response.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return Answer(response.status, response.headers.get("Location") or "", text)

    def sign_in(self, username: str) -> Browser:
        """Sign in, and take the token that every form of this session carries."""
        self._username = username
        self._token = self._read_token("/sign-in")
        answer = self.ask("POST", "/sign-in", username=username, password=PASSWORD)
        if answer.status != HTTPStatus.SEE_OTHER:
            raise UnansweredError(answer.status)
        self._token = self._read_token(answer.location)
        return self

    def sign_in_again(self) -> None:
        """Sign in once more, as somebody does whose session is over."""
        self.sign_in(self._username)

    def _read_token(self, path: str) -> str:
        found = TOKEN.search(self.ask("GET", path).text)
        if found is None:
            raise UnansweredError(path)
        return found[1]


@dataclass(frozen=True, slots=True)
class Form:
    """A form as somebody fills it in, with its key; sent again it is the same form."""

    by: Browser
    path: str
    fields: Mapping[str, object]
    key: str = field(default_factory=new_form_key)

    def send(self, **others: object) -> Answer:
        """Send it, perhaps with something else in it."""
        return self.by.ask("POST", self.path, **{KEY: self.key, **self.fields, **others})
