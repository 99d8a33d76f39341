"""Follows docs/operators.md on two empty Debians, and compares what they show.

The commands are read out of the page's blocks. On the first machine the portal is installed, set
up, served and copied; on the second it is made of the copy, served and upgraded. Both must then
show the same pages, figures and log. As root, with debootstrap; it takes some minutes:

    .venv/bin/python deploy/trial/second_machine.py [FOLDER]

FOLDER is kept and taken up again, so that a second run brings no packages.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).parents[2]
PAGE = TOP / "docs" / "operators.md"
HOST = "fund.example.org"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PASSWORD = "a password for the trial"  # noqa: S105 - of a machine that is thrown away
# What the operator types in the place of words in capitals.
TYPED = {
    "ADDRESS-OF-THIS-REPOSITORY": "/repository.git",
    "YOUR-HOST": HOST,
    "USERNAME": "malee",
    "RELEASE": "origin/HEAD",
}
INCLUDED = "ca-certificates,debconf,openssl,procps,systemd"
# Mounts and processes live in namespaces that end with the command.
SESSION = """
set -eu
mount --make-rprivate /
mount --bind "$1" "$1"
mount --rbind /dev "$1/dev"
mount -t tmpfs tmpfs "$1/dev/shm"
mount -t proc proc "$1/proc"
exec chroot "$1" env -i HOME=/root LANG=C.UTF-8 \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin bash -eux /commands
"""
LOOPBACK = """python3 - <<'END'
import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh14x", b"lo", 0x49))  # SIOCSIFFLAGS: up
END
rm -rf /run/units
/etc/init.d/postgresql start
"""
CERTIFICATE = f"""
mkdir -p /etc/letsencrypt/live/{HOST}
cd /etc/letsencrypt/live/{HOST}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \\
    -subj /CN={HOST} -addext subjectAltName=DNS:{HOST} -keyout privkey.pem -out fullchain.pem
cd /
"""
LOOK = f"""cat > /look.py <<'END'
import http.client, json, pathlib, socket, ssl, time
trust = ssl.create_default_context(cafile="/etc/letsencrypt/live/{HOST}/fullchain.pem")
def ask(path):
    connection = http.client.HTTPSConnection("{HOST}", context=trust)
    connection.sock = trust.wrap_socket(socket.create_connection(("127.0.0.1", 443)),
                                        server_hostname="{HOST}")
    connection.request("GET", path)
    answer = connection.getresponse()
    told = answer.read().decode("latin-1")
    assert answer.status == 200, (path, answer.status, told)
    return told, answer.headers["X-Request-Id"] is None
def is_up():
    try:
        return ask("/healthz")
    except AssertionError:
        time.sleep(1)
ends = time.monotonic() + 120
while not is_up():
    assert time.monotonic() < ends, "the portal does not come up"
pages = ["/", "/en/", "/requests", "/donations", "/log", "/api/v1/figures", "/log/checkpoint"]
seen = {{path: ask(path)[0] for path in pages}}
log = pathlib.Path("/var/lib/portal/log")
tiles = sorted("/log/" + str(path.relative_to(log)) for path in (log / "tile").rglob("*")
               if path.is_file())
for path in tiles:
    seen[path], is_from_disk = ask(path)
    assert is_from_disk, path
