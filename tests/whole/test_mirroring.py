"""Copying a log from a site that may be slow, broken, stale, or lying."""

from __future__ import annotations

import http.client
import urllib.request
from collections.abc import Callable
from collections.abc import Iterator
from datetime import UTC
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

import pytest

from portal.audit.folder import Folder
from portal.audit.note import Note
from portal.verifier import site as sites
from portal.verifier.main import run
from portal.verifier.site import Site as ReadSite
from portal.verifier.site import SiteError
from portal.verifier.trust import NotCheckedError
from tests.logs import Key
from tests.logs import Site
from tests.logs import Witness
from tests.logs import body
from tests.logs import genesis
from tests.logs import served
from tests.logs import write_log

KEY = Key()
NAMES = {"name_th": "ไทย", "name_en": "English"}


def bodies(size: int, *, other_from: int = 10**9) -> list[bytes]:
    """Return entries of a log; from a place on, those of another history."""
    return [
        genesis(KEY),
        *(
            body(n, "purpose.created", {"code": f"P{n}{'x' * (n >= other_from)}", **NAMES})
            for n in range(1, size)
        ),
    ]


LONG = bodies(700)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(sites, "PAUSES", (0, 0))
    write_log(tmp_path / "site", LONG[:600], KEY)
    with served(tmp_path / "site") as site:
        yield site


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return tmp_path / "copy"


Ask = Callable[..., tuple[int, str]]


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Ask:
    def asked(*words: object) -> tuple[int, str]:
        code = run([*map(str, words), "--lang", "en"])
        said = capsys.readouterr()
        return code, said.out + said.err

    return asked


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def test_a_copy_is_what_the_site_has(ask: Ask, site: Site, copy: Path) -> None:
    code, said = ask("mirror", site.url, copy)
    assert (code, "The key came from the site itself" in said) == (0, True)
    assert files(copy) == files(site.path)
    assert ask("audit", copy)[0] == 0
    site.asked.clear()
    code, said = ask("mirror", f"{site.url}/log/", copy)
    assert (code, "came from the site" in said, "0 files are new" in said) == (0, False, True)
    assert site.asked == ["policy", "checkpoint"]


def test_a_copy_follows_a_log_that_grows(ask: Ask, site: Site, copy: Path, tmp_path: Path) -> None:
    for size in (1, 255, 256, 257, 600, 700):
        write_log(site.path, LONG[:size], KEY)
        site.asked.clear()
        assert ask("mirror", site.url, copy)[0] == 0
        assert ask("audit", copy)[0] == 0
        # Partial files of earlier sizes are gone: the copy is what a site of this size would be.
        write_log(tmp_path / str(size), LONG[:size], KEY)
        assert files(copy) == files(tmp_path / str(size))
    assert "tile/entries/000" not in site.asked


def test_partial_files_that_are_gone_are_cut_from_the_full_ones(
    ask: Ask, site: Site, copy: Path
) -> None:
    checkpoint = (site.path / "checkpoint").read_bytes()
    write_log(site.path, [*LONG, *bodies(800)[700:]], KEY)
    for kind in ("0", "entries"):
        (site.path / f"tile/{kind}/002.p/88").unlink()
    (site.path / "checkpoint").write_bytes(checkpoint)
    assert ask("mirror", site.url, copy)[0] == 0
    assert ask("audit", copy)[0] == 0
    (site.path / "tile/0/002").unlink()
    (copy / "tile/0/002.p/88").unlink()
    code, said = ask("mirror", site.url, copy)
    assert (code, "do not lead to the root" in said) == (1, True)


