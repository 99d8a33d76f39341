"""The figures that a Prometheus reads: of real servers, a killed process among them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextvars import Context
from dataclasses import replace
from multiprocessing import Pipe
from pathlib import Path
from threading import Thread

import pytest
from granian import Granian
from prometheus_client import CollectorRegistry
from prometheus_client import generate_latest
from prometheus_client import values
from prometheus_client.parser import text_string_to_metric_families

from portal.clock import now
from portal.db import db
from portal.metrics import FOLDER
from portal.metrics import OfAll
from portal.metrics import OfInstall
from portal.rounds import show_until
from tests.conftest import Maker
from tests.conftest import Portal
from tests.mailbox import free_port
from tests.outsiders import ask_them
from tests.outsiders import outsider
from tests.serving import TOP
from tests.serving import ask
from tests.serving import environment
from tests.serving import own_journal
from tests.serving import served
from tests.serving import service
from tests.serving import until
from tests.world import World

# A process that answers so many requests, and waits to be ended.
ANSWERS = """
import sys
from portal.answers import Answers, Figures
from portal.metrics import share_figures
share_figures()
figures = Figures()
def app(environ, start):
    start("200 OK", [])
    return [b"x"]
answers = Answers(app, figures, is_behind_proxy=False)
for _ in range(int(sys.argv[1])):
    for _ in (body := answers({}, lambda *_: None)): pass
    body.close()
