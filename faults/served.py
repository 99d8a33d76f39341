"""An install to be hurt: its folder, its database, and the processes that serve it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

from sqlalchemy import URL
from sqlalchemy import Engine
from sqlalchemy import create_engine
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from config import Settings
from config import read_settings
from faults import postgres
from faults.machine import Machine
from faults.processes import await_end
from faults.processes import family
from faults.processes import free_port
from faults.processes import kill
from faults.processes import send
from portal.db import prepare

SECRET = "known to the faults alone"  # noqa: S105 - no secret
ANSWERS_WITHIN = 60.0
TOP = Path(__file__).resolve().parent.parent


class NotServedError(RuntimeError):
    """The portal does not come up again; what it said is in the sentence."""


@dataclass(frozen=True, slots=True)
class Kit:
    """What every install of a run stands on: scratch space, the library, PostgreSQL's programs."""

    scratch: Path
    library: Path
    programs: Path


@dataclass
class Site:
    """One install on one machine; `code` is the portal that runs it, perhaps with a bug planted."""

    kit: Kit
    engine: str
    code: Path
    folder: Path
    inline: bool = True
    counts: frozenset[str] = frozenset()
    # Whose disk never fills.
    has_room: frozenset[str] = frozenset()
    keeps: bool = False
    publishes_every: float = 0.5
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(mode=0o755)
        self.machine = Machine(self.kit.library, self.folder / "machine")
        self.port = free_port()

    @property
    def root(self) -> Path:
        """Return the folder that lies on the machine's disk."""
        return self.folder / "root"

    @property
    def data(self) -> Path:
        """Return the portal's data folder."""
        return self.root / "data"

    @property
    def cluster(self) -> Path:
        """Return the folder of the database server."""
        return self.root / "cluster"

    @property
    def owner(self) -> URL:
        """Return how whoever owns the tables reaches the database."""
        return make_url(self.settings.database_url)

    @property
    def is_inline(self) -> bool:
        """Say whether the web process publishes by itself, as an install on SQLite does."""
        return self.engine == "sqlite" and self.inline

    @property
    def settings(self) -> Settings:
        """Return the settings of the install, as the portal reads them."""
        return read_settings(self._settings)

    @property
    def _settings(self) -> Mapping[str, str]:
        url = f"sqlite:///{self.data / 'portal.sqlite'}"
        if self.engine == "postgresql":
            url = postgres.url_of(self.cluster).render_as_string(hide_password=False)
        return {
            "PORTAL_DATA_DIR": str(self.data),
            "PORTAL_DATABASE_URL": url,
            "PORTAL_SECRET_KEY": SECRET,
            # The login is the server's own; and some bugs the portal would find at its start,
            # which here a fault has to.
            "PORTAL_ALLOW_UNSAFE": "1",
            "PORTAL_SECOND_FACTOR": "optional",
            "PORTAL_BIND": f"127.0.0.1:{self.port}",
            "AUDIT_INLINE_PUBLISH": "1" if self.is_inline else "0",
            "PORTAL_PUBLIC_QUERY_MS": "60000",
            "PORTAL_OFFICE_QUERY_MS": "60000",
        }

    def environment(self, name: str = "") -> dict[str, str]:
        """Return what a program of this install finds in its environment."""
        machine = self.machine.environment(
            counts=name in self.counts, keeps=self.keeps, has_room=name in self.has_room
        )
        path = f"{self.kit.programs}:{os.environ['PATH']}"
        told = {"PATH": path, "PYTHONPATH": str(self.code), "PYTHONDONTWRITEBYTECODE": "1"}
        return {**told, "HOME": os.environ.get("HOME", "/"), **self._settings, **machine}

    def found(self) -> None:
        """Make the install: cluster, province, and what there is to act on."""
        self.root.mkdir()
        if self.engine == "postgresql":
            postgres.make_cluster(self.kit.programs, self.cluster)
            self.start_database()
            postgres.execute(postgres.url_of(self.cluster, "postgres"), "CREATE DATABASE portal")
        told = self.run("-m", "faults.founding", name="founding")
        (self.folder / "cast.json").write_text(told.stdout)
        # What a worker has to do at its first start: a server that is hurt is not busy with it.
        self.portal("worker", "--once")
        self.stop()

    @property
    def cast(self) -> dict[str, list[list[int]]]:
        """Return what there is to act on, as `found` told it."""
        told: dict[str, list[list[int]]] = json.loads((self.folder / "cast.json").read_text())
        return told

    def take_after(self, template: Site) -> None:
        """Begin as a copy of another install that is stopped; what it has is on disk."""
        subprocess.run(["cp", "-a", template.root, self.root], check=True)  # noqa: S603, S607
        shutil.copy(template.folder / "cast.json", self.folder / "cast.json")
        if self.keeps:
            self.machine.keep_now(self.root)

    def run(
        self, *words: str, name: str = "", check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of the portal's and wait for its end."""
        done = subprocess.run(  # noqa: S603 - our own words
            [sys.executable, *words],
            cwd=self.code,
            env=self.environment(name),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        if check and done.returncode:
            raise NotServedError(done.stdout[-1000:] + done.stderr[-3000:])
        return done

    def portal(
        self, *words: str, name: str = "", check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of the portal and wait for its end."""
        return self.run("-m", "flask", "--app", "portal.app", *words, name=name, check=check)

    def begin(self, name: str, *words: str) -> None:
        """Start a service of the portal."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(  # noqa: S603 - our own words
                [sys.executable, "-m", "flask", "--app", "portal.app", *words],
                cwd=self.code,
                env=self.environment(name),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def start(self) -> None:
        """Start whatever serves this install, and wait until it answers."""
        self.start_one("database")
        self.start_one("web")
        if not self.is_inline:
            self.start_one("publisher")
        self.wait()

    def start_one(self, name: str) -> None:
        """Start one service."""
        if name == "database":
            self.start_database()
        elif name == "web":
            self.begin("web", "serve")
        else:
            self.begin("publisher", "publish", "--every", f"{self.publishes_every}")

    def start_database(self) -> None:
        """Start the server of the database, where there is one."""
        if self.engine == "postgresql":
            log, machine = self.folder / "database.log", self.environment("database")
            told = {
                name: value for name, value in machine.items() if name.startswith(("LD_", "FAULTS"))
            }
            self.running["database"] = postgres.start(self.kit.programs, self.cluster, log, told)

    def wait(self) -> None:
        """Wait until the pages answer; raise `NotServedError` when they never do."""
        end = time.monotonic() + ANSWERS_WITHIN
        while time.monotonic() < end and self.running["web"].poll() is None:
            if self.is_served():
                return
            time.sleep(0.05)
        raise NotServedError(self.said("web"))

    def is_served(self) -> bool:
        """Say whether the web server answers; whether it can work shows who acts on it next."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5):
                return True
        except OSError:
            return False

    @contextlib.contextmanager
    def engine_here(self) -> Iterator[Engine]:
        """Reach the database of the install, as its owner, for a while."""
        engine = create_engine(self.settings.database_url)
        prepare(engine)
        try:
            yield engine
        finally:
            engine.dispose()

    def has_database(self) -> bool:
        """Say whether the server of the database answers, where there is one."""
        if self.engine != "postgresql":
            return True
        try:
            postgres.execute(postgres.url_of(self.cluster), "SELECT 1")
        except OperationalError:
            return False
        return True

    def said(self, name: str) -> str:
        """Return the end of what a service said."""
        return (self.folder / f"{name}.log").read_text(errors="replace")[-600:]

    def stop(self) -> None:
        """Stop every service as its supervisor would, the database last."""
        for name in sorted(self.running, key="database".__eq__):
            process = self.running.pop(name)
            members = [*family(process.pid)]
            process.send_signal(signal.SIGINT if name in {"database", "web"} else signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            kill(members)
            process.wait()

    def kill(self, *names: str) -> None:
        """Kill services with all their processes at the same moment; all, if none is named."""
        chosen = names or tuple(self.running)
        members = [pid for name in chosen if name in self.running for pid in self.family(name)]
        for sign in (signal.SIGSTOP, signal.SIGKILL):
            for pid in members:
                send(pid, sign)
        for name in chosen:
            if name in self.running:
                self.running.pop(name).wait()
        await_end(members)

    def family(self, name: str) -> list[int]:
        """Return the processes of a service, its own first."""
        return [*family(self.running[name].pid)]

    def lose_power(self, chance: object) -> None:
        """Pull the plug."""
        self.kill()
        self.machine.lose_power(self.root, chance)  # type: ignore[arg-type]  # a Random or None

    def close(self) -> None:
        """End everything and remove every file."""
        self.machine.kill_at(0)
        self.kill()
        shutil.rmtree(self.folder)
