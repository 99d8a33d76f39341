"""The files of `deploy/`, tried: real proxies, real processes, a real PostgreSQL, slow clients.

`make test-deploy` runs this; it takes some minutes, and nothing in it is skipped.
"""

from __future__ import annotations

import gzip
import os
import re
import secrets
import shutil
import signal
import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from contextlib import contextmanager
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import make_url

from portal.security import HEADERS
from portal.security import HTTPS_ALONE
from portal.serving import HEADER_MS_MAX
from tests.conftest import PASSWORD
from tests.conftest import on_server
from tests.proxies import HOST
from tests.proxies import PROXIES
from tests.proxies import Answer
from tests.proxies import Place
from tests.proxies import children
from tests.proxies import make_place
from tests.proxies import portal_services
from tests.proxies import proxy
from tests.proxies import until
from tests.recorder import Recorder
from tests.recorder import recording

pytestmark = pytest.mark.thorough

TOKEN = re.compile(rb'name="csrf_token"[^>]* value="([^"]+)"')
PROCESSES = 2
MEGABYTE = 1024 * 1024
# More than both processes have threads.
SLOW_CLIENTS = 48
SOON_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Machine:
    """A portal that is served, and the proxy before it."""

    name: str
    place: Place
    pages_pid: int

    def sign_in(self, username: str) -> dict[str, str]:
        """Sign in as one of the cast; return the header with the cookie."""
        form = self.place.ask("/sign-in")
        token = TOKEN.search(form.body)
        assert token is not None
        typed = {"username": username, "password": PASSWORD, "csrf_token": token[1].decode()}
        answer = self.place.ask(
            "/sign-in",
            method="POST",
            body=urlencode(typed).encode(),
            headers={
                "Cookie": cookie_of(form, ["session"]),
                "Content-Type": "application/x-www-form-urlencoded",
                "Referer": f"https://{HOST}/sign-in",
            },
        )
        assert answer.status == 303, answer.body
        cookie = cookie_of(answer, ["known", "session"])
        return {"Cookie": cookie, "Referer": f"https://{HOST}/"}


def cookie_of(answer: Answer, names: list[str]) -> str:
    cookies = SimpleCookie()
    for line in answer.headers.get_all("Set-Cookie", []):
        cookies.load(line)
    assert sorted(cookies) == [f"__Host-{name}" for name in names]
    assert [cookie["secure"] for cookie in cookies.values()] == [True] * len(names)
    return "; ".join(f"{name}={cookie.value}" for name, cookie in cookies.items())


@pytest.fixture(scope="module")
def served(
    founded_postgresql: tuple[Path, str],
    postgres: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Place, int]]:
    """Two web processes, a publisher and a worker, on a founded province."""
    founded, template = founded_postgresql
    folder = tmp_path_factory.mktemp("machine")
    shutil.copytree(founded, folder / "data")
    name = f"served_{secrets.token_hex(4)}"
    on_server(postgres, f"CREATE DATABASE {name} TEMPLATE {template}")
    place = make_place(folder / "place", folder / "data")
    environment = {
        "PORTAL_DATA_DIR": str(place.data),
        "PORTAL_DATABASE_URL": make_url(postgres)
        .set(database=name)
        .render_as_string(hide_password=False),
        "PORTAL_SECRET_KEY": secrets.token_urlsafe(48),
        # Their PostgreSQL is quick and careless, and belongs to who asks.
        "PORTAL_ALLOW_UNSAFE": "1",
        "PORTAL_SECOND_FACTOR": "optional",
        "PORTAL_BASE_URL": f"https://{HOST}",
        "PORTAL_BIND": f"127.0.0.1:{place.portal}",
        "PORTAL_PROCESSES": str(PROCESSES),
        "PORTAL_PUBLIC_QUERY_MS": "60000",
    }
    with portal_services(environment, folder) as pages:
        yield place, pages.pid
    assert pages.returncode == 0
    on_server(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module", params=PROXIES)
def machine(request: pytest.FixtureRequest, served: tuple[Place, int]) -> Iterator[Machine]:
    place, pid = served
    with proxy(request.param, place):
        until(lambda: place.ask("/healthz").status == 200, "a page comes")
        yield Machine(request.param, place, pid)


@pytest.fixture(params=PROXIES)
def recorded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Place, Recorder]]:
    """A proxy before something that keeps what comes."""
    (tmp_path / "data").mkdir()
    place = make_place(tmp_path / "place", tmp_path / "data")
    with recording(place.portal) as recorder, proxy(request.param, place):
        yield place, recorder


