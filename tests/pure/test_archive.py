from __future__ import annotations

import hashlib
import stat
from pathlib import Path

import pytest

from portal.archive import Archive
from portal.archive import PaperLostError

PAPER = b"%PDF-1.7 and all that follows"
DIGEST = hashlib.sha256(PAPER).hexdigest()


def test_a_paper_is_kept_by_its_digest_for_its_owner_alone(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "papers")
    assert archive.keep(PAPER) == DIGEST
    assert archive.read(DIGEST) == PAPER
    [kept] = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept == tmp_path / "papers" / DIGEST[:2] / f"{DIGEST}.pdf"
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (kept, *kept.parents[:2])]
    assert modes == [0o600, 0o700, 0o700]


def test_the_same_paper_is_kept_once(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "papers")
    assert {archive.keep(PAPER), archive.keep(PAPER)} == {DIGEST}
    assert sum(path.is_file() for path in tmp_path.rglob("*")) == 1


@pytest.mark.parametrize("found", [None, b"", PAPER[:-1], PAPER[:-1] + b"!", PAPER + b" "])
def test_a_paper_that_is_lost_or_changed_is_not_given_out(
    tmp_path: Path, found: bytes | None
) -> None:
    archive = Archive(tmp_path / "papers")
    archive.keep(PAPER)
    path = tmp_path / "papers" / DIGEST[:2] / f"{DIGEST}.pdf"
    path.unlink()
    if found is not None:
        path.write_bytes(found)
    with pytest.raises(PaperLostError, match="no longer has this paper as it was issued"):
        archive.read(DIGEST)


def test_how_large_a_paper_is_can_be_told_until_it_is_lost(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "papers")
    assert archive.size(archive.keep(PAPER)) == len(PAPER)
    archive.forget(DIGEST)
    assert archive.size(DIGEST) is None


def test_a_paper_goes_for_good_and_going_twice_is_no_mistake(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "papers")
    digest = archive.keep(b"%PDF about somebody")
    for _ in range(2):
        archive.forget(digest)
        with pytest.raises(PaperLostError):
            archive.read(digest)
    archive.forget("ff" * 32)


def test_an_archive_may_name_its_files_by_the_digest_alone(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "attachments", suffix="")
    assert archive.read(archive.keep(PAPER)) == PAPER
    [kept] = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept == tmp_path / "attachments" / DIGEST[:2] / DIGEST
    archive.forget(DIGEST)
    assert not kept.exists()
