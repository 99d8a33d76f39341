"""What was promised outlives a power cut: tried on a disk that forgets what was not synced."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from faults.machine import Machine
from faults.machine import build
from portal.audit.signer import Signer
from portal.audit.signer import load_key
from portal.audit.signer import make_key

ORIGIN = "audit.test.example/power"
SIGN = f"""
import sys
from pathlib import Path
from portal.audit.merkle import Frontier
from portal.audit.signer import Signer, load_key
root = Path(sys.argv[1])
signer = Signer(root / "signer.sqlite", load_key(root / "log.pem"), origin="{ORIGIN}")
seen = Frontier()
for leaf in (b"a" * 32, b"b" * 32):
    grown = seen.extend([leaf])
    signer.sign(grown, seen=seen)
    seen = grown
"""
KEEP = """
import sys
from pathlib import Path
from portal.archive import Archive
print(Archive(Path(sys.argv[1]) / "papers").keep(b"%PDF of a paper"))
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("machine") / "machine.so")


@pytest.fixture
def machine(library: Path, tmp_path: Path) -> Machine:
    (tmp_path / "root").mkdir()
    return Machine(library, tmp_path / "machine")


def run(machine: Machine, root: Path, program: str) -> str:
    """Run a program on the machine, then pull the plug; return what it said."""
    machine.keep_now(root)
    environment = os.environ | machine.environment(keeps=True)
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program, root],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    machine.lose_power(root, None)
    return done.stdout.strip()


def test_the_machine_forgets_what_was_not_synced(machine: Machine, tmp_path: Path) -> None:
    root = tmp_path / "root"
    run(machine, root, f"open({str(root / 'new')!r}, 'w').write('lost')")
    assert [*root.iterdir()] == []


def test_what_was_signed_stays_signed(machine: Machine, tmp_path: Path) -> None:
    root = tmp_path / "root"
    make_key(root / "log.pem")
    run(machine, root, SIGN)
    head = Signer(root / "signer.sqlite", load_key(root / "log.pem"), origin=ORIGIN).head()
    assert head is not None
    assert head.frontier.size == 2


def test_what_was_kept_stays_kept(machine: Machine, tmp_path: Path) -> None:
    digest = run(machine, tmp_path / "root", KEEP)
    kept = tmp_path / "root" / "papers" / digest[:2] / f"{digest}.pdf"
    assert kept.read_bytes() == b"%PDF of a paper"