# What everybody sees.


def test_pages_come_whole_and_tell_what_the_portal_tells(machine: Machine) -> None:
    page, english = machine.place.ask("/"), machine.place.ask("/en/log")
    assert (page.status, english.status) == (200, 200)
    assert b"</html>" in page.body
    assert {name: page.headers[name] for name in HEADERS} == HEADERS
    assert page.headers["Strict-Transport-Security"] == HTTPS_ALONE
    assert page.headers["X-Request-Id"] != machine.place.ask("/").headers["X-Request-Id"]


def test_public_pages_are_compressed_and_none_that_holds_a_secret(machine: Machine) -> None:
    wanted = {"Accept-Encoding": "gzip"}
    page = machine.place.ask("/", headers=wanted)
    assert page.headers["Content-Encoding"] == "gzip"
    assert b"</html>" in gzip.decompress(page.body)
    office = machine.sign_in("malee") | wanted
    for address in ("/sign-in", "/en/sign-in", "/concerns", "/office/", "/en/office/requests"):
        answer = machine.place.ask(address, headers=office)
        assert "Content-Encoding" not in answer.headers, address
        assert b"</html>" in answer.body


def test_a_page_that_has_not_changed_is_not_sent_again(machine: Machine) -> None:
    for headers in ({}, {"Accept-Encoding": "gzip"}):
        page = machine.place.ask("/", headers=headers)
        again = machine.place.ask("/", headers={"If-None-Match": page.headers["ETag"], **headers})
        assert (again.status, again.body) == (304, b"")


def test_what_is_for_who_runs_the_portal_is_not_for_the_world(machine: Machine) -> None:
    for address in ("/healthz/ready", "/en/healthz/ready", "/metrics"):
        answer = machine.place.ask(address)
        # The proxy says so itself: the portal was not asked.
        assert (answer.status, answer.headers["X-Request-Id"]) == (404, None), address


# Files that the proxy takes from the disk.


def tile_of(place: Place) -> str:
    (newest,) = (place.data / "log" / "tile" / "0" / "000.p").iterdir()
    return f"/log/tile/0/000.p/{newest.name}"


def static() -> list[str]:
    return [f"/static/{name}" for name in ("portal.css", "mark.svg", "intake.js")]


def test_a_file_from_the_disk_is_what_the_portal_would_have_sent(machine: Machine) -> None:
    told = (*HEADERS, "Strict-Transport-Security", "Cache-Control", "Access-Control-Allow-Origin")
    for address in (tile_of(machine.place), *static()):
        ours = machine.place.ask_openly(address, port=machine.place.portal)
        theirs = machine.place.ask(address)
        assert theirs.headers["X-Request-Id"] is None, "it came from the portal"
        assert (theirs.status, theirs.body) == (200, ours.body)
        assert media_type(theirs.headers) == media_type(ours.headers)
        for name in told:
            assert theirs.headers.get_all(name) == ours.headers.get_all(name), (address, name)


def media_type(headers: Message) -> str:
    return headers.get_content_type()


def test_parts_of_a_file_and_files_that_are_known_already(machine: Machine) -> None:
    tile = tile_of(machine.place)
    whole = machine.place.ask(tile)
    part = machine.place.ask(tile, headers={"Range": "bytes=32-63"})
    assert (part.status, part.body) == (206, whole.body[32:64])
    for address in (tile, *static()):
        known = {"If-None-Match": machine.place.ask(address).headers["ETag"]}
        assert machine.place.ask(address, headers=known).status == 304


def test_nothing_else_lies_open(machine: Machine) -> None:
    for address in (
        "/log/tile/../../keys/log.pem",
        "/log/tile/%2e%2e/%2e%2e/keys/log.pem",
        "/log/tile/0/..%2f..%2f..%2fkeys/log.pem",
        "/keys/log.pem",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/.git/config",
    ):
        answer = machine.place.ask(address)
        assert answer.status in {400, 404}, address
        assert b"PRIVATE" not in answer.body


