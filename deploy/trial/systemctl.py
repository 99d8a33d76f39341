"""Stands for systemctl where no systemd runs: starts and stops what the units say, as they say it.

It keeps a unit's user, settings, credentials and sandbox of files (read-only disk, hidden paths, a
/tmp of its own, no privileges). It leaves out limits of memory, of addresses and of system calls.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import re
import shlex
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

UNITS = Path("/etc/systemd/system")
RUNNING = Path("/run/units")
LOGS = Path("/var/log/units")
ENDS_SECONDS = 60
# Linux 6.3 and newer: memory that may be written is never run.
PR_SET_MDWE = 65
# What belongs to Debian itself.
OTHERS = {
    "postgresql": "/etc/init.d/postgresql {verb}",
    "nginx": "/etc/init.d/nginx {verb}",
}

Unit = dict[str, list[str]]


def read(name: str) -> Unit:
    """Read a unit: each key with all its values."""
    text = (UNITS / name).read_text("utf-8").replace("\\\n", " ")
    unit: Unit = defaultdict(list)
    for line in text.splitlines():
        key, is_one, value = line.partition("=")
        if is_one and not line.startswith("#"):
            unit[key].append(value)
    return unit


def start(name: str) -> None:
    """Start a service, or do what one of a single shot does; a timer only waits."""
    if name.endswith(".timer"):
        read(name)
        return
    unit = read(f"{name}.service")
    missing = [path for path in unit["AssertPathExists"] if not Path(path).exists()]
    if missing:
        sys.exit(f"{name}: {missing} does not exist")
    if unit["Type"] == ["oneshot"]:
        for command in unit["ExecStart"]:
            if run(name, command).wait():
                sys.exit(f"{name} failed: {(LOGS / name).read_text('utf-8')}")
        return
    if is_running(name):
        return
    (command,) = unit["ExecStart"]
    process = run(name, command)
    RUNNING.mkdir(exist_ok=True)
    (RUNNING / name).write_text(str(process.pid))
    time.sleep(1)
    if process.poll() is not None:
        sys.exit(f"{name} ended: {(LOGS / name).read_text('utf-8')}")


def run(name: str, command: str) -> subprocess.Popen[bytes]:
    """Run a command of a unit in the unit's sandbox."""
    LOGS.mkdir(exist_ok=True)
    with (LOGS / name).open("ab") as log:
        return subprocess.Popen(
            ["unshare", "--mount", sys.executable, __file__, "within", name, command],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )


def within(name: str, command: str) -> None:
    """In a mount namespace of its own: shut what is shut, give up all privileges, run."""
    unit = read(f"{name}.service")
    user = pwd.getpwnam(unit["User"][0])
    environment = settings(unit, name)
    credentials = Path("/run/credentials") / name
    shut(unit, credentials, user)
    words = [expanded(word, environment) for word in shlex.split(command.replace("%%", "%"))]
    os.chdir(unit["WorkingDirectory"][0])
    os.umask(int(unit["UMask"][0], 8))
    if unit["MemoryDenyWriteExecute"] == ["yes"]:
        ctypes.CDLL(None).prctl(PR_SET_MDWE, 1, 0, 0, 0)
    ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--init-groups"]
    nothing = ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
    os.execvpe("setpriv", ["setpriv", *ids, *nothing, *words], environment)  # noqa: S606


def settings(unit: Unit, name: str) -> dict[str, str]:
    """Return the environment of a unit."""
    found = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/var/lib/portal"}
    for told in unit["Environment"]:
        key, _, value = told.partition("=")
        found[key] = value.replace("%d", f"/run/credentials/{name}")
    for file in unit["EnvironmentFile"]:
        for line in Path(file).read_text("utf-8").splitlines():
            if line and not line.startswith("#"):
                key, _, value = line.partition("=")
                (found[key],) = shlex.split(value)
    return found


def expanded(word: str, environment: dict[str, str]) -> str:
    """Fill in the settings of a command line."""
    return re.sub(r"\$\{(\w+)\}", lambda found: environment[found[1]], word)


def shut(unit: Unit, credentials: Path, user: pwd.struct_passwd) -> None:
    """Make the disk read-only but for what may be written, and hide what may not be seen."""
    mount("--make-rprivate", "/")
    for path in unit["ReadWritePaths"]:
        mount("--bind", path, path)
    for path in ("/tmp", "/var/tmp"):  # noqa: S108 - a mount of its own
        mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", path)
    credentials.mkdir(parents=True, exist_ok=True)
    mount("-t", "tmpfs", "-o", "mode=500", "tmpfs", str(credentials))
    os.chown(credentials, user.pw_uid, user.pw_gid)
    for told in unit["LoadCredential"]:
        key, _, source = told.partition(":")
        (credentials / key).write_bytes(Path(source).read_bytes())
        os.chown(credentials / key, user.pw_uid, user.pw_gid)
        (credentials / key).chmod(0o400)
    hidden = Path("/run/hidden")
    hidden.touch(0o000)
    for told in unit["InaccessiblePaths"]:
        shut_away = Path(told.removeprefix("-"))
        if shut_away.is_dir():
            mount("-t", "tmpfs", "-o", "mode=000", "tmpfs", str(shut_away))
        elif shut_away.exists():
            mount("--bind", str(hidden), str(shut_away))
    for path in (each.removeprefix("-") for each in unit["ReadOnlyPaths"]):
        mount("--bind", path, path)
        mount("-o", "remount,bind,ro", path)
    mount("-o", "remount,bind,ro", "/")


def mount(*words: str) -> None:
    """Mount, or fail."""
    subprocess.run(["mount", *words], check=True)


def is_running(name: str) -> bool:
    """Say whether a service runs."""
    file = RUNNING / name
    return file.exists() and Path(f"/proc/{file.read_text()}").exists()


def stop(name: str) -> None:
    """Stop a service and wait for its end."""
    if name.endswith(".timer") or not is_running(name):
        return
    pid = int((RUNNING / name).read_text())
    os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + ENDS_SECONDS
    while is_running(name) and not _is_dead(pid):
        if time.monotonic() > until:
            sys.exit(f"{name} does not end")
        time.sleep(0.1)
    (RUNNING / name).unlink()


def _is_dead(pid: int) -> bool:
    """A process that nobody waits for stays as a name."""
    return ") Z " in Path(f"/proc/{pid}/stat").read_text()


def main(verb: str, *words: str) -> None:
    """Do as systemctl is told."""
    if verb == "within":
        within(*words)
    if verb == "daemon-reload":
        for unit in UNITS.glob("portal*"):
            read(unit.name)
    for name in (word for word in words if not word.startswith("-")):
        if name in OTHERS:
            words_of_debian = OTHERS[name].format(verb=verb).split()
            subprocess.run(words_of_debian, check=True, stdin=subprocess.DEVNULL)
        else:
            VERBS[verb](name)


VERBS = {"enable": start, "start": start, "disable": stop, "stop": stop}

if __name__ == "__main__":
    main(*sys.argv[1:])
