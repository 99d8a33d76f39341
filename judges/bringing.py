"""The judges: how each is brought here, at which version, and how it is called.

Everything is put below build/judges, in environments of its own; only Go with its package, Node
and npm come from the system (scripts/system-packages.sh).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOM = HERE.parent / "build" / "judges"
AICS = ("aics-tlog==0.2.1", "aics-witness==0.1.0", "cryptography==50.0.2", "cffi==2.1.1")
# The portal seals with orjson.
RFC8785 = ("rfc8785==0.1.4", "orjson==3.13.0")
SIGSTORE = (
    "@sigstore/verify@3.1.1",
    "@sigstore/core@3.2.1",
    "@sigstore/bundle@4.0.0",
    "@sigstore/protobuf-specs@0.5.2",
)
GO_SOURCES = Path("/usr/share/gocode")
GO_PACKAGE = "golang-golang-x-mod-dev"
AICS_PYTHON = (3, 12)


class MissingError(Exception):
    """A judge cannot be brought here; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Judge:
    """A judge: its name, and what brings it here and returns the command that calls it."""

    name: str
    bring: Callable[[], Sequence[str]]


def run(*words: str, **environment: str) -> str:
    """Run a command that installs something; the last line it complains with is the reason."""
    try:
        # The words are ours; no shell takes them apart.
        done = subprocess.run(  # noqa: S603
            words, env=os.environ | environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        message = f"{words[0]} is not installed"
        raise MissingError(message) from error
    if done.returncode:
        told = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise MissingError(told[-1] if told else f"{words[0]} fails")
    return done.stdout


def once(place: Path, packages: Sequence[str], make: Callable[[], object]) -> None:
    """Make an environment unless it is there with exactly these packages."""
    mark, wanted = place / ".made", "\n".join(packages)
    if mark.exists() and mark.read_text("utf-8") == wanted:
        return
    shutil.rmtree(place, ignore_errors=True)
    make()
    mark.write_text(wanted, "utf-8")


def python_environment(name: str, python: str, *packages: str, option: str = "") -> Path:
    """Bring packages of PyPI into a virtual environment of their own; return its programs."""
    place = ROOM / name
    pip = (str(place / "bin" / "python"), "-m", "pip", "install", "--quiet")
    options = (option,) if option else ()

    def make() -> None:
        run(python, "-m", "venv", str(place))
        run(*pip, "--disable-pip-version-check", *options, *packages)

    once(place, (python, *options, *packages), make)
    return place / "bin"


def newer_python() -> str | None:
    """Find a Python that is new enough for the aics packages: the system's, or one of pyenv's."""
    found = [shutil.which(f"python3{minor}") for minor in ("", ".14", ".13", ".12")]
    built = sorted(Path.home().glob(".pyenv/versions/3.1[2-9].*/bin/python"), reverse=True)
    for python in (sys.executable, *filter(None, found), *map(str, built)):
        try:
            told = run(python, "-c", "import sys, venv; print(*sys.version_info[:2])")
        except MissingError:
            continue  # a name without a Python behind it
        if tuple(map(int, told.split())) >= AICS_PYTHON:
            return python
    return None


def aics() -> Path:
    """Bring the aics packages; they say they need Python 3.12, and run on 3.11."""
    python = newer_python()
    if python:
        return python_environment("aics", python, *AICS)
    return python_environment("aics", sys.executable, *AICS, option="--ignore-requires-python")


def bring_aics_tlog() -> Sequence[str]:
    """Bring the reader."""
    return (str(aics() / "python"), str(HERE / "judge_aics_tlog.py"))


def bring_aics_witness() -> Sequence[str]:
    """Bring the witness; it is talked to from the portal's own environment."""
    witness = f"AICS_WITNESS={aics() / 'aics-witness'}"
    return ("env", witness, sys.executable, str(HERE / "judge_aics_witness.py"))


def bring_rfc8785() -> Sequence[str]:
    """Bring the other encoder."""
    programs = python_environment("rfc8785", sys.executable, *RFC8785)
    return (str(programs / "python"), str(HERE / "judge_rfc8785.py"))


def bring_sigstore() -> Sequence[str]:
    """Bring Sigstore's verifier from npm."""
    run("node", "--version")
    place = ROOM / "node"
    npm = ("npm", "install", "--prefix", str(place), "--no-save", "--no-package-lock")
    quiet = ("--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts")

    def make() -> None:
        place.mkdir(parents=True)
        run(*npm, *quiet, *SIGSTORE)

    once(place, SIGSTORE, make)
    modules = f"NODE_PATH={place / 'node_modules'}"
    return ("env", modules, "node", str(HERE / "judge_sigstore.js"))


def bring_sumdb() -> Sequence[str]:
    """Build the Go judge with the sources that Debian brings."""
    if not (GO_SOURCES / "src" / "golang.org" / "x" / "mod" / "sumdb").exists():
        message = f"the package {GO_PACKAGE} is not installed"
        raise MissingError(message)
    version = run("dpkg-query", "--show", "--showformat=${Version}", GO_PACKAGE)
    judge = str(ROOM / "judge_sumdb")
    build = ("go", "build", "-o", judge, "-ldflags", f"-X main.version={version}")
    environment = {
        "GO111MODULE": "off",
        "GOPATH": str(GO_SOURCES),
        "GOCACHE": str(ROOM / "go-cache"),
        "GOTOOLCHAIN": "local",
    }
    run(*build, str(HERE / "judge_sumdb.go"), **environment)
    return (judge,)


JUDGES = (
    Judge("aics-tlog", bring_aics_tlog),
    Judge("@sigstore/verify", bring_sigstore),
    Judge("x/mod/sumdb", bring_sumdb),
    Judge("aics-witness", bring_aics_witness),
    Judge("rfc8785", bring_rfc8785),
)