def test_what_is_not_there_the_portal_says(machine: Machine) -> None:
    answer = machine.place.ask("/log/tile/0/000.p/255")
    assert (answer.status, answer.headers["X-Request-Id"] is None) == (404, False)


# From HTTP to HTTPS.


def test_pages_alone_are_led_to_https(machine: Machine) -> None:
    place = machine.place
    for address in ("/", "/en/requests?fund=1", "/office/", "/log", "/open-data/"):
        answer = place.ask_openly(address)
        assert answer.status == 308
        assert answer.headers["Location"] == f"https://{HOST}{address}"
    for address in (
        "/api/v1/figures",
        "/en/api/v1/figures",
        "/log/checkpoint",
        tile_of(place),
        "/proof/x.tlog-proof",
        "/open-data/requests.csv",
        "/requests.csv",
    ):
        assert place.ask_openly(address).status == 403, address
    assert place.ask_openly("/sign-in", method="POST").status == 403


def test_old_tls_and_other_hosts_are_refused(machine: Machine) -> None:
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        with machine.place.open(version=version) as connection:
            assert connection.version() == version.name.replace("_", ".")
    with (
        pytest.warns(DeprecationWarning, match="TLSv1_1"),
        pytest.raises(ssl.SSLError, match=r"(?i)protocol.version"),
    ):
        machine.place.open(version=ssl.TLSVersion.TLSv1_1)
    with pytest.raises(ssl.SSLError, match=r"UNRECOGNIZED_NAME|ALERT"):
        machine.place.open(name="other.example.org")


# What comes in.


def test_a_large_paper_goes_through_and_one_too_large_does_not(machine: Machine) -> None:
    office = machine.sign_in("malee")
    office["Content-Type"] = "multipart/form-data; boundary=b"
    for megabytes, status in ((40, 400), (52, 413)):
        answer = machine.place.ask(
            "/office/requests/1/attachments",
            method="POST",
            body=b'--b\r\nContent-Disposition: form-data; name="x"; filename="x"\r\n\r\n'
            + b"\0" * megabytes * MEGABYTE
            + b"\r\n--b--\r\n",
            headers=office,
        )
        assert answer.status == status
        # The portal read the whole of the first, and looked for its form's token.
        assert (b'lang="th"' in answer.body) == (status == 400)


def test_who_is_slow_holds_nobody_up(machine: Machine) -> None:
    with ExitStack() as last:
        slow = [last.enter_context(machine.place.open()) for _ in range(2 * SLOW_CLIENTS)]
        for head, body in zip(slow[::2], slow[1::2], strict=True):
            head.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}\r\nX-Slow: ".encode())
            body.sendall(half_a_form())
        time.sleep(1)
        assert_soon(machine.place)
        # And who sends nothing more is let go.
        slow[0].settimeout(3 * SOON_SECONDS)
        assert b"200" not in slow[0].recv(4096)


def half_a_form() -> bytes:
    return (
        f"POST /sign-in HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 1000\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\nusername="
    ).encode()


def assert_soon(place: Place) -> None:
    for _ in range(5):
        began = time.monotonic()
        assert place.ask("/").status == 200
        assert time.monotonic() - began < SOON_SECONDS


def test_without_a_proxy_they_would(served: tuple[Place, int]) -> None:
    place, _ = served
    with ExitStack() as last:
        for _ in range(SLOW_CLIENTS * 2):
            slow = socket.create_connection(("127.0.0.1", place.portal))
            last.enter_context(slow).sendall(half_a_form())
        time.sleep(1)
        other = last.enter_context(socket.create_connection(("127.0.0.1", place.portal)))
        other.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        other.settimeout(2)
        with pytest.raises(TimeoutError):
            other.recv(1)
        # Half a header holds no thread, and is not waited for.
        head = last.enter_context(socket.create_connection(("127.0.0.1", place.portal)))
        head.sendall(b"GET / HTTP/1.1\r\nHost: ")
        head.settimeout(2 * HEADER_MS_MAX / 1000)
        assert b"200" not in head.recv(4096)