json.dump(seen, open("/seen.json", "w"))
END
python3 /look.py
"""


def blocks(heading: str) -> list[str]:
    """Return the commands of a section, block by block."""
    text = PAGE.read_text("utf-8")
    found = re.search(
        rf"^##+ {re.escape(heading)}\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL
    )
    if found is None:
        message = f"docs/operators.md has no section {heading}"
        raise SystemExit(message)
    commands = BLOCK.findall(found[1])
    for word, typed in TYPED.items():
        commands = [command.replace(word, typed) for command in commands]
    return commands


def within(machine: Path, *commands: str, is_online: bool = False) -> None:
    """Run commands on a machine as its root, and stop at the first that fails."""
    (machine / "commands").write_text("\n".join(commands), "utf-8")
    apart = ["--mount", "--pid", "--fork", "--kill-child", *([] if is_online else ["--net"])]
    answered = f"{PASSWORD}\n{PASSWORD}\n"
    done = subprocess.run(
        ["unshare", *apart, "sh", "-c", SESSION, "session", str(machine)],
        input=answered,
        text=True,
        check=False,
    )
    if done.returncode:
        message = f"A command of docs/operators.md failed on {machine.name} ({done.returncode})."
        raise SystemExit(message)


def empty_debian(folder: Path) -> Path:
    """Return an empty Debian, as this machine's own sources give it."""
    machine = folder / "empty"
    if not machine.exists():
        codename = ("sh", "-c", ". /etc/os-release; echo $VERSION_CODENAME")
        suite = subprocess.run(codename, check=True, capture_output=True, text=True).stdout.strip()
        making = ["debootstrap", "--variant=minbase", f"--include={INCLUDED}", suite]
        subprocess.run(["unshare", "--mount", *making, str(machine)], check=True)
    for name in ("etc/resolv.conf", "etc/hosts", "etc/ssl/certs/ca-certificates.crt"):
        shutil.copy(f"/{name}", machine / name)
    if Path("/etc/pip.conf").exists():
        shutil.copy("/etc/pip.conf", machine / "etc")
    shutil.copytree("/etc/apt/apt.conf.d", machine / "etc/apt/apt.conf.d", dirs_exist_ok=True)
    return machine


def installed(folder: Path) -> Path:
    """Return a machine on which the first block of "Install" was run."""
    done = folder / "installed"
    if not done.exists():
        machine = copied(empty_debian(folder), "installing")
        stand_in = machine / "usr/local/bin/systemctl"
        program = Path(__file__).with_name("systemctl.py").read_text("utf-8")
        stand_in.write_text(f"#!/usr/bin/python3\n{program}", "utf-8")
        stand_in.chmod(0o755)
        clone = ["git", "clone", "--quiet", "--bare", str(TOP), str(machine / "repository.git")]
        subprocess.run(clone, check=True)
        within(machine, "apt-get update", blocks("Install")[0], is_online=True)
        machine.rename(done)
    return done


def copied(machine: Path, name: str) -> Path:
    """Return another machine that is the same until now."""
    other = machine.with_name(name)
    if other.exists():
        shutil.rmtree(other)
    subprocess.run(["cp", "-a", str(machine), str(other)], check=True)
    return other


def try_in(folder: Path) -> None:
    """Set up a first machine, make a second one of its copy, and compare them."""
    base = installed(folder)
    first, second = copied(base, "first"), copied(base, "second")
    away, here = blocks("To another machine")
    served = (*blocks("Serve and publish"), CERTIFICATE, *blocks("The proxy"), LOOK)
    within(
        first,
        LOOPBACK,
        *blocks("Install")[1:],
        *blocks("Three logins"),
        "cp /srv/portal/provinces/rayong.toml /etc/portal/province.toml",
        *blocks("Set up the foundation"),
        *served,
        *blocks("A copy of a night, and an install made of it"),
        "systemctl start portal-check portal-backup",
        *blocks("Every day"),
        away,
    )
    for name in ("move", "move.tar", "move-etc.tar"):
        subprocess.run(
            ["cp", "-a", f"{first}/srv/backup/{name}", f"{second}/srv/backup/"], check=True
        )
    within(
        second,
        LOOPBACK,
        *blocks("Install")[1:],
        *blocks("Three logins"),
        here,
        *served,
        *blocks("A copy of a night, and an install made of it"),
        *blocks("Upgrade"),
        LOOK,
    )
    compare(first, second)


def compare(first: Path, second: Path) -> None:
    """Hold what both show against each other."""
    ours, theirs = (json.loads((each / "seen.json").read_bytes()) for each in (first, second))
    differs = [path for path in {*ours, *theirs} if ours.get(path) != theirs.get(path)]
    if differs:
        message = f"The two machines differ: {sorted(differs)}"
        raise SystemExit(message)
    print(f"Both machines show the same: {len(ours)} pages and files.")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        try_in(Path(sys.argv[1]).absolute())
    else:
        with tempfile.TemporaryDirectory(prefix="portal-machines-") as place:
            try_in(Path(place))
