"""Schemathesis judges the open API: it reads the OpenAPI document and tries what stands in it.

`make judge-api` founds a province in a folder of its own, lets the cast of the tests file and pay
requests, serves it, and lets Schemathesis send some thousands of good and bad questions.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from judges.bringing import ROOM
from judges.bringing import run
from portal.app import create_app
from portal.cli import set_up
from portal.cli import upgrade_quietly
from portal.db import db
from portal.db import writing
from portal.install import Install
from tests.browser import live_server
from tests.conftest import PROVINCE
from tests.conftest import settings_of
from tests.world import FOUNDED
from tests.world import World

SCHEMATHESIS = "schemathesis==4.32.5"
# Each of the ten addresses is tried this often with good and bad questions.
EXAMPLES = 200


def main() -> int:
    """Bring the judge, serve a portal, and return what the judge answers."""
    program = os.environ.get("SCHEMATHESIS") or _brought()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        app = create_app(settings_of(data, f"sqlite:///{data / 'portal.sqlite'}"))
        with app.app_context():
            _tell(app.extensions["install"])
            with live_server(app) as address:
                return _judge(program, f"{address}/api/v1/openapi.json", f"{address}/api/v1")


def _brought() -> str:
    """Put Schemathesis into an environment of its own."""
    home = ROOM / "schemathesis"
    program = home / "bin" / "schemathesis"
    if not program.exists():
        run(sys.executable, "-m", "venv", str(home))
        run(str(home / "bin" / "pip"), "install", "--quiet", SCHEMATHESIS)
    return str(program)


def _tell(install: Install) -> None:
    """Found a province with a request in each of some states."""
    upgrade_quietly()
    set_up(PROVINCE, at=FOUNDED)
    with writing(db.engine, install.session_info()) as session:
        world = World(session)
        world.confirmed()
        world.approved()
        world.submitted_project()
        for _ in range(5):
            world.submitted()
    install.publish(db.engine)


def _judge(program: str, document: str, address: str) -> int:
    words = [
        program,
        "run",
        document,
        "--url",
        address,
        "--max-examples",
        str(EXAMPLES),
        "--seed",
        "2570",
        "--no-color",
    ]
    # The words are ours; no shell takes them apart.
    return subprocess.run(words, check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())
