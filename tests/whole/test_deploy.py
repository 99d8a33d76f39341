"""The files of `deploy/` as their own programs read them, and what they say held against the code.

Where a program is not on this machine, its test says so and is skipped; `make test-deploy` brings
nginx and Caddy, and tries them.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from flask import Flask

from config import read_settings
from deploy.trial.second_machine import BLOCK
from deploy.trial.second_machine import PAGE
from deploy.trial.second_machine import TYPED
from deploy.trial.second_machine import blocks
from portal.app import create_app
from portal.audit.tiles import tile_path
from portal.security import HEADERS
from portal.security import HTTPS_ALONE
from portal.security import PRIVATE
from tests.conftest import settings_of
from tests.proxies import DEPLOY
from tests.proxies import TOP
from tests.proxies import lay_caddy
from tests.proxies import lay_nginx
from tests.proxies import make_place

UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
# systemd-analyze's own scale from 0, "safe", to 10; 2 and less is "ok".
EXPOSURE_MAX = 1.3
NGINX = (DEPLOY / "nginx" / "portal.conf").read_text("utf-8")
CADDY = (DEPLOY / "caddy" / "Caddyfile").read_text("utf-8")


def with_program(name: str) -> str:
    found = shutil.which(name, path="/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"SKIPPED: {name} is not on this machine; make test-deploy brings it")
    return found


def judged(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_nginx_reads_its_files(tmp_path: Path) -> None:
    program = with_program("nginx")
    with_program("openssl")
    (tmp_path / "data").mkdir()
    words = lay_nginx(make_place(tmp_path / "place", tmp_path / "data"))
    assert "successful" in judged(program, "-t", *words[1:])


def test_caddy_reads_its_file(tmp_path: Path) -> None:
    program = with_program("caddy")
    with_program("openssl")
    (tmp_path / "data").mkdir()
    lay_caddy(make_place(tmp_path / "place", tmp_path / "data"))
    file = str(tmp_path / "place" / "Caddyfile")
    assert "Valid" in judged(program, "validate", "--config", file, "--adapter", "caddyfile")


def test_systemd_reads_its_units(tmp_path: Path) -> None:
    program = with_program("systemd-analyze")
    for unit in UNITS:
        # The install is not there, so every program of it is one that is.
        text = unit.read_text("utf-8").replace("/srv/portal/.venv/bin/flask", "/bin/true")
        (tmp_path / unit.name).write_text(text, "utf-8")
    files = [str(tmp_path / unit.name) for unit in UNITS]
    told = judged(program, "verify", "--man=no", *files)
    assert [line for line in told.splitlines() if str(tmp_path) in line or "portal" in line] == []


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: str(unit.stem))
def test_a_service_can_do_little_but_its_work(unit: Path) -> None:
    program = with_program("systemd-analyze")
    told = judged(program, "security", "--offline=true", "--no-pager", str(unit))
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", told)
    assert found is not None
    assert float(found[1]) <= EXPOSURE_MAX


@pytest.mark.parametrize("text", [(DEPLOY / "nginx" / "portal-headers.conf").read_text(), CADDY])
def test_the_headers_of_files_are_those_of_pages(text: str) -> None:
    told = dict(
        re.findall(r'^\s*(?:add_header )?([A-Z][\w-]+) "([^"]+)"(?: always;)?$', text, re.MULTILINE)
    )
    for name, value in (HEADERS | {"Strict-Transport-Security": HTTPS_ALONE}).items():
        assert told[name] == value


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return create_app(settings_of(tmp_path, f"sqlite:///{tmp_path / 'portal.sqlite'}"))


def test_the_proxies_compress_no_page_that_holds_a_secret(app: Flask) -> None:
    (nginx,) = re.findall(r"location ~ (\^\S+office\S+) \{", NGINX)
    caddy = set(re.findall(r"path_regexp (\^\S+office\S+)$", CADDY, re.MULTILINE))
    assert caddy == {nginx}
    private = re.compile(nginx)
    for rule in app.url_map.iter_rules():
        is_private = rule.endpoint.partition(".")[0] in PRIVATE
        # It lies among the pages of the gate, and loses nothing.
        if rule.rule != "/concerns/figures":
            assert bool(private.match(rule.rule)) == is_private, rule.rule


@pytest.mark.parametrize(
    "pattern", re.findall(r"(\^/log/tile\S+)(?: \{)?$", NGINX + CADDY, re.MULTILINE)
)
def test_a_proxy_takes_tiles_from_the_disk_and_nothing_else(pattern: str) -> None:
    is_tile = re.compile(pattern).search
    for level, number, width in ((0, 0, 256), (0, 70_000, 3), (2, 1_234_067, 256)):
        assert is_tile(f"/log/{tile_path(level, number, width)}")
        assert is_tile(f"/log/{tile_path('entries', number, width)}")
    for other in ("0/000.p/.25.new", "0/../../keys/log.pem", "x/000", "0/000.p", ""):
        assert not is_tile(f"/log/tile/{other}")


def test_each_setting_of_the_example_is_in_the_readme() -> None:
    names = re.findall(r"^([A-Z_]+)=", (DEPLOY / "env").read_text("utf-8"), re.MULTILINE)
    readme = (TOP / "README.md").read_text("utf-8")
    ours = {"PUBLISHER_DATABASE_URL", "BACKUP_DATABASE_URL"}
    assert [name for name in names if name not in ours and f"`{name}`" not in readme] == []
    units = "".join(unit.read_text("utf-8") for unit in SERVICES)
    assert all(name in units for name in ours)


def test_the_pages_may_speak_with_who_vouches_for_people_where_somebody_does(
    tmp_path: Path,
) -> None:
    unit = (DEPLOY / "oidc" / "portal-web.conf").read_text("utf-8")
    # A secret comes as a credential, and the whole of it only where the pages run.
    told = re.findall(r"^Environment=(\w+)=%d/(\S+)$", unit, re.MULTILINE)
    assert told == [("PORTAL_OIDC_CLIENT_SECRET_FILE", "oidc-secret")]
    assert "LoadCredential=oidc-secret:" in unit
    assert "IPAddressAllow=" in unit
    lines = (DEPLOY / "oidc" / "env").read_text("utf-8")
    settings = dict(re.findall(r"^([A-Z_]+)=(\S+)$", lines, re.MULTILINE))
    settings |= {"PORTAL_OIDC_CLIENT_SECRET_FILE": str(tmp_path / "oidc-secret")}
    assert read_settings(settings).provider is not None


@pytest.mark.parametrize("block", BLOCK.findall(PAGE.read_text("utf-8")))
def test_the_commands_of_the_page_are_commands(block: str) -> None:
    judged("bash", "-n", "-c", block)


@pytest.mark.parametrize("heading", ["Install", "Three logins", "To another machine", "Upgrade"])
def test_the_page_has_the_sections_that_are_followed(heading: str) -> None:
    told = "".join(blocks(heading))
    assert "/srv/" in told or "psql" in told
    assert not [word for word in TYPED if word in told]