@pytest.mark.parametrize("name", ["tile/entries/001", "tile/0/000", "tile/0/002.p/88"])
@pytest.mark.parametrize("damage", [lambda raw: raw[:-1] + b"x", lambda raw: raw[:-32], None])
def test_nothing_is_written_that_is_not_signed(
    ask: Ask,
    site: Site,
    copy: Path,
    name: str,
    damage: Callable[[bytes], bytes] | None,
) -> None:
    whole = (site.path / name).read_bytes()
    site.instead[name] = damage(whole) if damage else HTTPStatus.NOT_FOUND
    code, said = ask("mirror", site.url, copy)
    assert (code, name in said or "do not lead to the root" in said) == (1, True)
    held = files(copy)
    assert held.items() <= files(site.path).items()
    assert "checkpoint" not in held
    # What was right is not fetched a second time.
    site.instead.clear()
    site.asked.clear()
    assert ask("mirror", site.url, copy)[0] == 0
    assert not {name for name in site.asked if name in held and ".p/" not in name} - {"policy"}
    assert files(copy) == files(site.path)


@pytest.mark.parametrize("name", ["tile/entries/001", "tile/0/000", "tile/1/000.p/2"])
def test_damage_in_a_copy_is_found_and_mended(ask: Ask, site: Site, copy: Path, name: str) -> None:
    ask("mirror", site.url, copy)
    kept = (copy / name).read_bytes()
    (copy / name).write_bytes(kept[:40] + bytes([kept[40] ^ 1]) + kept[41:])
    assert ask("audit", copy)[0] == 1
    code, said = ask("mirror", site.url, copy)
    assert (code, "Damaged files in the copy were replaced: 1." in said) == (0, True)
    assert ask("audit", copy)[0] == 0


