"""A machine whose disk, clock and power can fail: what `machine.c` does, told from outside."""

from __future__ import annotations

import mmap
import os
import random
import shutil
import struct
import subprocess
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("machine.c")
# writes_failing, steps_left, shift_seconds, killed
PAGE = struct.Struct("@iiqi")
BLOCK = 4096
# SQLite maps it and never syncs it: it is made anew after every crash.
MAPPED = "-shm"


class NoCompilerError(RuntimeError):
    """The machine could not be built."""


def build(target: Path) -> Path:
    """Compile the library that programs are started with."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        message = "the faults need a C compiler: apt-get install gcc libc6-dev"
        raise NoCompilerError(message)
    words = ["-O2", "-shared", "-fPIC", "-Wno-format-truncation", "-o", str(target), str(SOURCE)]
    done = subprocess.run([compiler, *words], capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    if done.returncode:
        raise NoCompilerError(done.stderr)
    return target


@dataclass
class Machine:
    """One machine: its library, the page that tells it what to do, and what it has on disk."""

    library: Path
    folder: Path

    def __post_init__(self) -> None:
        self.folder.mkdir(mode=0o755)
        self._shadow = self.folder / "shadow"
        self._shadow.mkdir()
        self._shadow.chmod(0o777)  # the database runs as another user
        page = self.folder / "page"
        page.write_bytes(bytes(BLOCK))
        page.chmod(0o666)
        with page.open("r+b") as file:
            self._page = mmap.mmap(file.fileno(), BLOCK)

    def environment(
        self, *, counts: bool = False, keeps: bool = False, has_room: bool = False
    ) -> Mapping[str, str]:
        """Return what a program is started with to run on this machine."""
        told = {"LD_PRELOAD": str(self.library), "FAULTS_PAGE": str(self.folder / "page")}
        told |= {"FAULTS_SHADOW": str(self._shadow)} if keeps else {}
        told |= {"FAULTS_STEPS": "1"} if counts else {}
        return told | ({"FAULTS_ROOM": "1"} if has_room else {})

    def _tell(self, place: int, kind: str, value: int) -> None:
        struct.pack_into(kind, self._page, place, value)

    def fill_disk(self, writes: int = -1) -> None:
        """Let so many writes fail from now on, or every one."""
        self._tell(0, "@i", writes)

    def free_disk(self) -> None:
        """Let there be room again."""
        self._tell(0, "@i", 0)

    def kill_at(self, step: int) -> None:
        """Kill whatever process does its machine's so manieth step from now; 0 kills none."""
        self._tell(4, "@i", step)

    def shift_clock(self, seconds: int) -> None:
        """Let the clock on the wall be so far from the truth."""
        self._tell(8, "@q", seconds)

    @property
    def steps_left(self) -> int:
        """Return how many steps more it takes until one is killed."""
        return int(PAGE.unpack_from(self._page)[1])

    @property
    def killed(self) -> int:
        """Return how many processes were killed at a step."""
        return int(PAGE.unpack_from(self._page)[3])

    def keep_now(self, root: Path) -> None:
        """Take everything below a folder as being on disk already."""
        for path in [root, *root.rglob("*")]:
            kept = self._shadow / str(path.lstat().st_ino)
            if path.is_dir():
                kept.write_text("".join(f"{ino} {name}\n" for name, ino in _listed(path)))
            elif path.is_file():
                shutil.copyfile(path, kept)
            if kept.exists():
                kept.chmod(0o666)

    def lose_power(self, root: Path, chance: random.Random | None) -> None:
        """Leave what a disk would have after the plug was pulled; no process may be alive.

        Without chance nothing that was not synced is there; with it, any part of it may be.
        """
        after = root.with_name(f"{root.name}.after")
        self._rebuild(root, root.stat().st_ino, after, chance)
        shutil.rmtree(root)
        after.rename(root)

    def _rebuild(self, live: Path, ino: int, after: Path, chance: random.Random | None) -> None:
        after.mkdir()
        _own(live if live.exists() else live.parent, after)
        now = dict(_listed(live)) if live.exists() and live.stat().st_ino == ino else {}
        for name, child in _chosen(self._kept_names(ino), now, chance):
            path = live / name
            if name.endswith(MAPPED) or path.is_socket():
                continue
            is_there = now.get(name) == child
            kept = self._shadow / str(child)
            if is_there and path.is_dir():
                self._rebuild(path, child, after / name, chance)
                continue
            content = kept.read_bytes() if kept.exists() else b""
            if is_there and chance:
                content = _mixed(content, path.read_bytes(), chance)
            (after / name).write_bytes(content)
            _own(path if is_there else after, after / name)

    def _kept_names(self, ino: int) -> dict[str, int]:
        kept = self._shadow / str(ino)
        lines = kept.read_text().splitlines() if kept.exists() else []
        return {name: int(number) for number, _, name in (line.partition(" ") for line in lines)}


def _listed(folder: Path) -> Iterator[tuple[str, int]]:
    for entry in os.scandir(folder):
        yield entry.name, entry.inode()


def _chosen(
    kept: Mapping[str, int], now: Mapping[str, int], chance: random.Random | None
) -> Iterator[tuple[str, int]]:
    """Give the names that survive: each as it was synced or, by chance, as it was seen last."""
    for name in sorted({*kept, *now}):
        told = now if chance and chance.random() < 0.5 else kept
        if name in told:
            yield name, told[name]


def _mixed(kept: bytes, now: bytes, chance: random.Random) -> bytes:
    """Return a file of which any block may be as it was written last, or as it was synced."""
    if kept == now or chance.random() < 0.5:
        return kept
    size = max(len(kept), len(now)) if chance.random() < 0.5 else len(kept)
    mixed = bytearray(kept.ljust(size, b"\0"))
    for at in range(0, size, BLOCK):
        newer = now[at : at + BLOCK]
        if newer and chance.random() < 0.5:
            mixed[at : at + len(newer)] = newer
    return bytes(mixed[:size])


def _own(model: Path, path: Path) -> None:
    told = model.stat()
    os.chown(path, told.st_uid, told.st_gid)
    mode = told.st_mode & 0o777
    path.chmod(mode if path.is_dir() or not model.is_dir() else mode & 0o666)
