"""The portal as a machine serves it: its services, and a real nginx or Caddy before them.

The proxies run with the files of `deploy/`; only places, ports and the certificate are the test's.
"""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import field
from http.client import HTTPMessage
from pathlib import Path

from tests.mailbox import free_port

TOP = Path(__file__).parents[1]
DEPLOY = TOP / "deploy"
HOST = "fund.example.org"
PATIENCE_SECONDS = 30
PROXIES = ("nginx", "caddy")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: HTTPMessage
    body: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """Where a proxy listens, where the portal does, and where both have their files."""

    folder: Path
    data: Path
    certificate: Path
    portal: int = field(default_factory=free_port)
    http: int = field(default_factory=free_port)
    https: int = field(default_factory=free_port)

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask the proxy by HTTPS, as a browser that knows the host."""
        connection = http.client.HTTPConnection("127.0.0.1", self.https, timeout=PATIENCE_SECONDS)
        connection.sock = self.open()
        return _asked(connection, path, method, body, {"Host": HOST, **(headers or {})})

    def ask_openly(
        self, path: str, *, port: int | None = None, method: str = "GET", host: str = HOST
    ) -> Answer:
        """Ask the proxy, or whoever listens there, by plain HTTP."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", port or self.http, timeout=PATIENCE_SECONDS
        )
        return _asked(connection, path, method, None, {"Host": host})

    def open(self, *, name: str = HOST, version: ssl.TLSVersion | None = None) -> ssl.SSLSocket:
        """Open a connection by TLS, of any version or of one."""
        trust = ssl.create_default_context(cafile=str(self.certificate))
        if version is not None:
            trust.set_ciphers("DEFAULT@SECLEVEL=0")
            trust.minimum_version = trust.maximum_version = version
        plain = socket.create_connection(("127.0.0.1", self.https), timeout=PATIENCE_SECONDS)
        return trust.wrap_socket(plain, server_hostname=name)


def _asked(
    connection: http.client.HTTPConnection,
    path: str,
    method: str,
    body: bytes | None,
    headers: Mapping[str, str],
) -> Answer:
    try:
        # Who is told at once that it is too much may not get rid of all of it.
        with suppress(ConnectionError, ssl.SSLEOFError):
            connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def make_place(folder: Path, data: Path) -> Place:
    """Return a place with a certificate of its own."""
    folder.mkdir()
    certificate = folder / "certificate.pem"
    key = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    name = ("-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}")
    files = ("-keyout", str(folder / "key.pem"), "-out", str(certificate))
    words = ["openssl", *key.split(), *name, *files]
    subprocess.run(words, check=True, capture_output=True)  # noqa: S603 - our own words
    return Place(folder, data, certificate)


@contextmanager
def proxy(name: str, place: Place) -> Iterator[None]:
    """Run a proxy until the block ends."""
    words = (lay_nginx if name == "nginx" else lay_caddy)(place)
    with service(words, {"HOME": str(place.folder)}, log=place.folder / f"{name}.log"):
        until(lambda: listens(place.http) and listens(place.https), f"{name} listens")
        yield


def lay_nginx(place: Place) -> list[str]:
    """Lay out nginx's files; return the command that runs it with them."""
    snippets = place.folder / "snippets"
    snippets.mkdir(exist_ok=True)
    for snippet in (DEPLOY / "nginx").glob("portal-*.conf"):
        shutil.copy(snippet, snippets)
    site = (DEPLOY / "nginx" / "portal.conf").read_text("utf-8")
    for theirs, ours in (
        ("listen 80", f"listen 127.0.0.1:{place.http}"),
        ("listen [::]:80", f"listen [::1]:{place.http}"),
        ("listen 443", f"listen 127.0.0.1:{place.https}"),
        ("listen [::]:443", f"listen [::1]:{place.https}"),
        ("127.0.0.1:8000", f"127.0.0.1:{place.portal}"),
        (f"/etc/letsencrypt/live/{HOST}/fullchain.pem", str(place.certificate)),
        (f"/etc/letsencrypt/live/{HOST}/privkey.pem", str(place.folder / "key.pem")),
        ("/var/log/nginx", str(place.folder)),
        ("/var/lib/portal", str(place.data)),
        ("/srv/portal", str(TOP)),
    ):
        assert theirs in site, theirs
        site = site.replace(theirs, ours)
    (place.folder / "portal.conf").write_text(site, "utf-8")
    bodies = "".join(
        f"{kind}_temp_path {place.folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "scgi", "uwsgi")
    )
    user = "user root;" if os.geteuid() == 0 else ""
    (place.folder / "nginx.conf").write_text(
        f"{user} daemon off; worker_processes 1; pid {place.folder}/pid; error_log stderr;"
        f" events {{ worker_connections 1024; }} http {{ {bodies} include portal.conf; }}"
    )
    return ["nginx", "-p", str(place.folder), "-c", str(place.folder / "nginx.conf")]


def lay_caddy(place: Place) -> list[str]:
    """Lay out Caddy's file; return the command that runs it with it."""
    site = (DEPLOY / "caddy" / "Caddyfile").read_text("utf-8")
    options = (
        f"\tadmin off\n\thttp_port {place.http}\n\thttps_port {place.https}\n"
        "\tdefault_bind 127.0.0.1\n"
    )
    certificate = f"tls {place.certificate} {place.folder / 'key.pem'}"
    for theirs, ours in (
        (
            "\tauto_https disable_redirects\n",
            f"\tauto_https disable_redirects\n{options}",
        ),
        (f"\n{HOST} {{\n", f"\n{HOST} {{\n\t{certificate}\n"),
        ("127.0.0.1:8000", f"127.0.0.1:{place.portal}"),
        ("/var/lib/portal", str(place.data)),
        ("/srv/portal", str(TOP)),
    ):
        assert theirs in site, theirs
        site = site.replace(theirs, ours)
    (place.folder / "Caddyfile").write_text(site, "utf-8")
    file = str(place.folder / "Caddyfile")
    return ["caddy", "run", "--config", file, "--adapter", "caddyfile"]


@contextmanager
def service(
    words: list[str], environment: Mapping[str, str], *, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a service until the block ends, in a session of its own; nothing of it is left."""
    with log.open("ab") as told:
        process = subprocess.Popen(  # noqa: S603 - our own words
            words,
            cwd=TOP,
            env={**os.environ, **environment},
            stdout=told,
            stderr=told,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def portal_services(
    environment: Mapping[str, str], folder: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run pages, publisher and worker as the units do; give the pages' main process."""
    flask = [sys.executable, "-m", "flask", "--app", "portal.app"]
    port = int(environment["PORTAL_BIND"].rpartition(":")[2])
    with (
        service([*flask, "serve"], environment, log=folder / "web.log") as pages,
        service([*flask, "publish", "--every", "1"], environment, log=folder / "publish.log"),
        service([*flask, "worker"], environment, log=folder / "worker.log"),
    ):
        until(lambda: listens(port), "the portal listens")
        yield pages


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(is_so: Callable[[], bool], what: str) -> None:
    """Wait until something is so, and fail when it is not for long."""
    ends = time.monotonic() + 2 * PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < ends, f"not in time: {what}"
        time.sleep(0.1)


def children(pid: int) -> set[int]:
    """Return the web processes of a server's main process."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    found = {int(child) for child in path.read_text().split()}
    return {child for child in found if b"resource_tracker" not in _command(child)}


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return b"resource_tracker"