def test_a_checkpoint_that_nobody_trusts_is_refused(
    ask: Ask, site: Site, copy: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    own.write_text(Key().policy())
    code, said = ask("mirror", site.url, copy, "--policy", own)
    assert (code, "not signed as the policy asks" in said) == (1, True)
    assert files(copy) == {}
    own.write_text(KEY.policy())
    assert ask("mirror", site.url, copy, "--policy", own)[0] == 0
    assert (copy / "policy").read_bytes() == own.read_bytes()
    raw = (site.path / "checkpoint").read_bytes()
    site.instead["checkpoint"] = raw[:40] + bytes([raw[40] ^ 1]) + raw[41:]
    before = files(copy)
    assert ask("mirror", site.url, copy)[0] == 1
    assert files(copy) == before


def test_another_policy_of_the_site_is_told_and_not_used(ask: Ask, site: Site, copy: Path) -> None:
    ask("mirror", site.url, copy)
    kept = (copy / "policy").read_bytes()
    for told in (Key().policy().encode(), HTTPStatus.NOT_FOUND):
        site.instead["policy"] = told
        code, said = ask("mirror", site.url, copy)
        assert (code, "gives another policy" in said) == (0, True)
        assert (copy / "policy").read_bytes() == kept
    # A log that was signed anew with the site's new key is not followed.
    other = Key()
    write_log(site.path, LONG, other)
    site.instead.clear()
    assert ask("mirror", site.url, copy)[0] == 1


@pytest.mark.parametrize("size", [300, 600, 650])
def test_a_fork_is_refused_and_kept_as_evidence(
    ask: Ask, site: Site, copy: Path, size: int
) -> None:
    ask("mirror", site.url, copy)
    before = files(copy)
    fork = write_log(site.path, bodies(size, other_from=290), KEY)
    code, said = ask("mirror", site.url, copy)
    assert (code, "cannot both be true" in said) == (1, True)
    after = files(copy)
    (evidence,) = after.keys() - before.keys()
    assert evidence.startswith("evidence/split-view-")
    assert str(copy / evidence) in said
    told = after[evidence].decode()
    assert str(fork) in told
    assert before["checkpoint"].decode() in told
    assert before.items() <= after.items()


def test_an_older_checkpoint_of_the_same_log_changes_nothing(
    ask: Ask, site: Site, copy: Path
) -> None:
    ask("mirror", site.url, copy)
    before = files(copy)
    site.instead["checkpoint"] = str(write_log(site.path, LONG[:300], KEY)).encode()
    code, said = ask("mirror", site.url, copy)
    assert (code, "gives an older checkpoint" in said) == (3, True)
    assert files(copy) == before


def test_the_checkpoint_with_enough_witnesses_is_kept(
    ask: Ask, site: Site, copy: Path, tmp_path: Path
) -> None:
    witness, policy = Witness("university"), tmp_path / "policy"
    policy.write_text(KEY.policy(witness, quorum="university"))
    plain = (site.path / "checkpoint").read_bytes()
    code, said = ask("mirror", site.url, copy, "--policy", policy)
    assert (code, "VALID, but not witnessed" in said) == (2, True)
    signed = str(witness.cosign(Note.parse(plain), datetime.now(UTC))).encode()
    (site.path / "checkpoint").write_bytes(signed)
    assert ask("mirror", site.url, copy)[0] == 0
    assert (copy / "checkpoint").read_bytes() == signed
    # Later the site forgets its witness, or somebody between takes the line away.
    (site.path / "checkpoint").write_bytes(plain)
    assert ask("mirror", site.url, copy)[0] == 0
    assert (copy / "checkpoint").read_bytes() == signed


@pytest.mark.parametrize(
    "status", [HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.FORBIDDEN]
)
def test_a_site_that_does_not_answer_is_no_verdict(
    ask: Ask, site: Site, copy: Path, status: HTTPStatus
) -> None:
    site.instead["tile/0/001"] = status
    code, said = ask("mirror", site.url, copy)
    assert (code, "NOT CHECKED: " in said) == (3, True)
    tries = 1 if status is HTTPStatus.FORBIDDEN else 3
    assert site.asked.count("tile/0/001") == tries
    site.instead = {"checkpoint": HTTPStatus.NOT_FOUND}
    assert ask("mirror", site.url, copy)[0] == 3


def test_an_answer_that_is_too_long_or_cut_is_refused(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = ReadSite.parse(site.url)
    site.instead["long"] = bytes(101)
    with pytest.raises(SiteError, match="> 100 bytes"):
        place.read("long", most=100)
    assert place.read("long", most=101) == bytes(101)

    def cut(request: urllib.request.Request, timeout: int) -> http.client.HTTPResponse:
        answer: http.client.HTTPResponse = whole(request, timeout=timeout)
        answer.length = 200
        return answer

    whole = urllib.request.urlopen
    monkeypatch.setattr(urllib.request, "urlopen", cut)
    with pytest.raises(SiteError, match="more expected"):
        place.read("long", most=500)


def test_a_closed_door_is_said(ask: Ask, site: Site, copy: Path) -> None:
    unused = site.url.rpartition(":")[0] + ":1"
    code, said = ask("mirror", unused, copy)
    assert (code, "cannot be read" in said) == (3, True)


@pytest.mark.parametrize(
    "address", ["fund.example.org", "file:///etc/passwd", "http://", "http://[", "http://x/?y"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(NotCheckedError):
        ReadSite.parse(address)


def test_checkpoints_are_compared_with_the_files_of_a_site(
    ask: Ask, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    notes = {"kept": LONG[:300], "forked": bodies(300, other_from=290)}
    for name, told in notes.items():
        Path(name).write_text(str(write_log(tmp_path / f"log-{name}", told, KEY)))
    Path("newest").write_bytes((site.path / "checkpoint").read_bytes())
    Path("policy").write_text(KEY.policy())
    words = ("newest", "--policy", "policy", "--dir", site.url)
    code, said = ask("compare", "kept", *words)
    assert (code, "one and the same log" in said) == (0, True)
    code, said = ask("compare", "forked", *words)
    assert (code, "cannot both be true" in said) == (1, True)
    assert ask("compare", "kept", "newest", "--dir", site.url)[0] == 3


def test_folders_and_sites_read_the_same(site: Site) -> None:
    place, folder = ReadSite.parse(site.url), Folder(site.path)
    for tile in (("entries", 2, 88), (0, 2, 88), (0, 1, 256), (0, 1, 17), ("entries", 0, 3)):
        assert place.read_tile(*tile) == folder.read_tile(*tile)
