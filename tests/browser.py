"""A real Chromium, and the portal served to it on this machine."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from wsgiref.types import WSGIApplication

from playwright.sync_api import Browser
from playwright.sync_api import Page
from playwright.sync_api import Playwright
from playwright.sync_api import sync_playwright
from werkzeug.serving import WSGIRequestHandler
from werkzeug.serving import make_server

# `scripts/system-packages.sh` looks for the same programs.
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# No window, no sandbox (the tests may run as root), and no calls home.
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class NoBrowserError(RuntimeError):
    """There is no Chromium, and the tests in it are never skipped."""

    def __init__(self) -> None:
        super().__init__("No Chromium on this machine; `make setup-test` installs it.")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a Chromium with an empty profile; close it afterwards."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_program(playwright), args=list(OPTIONS)
        )
        try:
            yield browser
        finally:
            browser.close()


def _program(playwright: Playwright) -> str:
    """Return the system's browser, or else the one playwright downloaded."""
    own = playwright.chromium.executable_path
    found = [path for name in PROGRAMS if (path := shutil.which(name))]
    if not found and not Path(own).exists():
        raise NoBrowserError
    return found[0] if found else own


def wait_for_letters(page: Page) -> None:
    """Wait until the letters of a page have come, or will not."""
    page.evaluate("() => document.fonts.ready.then(() => true)")


def is_too_wide(page: Page) -> bool:
    """Say whether a page reaches beyond the screen, once its letters have come."""
    wait_for_letters(page)
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


class KeepsAlive(WSGIRequestHandler):
    """Keeps a connection for the next request, as the real server does."""

    protocol_version = "HTTP/1.1"


@contextmanager
def live_server(app: WSGIApplication) -> Iterator[str]:
    """Serve the app from a thread on a free port and give its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=KeepsAlive)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