def test_nobody_outside_says_where_they_come_from(recorded: tuple[Place, Recorder]) -> None:
    place, recorder = recorded
    forged = {
        "X-Forwarded-For": "203.0.113.7",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Host": "evil.example",
        "X-Request-Id": "mine\tand more",
        "Forwarded": "for=203.0.113.7",
    }
    assert place.ask("/", headers=forged).status == 200
    (came,) = recorder.came
    assert came.values("Host") == [HOST]
    assert came.values("X-Forwarded-For") == ["127.0.0.1"]
    assert came.values("X-Forwarded-Proto") == ["https"]
    assert came.values("X-Forwarded-Host") == [HOST]
    (request_id,) = came.values("X-Request-Id")
    assert re.fullmatch(r"[0-9a-f-]{32,36}", request_id)
    assert [value for value in came.values("Forwarded") if value] == []


SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: fund.example.org\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: %d\r\n" % (5 + len(SMUGGLED)) + CHUNKED,
        b"Content-Length: 5\r\nContent-Length: %d\r\n" % (5 + len(SMUGGLED)),
        CHUNKED + b"Transfer-Encoding: identity\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"Content-Length: +%d\r\n" % (5 + len(SMUGGLED)),
    ],
)
def test_where_a_request_ends_is_read_in_one_way(
    recorded: tuple[Place, Recorder], head: bytes
) -> None:
    place, recorder = recorded
    with place.open() as connection:
        connection.sendall(
            b"POST /sign-in HTTP/1.1\r\nHost: fund.example.org\r\n" + head + b"\r\n"
            b"0\r\n\r\n" + SMUGGLED
        )
        told = all_that_comes(connection)
    for came in recorder.came:
        # Whatever is let through says its end once, and not in two ways.
        assert len(came.values("Content-Length") + came.values("Transfer-Encoding")) <= 1, came
    # And the portal is asked nothing that its proxy did not see as a request of its own.
    assert told.count(b"HTTP/1.1 ") >= len(recorder.came)


def all_that_comes(connection: socket.socket) -> bytes:
    connection.settimeout(2)
    told = b""
    with suppress(TimeoutError, ConnectionError):
        while piece := connection.recv(4096):
            told += piece
    return told


# When a process dies.


@contextmanager
def readers(place: Place) -> Iterator[list[Answer | Exception]]:
    """Let four people read on meanwhile, each a page after the other."""
    came: list[Answer | Exception] = []
    is_over = False

    def read() -> None:
        while not is_over:
            try:
                came.append(place.ask("/log"))
            except OSError as error:
                came.append(error)
            time.sleep(0.05)

    with ThreadPoolExecutor(4) as people:
        reading: list[Future[None]] = [people.submit(read) for _ in range(4)]
        try:
            yield came
        finally:
            is_over = True
    for each in reading:
        each.result()


def test_a_process_that_is_killed_is_replaced_and_no_reader_sees_it(machine: Machine) -> None:
    until(lambda: len(children(machine.pages_pid)) == PROCESSES, "both serve")
    before = children(machine.pages_pid)
    with readers(machine.place) as came:
        time.sleep(1)
        os.kill(min(before), signal.SIGKILL)
        until(
            lambda: len(now := children(machine.pages_pid)) == PROCESSES and now != before,
            "another serves in its place",
        )
        time.sleep(2)
    assert len(came) > 20
    assert [each for each in came if not isinstance(each, Answer) or each.status != 200] == []


def test_a_new_release_is_taken_up_and_no_reader_sees_it(machine: Machine) -> None:
    until(lambda: len(children(machine.pages_pid)) == PROCESSES, "both serve")
    before = children(machine.pages_pid)
    # A server that replaced a process a moment ago takes the next for a crash loop.
    time.sleep(6)
    with readers(machine.place) as came:
        os.kill(machine.pages_pid, signal.SIGHUP)
        until(
            lambda: len(now := children(machine.pages_pid)) == PROCESSES and not now & before,
            "both serve anew",
        )
        time.sleep(1)
    assert len(came) > 20
    assert [each for each in came if not isinstance(each, Answer) or each.status != 200] == []