figures.in_flight.inc()
print("done", flush=True)
sys.stdin.read()
"""
ANSWERED = 'portal_answers_total{status="200",view="none"}'


def figures(*collectors: object) -> dict[str, float]:
    registry = CollectorRegistry()
    for collector in collectors:
        registry.register(collector)  # type: ignore[arg-type]  # each collects
    told = generate_latest(registry).decode()
    lines = [line.rpartition(" ") for line in told.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def test_two_processes_are_added_up_and_a_dead_one_answers_nothing(tmp_path: Path) -> None:
    named = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    processes = [
        subprocess.Popen(  # noqa: S603 - our own
            [sys.executable, "-c", ANSWERS, str(count)],
            env=named,
            cwd=TOP,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for count in (3, 4)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == b"done\n"
    found = figures(OfAll(tmp_path))
    assert (found[ANSWERED], found["portal_answers_in_flight"]) == (7, 2)
    assert found['portal_answer_seconds_count{view="none"}'] == 7
    processes[0].kill()
    processes[0].communicate()
    found = figures(OfAll(tmp_path))
    assert (found[ANSWERED], found["portal_answers_in_flight"]) == (7, 1)
    processes[1].communicate()


def test_a_server_tells_what_it_answered_also_after_a_process_was_killed(
    portal: Portal, tmp_path: Path, made: Maker
) -> None:
    made(World.submitted)
    with served(portal, tmp_path / "journal") as server:
        until(lambda: _answers(server.metrics))
        health = 'portal_answers_total{status="200",view="public.health.send_health"}'
        server.ask("/healthz")
        server.ask("/nowhere/at/all")
        server.ask("/log?before=%00")
        until(lambda: server.figures().get(health) == 1)
        [worker] = [line for line in server.lines() if "Spawning worker" in str(line["message"])]
        os.kill(int(str(worker["message"]).rpartition(" ")[2]), signal.SIGKILL)
        until(lambda: len(server.lines("Started worker-1")) == 2)
        server.ask("/healthz")
        until(lambda: server.figures().get(health) == 2)
        found = server.figures()
        text = ask(f"{server.metrics}/metrics").text
    assert found['portal_answers_total{status="404",view="none"}'] == 1
    assert found['portal_security_events_total{event="malformed"}'] == 1
    assert found['portal_can_look{at="work"}'] == found['portal_can_look{at="log"}'] == 1
    assert found["portal_log_waiting"] > 0
    assert found["portal_log_waiting_seconds"] > 0
    assert found["portal_letters_waiting"] > 0
    assert {name for name in found if name.startswith("portal_build_info")}
    # As a Prometheus reads it; the portal's own pages have no such page.
    names = [family.name for family in text_string_to_metric_families(text)]
    assert len(names) == len(set(names))
    assert "/nowhere" not in text


def _answers(url: str) -> bool:
    try:
        return ask(f"{url}/metrics").status == 200
    except OSError:
        return False


@pytest.mark.parametrize(
    ("words", "name"), [("worker", "worker"), ("publish --every 1", "publisher")]
)
def test_worker_and_publisher_tell_of_their_rounds(
    portal: Portal, tmp_path: Path, words: str, name: str
) -> None:
    well = f'portal_rounds_total{{end="well",of="{name}"}}'
    with service(portal, tmp_path / name, *words.split()) as running:
        until(lambda: _answers(running.metrics))
        until(lambda: running.figures().get(well, 0) > 0)
        assert running.figures()[f'portal_round_well_at_seconds{{of="{name}"}}'] > 0


def test_what_waits_is_counted_and_what_cannot_be_looked_at_is_said(
    portal: Portal, made: Maker
) -> None:
    made(World.approved)
    of_install = OfInstall(portal.install, db.engine, edition="x")
    before = figures(of_install)
    assert before["portal_jobs_dead"] == 0
    assert before["portal_log_entries"] > 0
    checkpoint = portal.install.folder.path / "checkpoint"
    kept = checkpoint.read_bytes()
    checkpoint.unlink()
    without = figures(of_install)
    checkpoint.write_bytes(b"no checkpoint")
    broken = figures(of_install)
    checkpoint.write_bytes(kept)
    assert "portal_log_entries" not in without
    assert without['portal_can_look{at="log"}'] == 1
    assert broken['portal_can_look{at="log"}'] == 0
    assert broken['portal_can_look{at="queue"}'] == 1
    portal.install.publish(db.engine)
    assert figures(of_install)["portal_log_waiting"] == 0


def test_when_a_witness_cosigned_is_told(portal: Portal) -> None:
    vkey = portal.install.signer.vkey
    with outsider("firm.example", vkey) as firm, outsider("donor.example", vkey) as donor:
        ask_them(portal, {"firm": firm, "donor": donor})
        portal.install.cycle(db.engine, at=now())
        found = figures(OfInstall(portal.install, db.engine, edition="x"))
    for name in ("firm", "donor"):
        assert found[f'portal_log_cosigned_at_seconds{{witness="{name}"}}'] > 0


def test_a_server_makes_a_folder_for_figures_and_shows_them_from_beside(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    bind = f"127.0.0.1:{free_port()}"
    for name, value in environment(portal, PORTAL_METRICS_BIND=bind).items():
        monkeypatch.setenv(name, value)
    folders: list[Path] = []

    def serve(_: object) -> None:
        until(lambda: _answers(f"http://{bind}"))
        folders.append(Path(os.environ[FOLDER]))

    monkeypatch.setattr(Granian, "serve", serve)
    portal.install.settings = replace(portal.install.settings, metrics_bind=bind)
    answer = portal.app.test_cli_runner().invoke(args=["serve"])
    assert answer.exit_code == 0, answer.output
    assert (FOLDER in os.environ, folders[0].exists()) == (False, False)
    assert not _answers(f"http://{bind}")


def test_what_shows_figures_ends_when_the_other_end_is_closed(
    portal: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bind = f"127.0.0.1:{free_port()}"
    for name, value in environment(portal, PORTAL_METRICS_BIND=bind).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv(FOLDER, str(tmp_path))
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    kept = signal.getsignal(signal.SIGINT)
    its_end, our_end = Pipe(duplex=False)
    told: list[str] = []

    def ask_and_close() -> None:
        until(lambda: _answers(f"http://{bind}"))
        told.append(ask(f"http://{bind}/metrics").text)
        our_end.close()

    asking = Thread(target=ask_and_close)
    asking.start()
    try:
        with own_journal():
            Context().run(show_until, its_end)
    finally:
        signal.signal(signal.SIGINT, kept)
        asking.join()
    assert "portal_log_waiting" in told[0]
