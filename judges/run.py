"""Let independent programs judge a log of more than 70,000 entries that the portal made.

    run.py             build the log, serve it as the portal does, hear every judge
    run.py --plant     afterwards damage the log in several ways, and see every judge refuse it

Exit 0: all were heard and accept; 1: one refuses, breaks down, or overlooks a planted fault; 2: one
could not be brought here, unless ALLOW_MISSING=1. `make judges` runs this.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from bringing import HERE
from bringing import JUDGES
from bringing import ROOM
from bringing import Judge
from bringing import MissingError
from court import REFUSED
from court import SECONDS_TO_START
from court import wait_for

from faults import FAULTS

INSTALL = ROOM / "log"
FAILED, MISSING = 1, 2
SECONDS_TO_JUDGE = 600

Called = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a hearing: the exit code, what was said last, how long it took."""

    code: int
    said: str
    seconds: float

    @property
    def word(self) -> str:
        """Say it in a word."""
        return {0: "ACCEPTED", REFUSED: "REFUSED"}.get(self.code, "BROKEN")


def build_log() -> None:
    """Make a new log, with the code as it is now."""
    shutil.rmtree(INSTALL, ignore_errors=True)
    builder = [sys.executable, str(HERE / "build_log.py"), str(INSTALL)]
    subprocess.run(builder, env=settings(), check=True)  # noqa: S603 - our own program


def settings(**more: str) -> dict[str, str]:
    """Return the environment for the portal's own programs, without settings of another install."""
    foreign = ("PORTAL_", "AUDIT_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return kept | {"PYTHONPATH": str(HERE.parent)} | more


@contextmanager
def served() -> Iterator[str]:
    """Serve the install with the portal's own server; give the address of the log."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        bind = f"127.0.0.1:{free.getsockname()[1]}"
    environment = settings(
        PORTAL_DATA_DIR=str(INSTALL),
        PORTAL_SECRET_KEY="known to the judges",  # noqa: S106 - nobody signs in
        # Wherever the judges sit: neither the secret nor the folder is anybody's.
        PORTAL_ALLOW_UNSAFE="1",
        PORTAL_BIND=bind,
    )
    command = [sys.executable, "-m", "flask", "--app", "portal.app", "serve"]
    with (ROOM / "server.log").open("w") as told:
        server = subprocess.Popen(  # noqa: S603 - our own program
            command, env=environment, stdout=told, stderr=told, start_new_session=True
        )
        try:
            wait_for(f"http://{bind}/log/checkpoint")
            yield f"http://{bind}/log"
        finally:
            server.terminate()
            server.wait(SECONDS_TO_START)


def bring(judge: Judge) -> Sequence[str]:
    """Bring a judge here, or say why it is missing."""
    try:
        return judge.bring()
    except MissingError as missing:
        print(f"SKIPPED {judge.name}: {missing}", flush=True)
        return ()


def hear(command: Sequence[str], url: str) -> Verdict:
    """Hear one judge."""
    vkey = (INSTALL / "vkey").read_text("utf-8").strip()
    began = time.monotonic()
    said = subprocess.run(  # noqa: S603 - the judge that was brought here
        [*command, url, vkey, str(INSTALL / "kept")],
        env=settings(NO_PROXY="127.0.0.1", no_proxy="127.0.0.1"),
        capture_output=True,
        text=True,
        timeout=SECONDS_TO_JUDGE,
        check=False,
    )
    lines = (said.stdout if said.returncode == 0 else said.stderr).splitlines() or ["no word"]
    return Verdict(said.returncode, lines[-1], time.monotonic() - began)


def hear_all(called: Called, url: str) -> bool:
    """Hear every judge on the log as it is; say whether all accept."""
    verdicts = []
    for name, command in called.items():
        verdict = hear(command, url)
        verdicts.append(verdict)
        said = verdict.said if verdict.code == 0 else f"{name}: {verdict.said}"
        print(f"{verdict.word} {said} ({verdict.seconds:.1f} s)", flush=True)
    return all(verdict.code == 0 for verdict in verdicts)


def plant_all(called: Called, url: str) -> bool:
    """Plant one fault after the other; say whether every judge that can see it refuses the log."""
    is_seen = True
    for fault in FAULTS:
        print(f"Planted: {fault.name}", flush=True)
        with fault.planted(INSTALL):
            for name, command in called.items():
                if name in fault.unseen_by:
                    continue
                verdict = hear(command, url)
                is_seen = is_seen and verdict.code == REFUSED
                told = verdict.said if verdict.code == REFUSED else f"NOT SEEN: {verdict.said}"
                print(
                    f"  {verdict.word} {name}: {told[:160]} ({verdict.seconds:.1f} s)", flush=True
                )
    return is_seen


def main(words: Sequence[str]) -> int:
    """Build, serve, hear; then damage the log, if that is asked for."""
    ROOM.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    called = {judge.name: command for judge in JUDGES if (command := bring(judge))}
    brought = time.monotonic()
    build_log()
    built = time.monotonic()
    print(
        f"Brought in {brought - began:.0f} s; the log built in {built - brought:.0f} s", flush=True
    )
    with served() as url:
        is_good = hear_all(called, url)
        if is_good and "--plant" in words:
            is_good = plant_all(called, url) and hear_all(called, url)
    missing = [judge.name for judge in JUDGES if judge.name not in called]
    skipped = f" (SKIPPED: {', '.join(missing)})" if missing else ""
    seen = f", and refuse it with any of {len(FAULTS)} faults" if "--plant" in words else ""
    outcome = f"all of them accept the log{seen}" if is_good else "NOT ALL IS WELL, see above"
    seconds = time.monotonic() - began
    print(f"{len(called)} of {len(JUDGES)} judges heard{skipped}: {outcome} ({seconds:.0f} s)")
    if not is_good:
        return FAILED
    return MISSING if missing and os.environ.get("ALLOW_MISSING") != "1" else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
