"""The tool of strangers, built and run as they run it, against the demo and against damage."""

from __future__ import annotations

import ast
import json
import re
import shutil
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable
from collections.abc import Iterable
from datetime import UTC
from datetime import datetime
from gettext import GNUTranslations
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.check import bodies
from portal.audit.entry import canonical
from portal.audit.folder import Folder
from portal.audit.models import LogEntry
from portal.audit.note import Checkpoint
from portal.audit.note import Note
from portal.audit.signer import load_key
from portal.db import db
from portal.publishing.figures import figures
from portal.verifier.build import CATALOGUE
from portal.verifier.build import build
from portal.verifier.build import module_files
from portal.verifier.language import SAID_BELOW
from tests.browser import live_server
from tests.conftest import Portal
from tests.logs import Key
from tests.logs import Witness
from tests.logs import body
from tests.logs import eid
from tests.logs import genesis
from tests.logs import write_log
from tests.tool import Tool
from tests.tool import build_tool
from tests.tool import peak_kilobytes

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIApplication
    from _typeshed.wsgi import WSGIEnvironment

VERDICTS = {
    "en": ("VALID", "NOT VALID: ", "VALID, but not witnessed", "NOT CHECKED: "),
    "th": ("ถูกต้อง", "ไม่ถูกต้อง: ", "ถูกต้อง แต่พยานยังไม่ครบ", "ตรวจสอบไม่ได้: "),
}


@pytest.fixture(scope="session")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Tool:
    return build_tool(tmp_path_factory.mktemp("tool"))


@pytest.fixture(scope="session")
def published(told_demo: Path) -> tuple[Path, Key]:
    """The published log of the demo, and the key that signs it."""
    folder = told_demo / "log"
    origin = Checkpoint.parse(Note.parse((folder / "checkpoint").read_bytes()).text).origin
    return folder, Key(load_key(told_demo / "keys" / "log.pem"), origin)


@pytest.fixture
def copy(published: tuple[Path, Key], tmp_path: Path) -> Path:
    folder, _ = published
    ignored = shutil.ignore_patterns(".*")
    return shutil.copytree(folder, tmp_path / "copy", ignore=ignored)


@pytest.fixture
def key(published: tuple[Path, Key]) -> Key:
    return published[1]


def answers(tool: Tool, *words: object, code: int, en: str = "", th: str = "") -> str:
    """Ask in both languages; return what was said in English on the answer's own stream."""
    said = {}
    for lang, told in (("th", th), ("en", en)):
        ended = tool(*words, lang=lang)
        text = ended.stdout + ended.stderr
        assert (ended.returncode, "Traceback" in text) == (code, False), text
        assert told in text
        lines = text.splitlines()
        assert any(line.startswith(VERDICTS[lang][code]) for line in lines), text
        said[lang] = ended.stdout
    return said["en"]


def fetched(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:  # noqa: S310 - our own server
        content: bytes = answer.read()
        return content


demo_only = pytest.mark.xdist_group("demo")


@demo_only
def test_a_stranger_copies_checks_and_counts(tool: Tool, demo: Portal, tmp_path: Path) -> None:
    copy, kept = tmp_path / "copy", tmp_path / "kept"
    with live_server(demo.app) as url:
        first = tool("mirror", url, tmp_path / "first", lang="th")
        assert (first.returncode, "กุญแจได้มาจากเว็บไซต์นี้เอง" in first.stdout) == (0, True)
        policy = tmp_path / "first" / "policy"
        assert tool("mirror", url, copy, "--policy", policy).returncode == 0
        kept.write_bytes(fetched(f"{url}/log/checkpoint"))
        served = json.loads(fetched(f"{url}/api/v1/figures"))
        with Session(db.engine) as session:
            eids = session.scalars(select(LogEntry.eid).order_by(LogEntry.seqno)).all()
            front = figures(session)
        proof = tmp_path / "entry.tlog-proof"
        proof.write_bytes(fetched(f"{url}/proof/{eids[-1]}.tlog-proof"))
    audited = answers(
        tool,
        "audit",
        copy,
        code=0,
        en="Every entry, every hash and the root",
        th="ทุกรายการ ทุกค่าแฮช และค่าแฮชรวม (root)",
    )
    assert f"{len(eids):,} entries" in audited
    folded = json.loads(tool("fold", copy, "--json").stdout)
    assert folded == served
    assert folded["total"] == {
        "received_satang": front.received.satang,
        "allocated_satang": front.allocated.satang,
        "approved_satang": front.approved.satang,
        "committed_satang": front.committed.satang,
        "disbursed_satang": front.disbursed.satang,
        "fees_satang": front.fees.satang,
    }
    assert f"Paid out: {front.disbursed} baht" in tool("fold", copy).stdout
    told = answers(tool, "proof", proof, "--policy", policy, code=0, th=f"รายการที่ {len(eids) - 1}")
    assert eids[-1] in told
    answers(tool, "consistency", kept, copy, code=0)


def flipped(raw: bytes, at: int = -2) -> bytes:
    """Change a byte: the last but one is in no length and is no newline."""
    at %= len(raw)
    return raw[:at] + bytes([raw[at] ^ 4]) + raw[at + 1 :]


@demo_only
@pytest.mark.parametrize(
    ("name", "damage", "en", "th"),
    [
        ("tile/entries/001", flipped, "is not the one in the tree", "ไม่ตรงกับค่าแฮชของบันทึกประวัติ"),
        ("tile/0/002", flipped, "is not the one in the tree", "ไม่ตรงกับค่าแฮชของบันทึกประวัติ"),
        (
            "tile/1/000.p/*",
            flipped,
            "do not lead to the root",
            "ไฟล์ของรายการล่าสุดคำนวณแล้วไม่ได้ค่าแฮชรวม",
        ),
        (
            "checkpoint",
            lambda raw: flipped(raw, len(raw) // 2),
            "is not signed as the policy asks",
            "ไม่มีลายมือชื่อตามนโยบาย",
        ),
        ("tile/entries/003", lambda raw: raw[:-9], "is cut short", "ขาดหายตั้งแต่ไบต์ที่"),
        ("tile/0/003", lambda raw: raw[:-7], "is damaged", "เสียหาย"),
    ],
)
def test_damage_is_found(
    tool: Tool, copy: Path, name: str, damage: Callable[[bytes], bytes], en: str, th: str
) -> None:
    *_, path = sorted(copy.glob(name), key=lambda each: (len(each.name), each.name))
    path.write_bytes(damage(path.read_bytes()))
    answers(tool, "audit", copy, code=1, en=en, th=th)
    assert tool("fold", copy, "--json").returncode == 1


@demo_only
def test_a_swapped_policy_is_found(tool: Tool, copy: Path, key: Key) -> None:
    swapped = copy / "policy"
    swapped.write_text(Key(origin=key.origin).policy())
    answers(
        tool,
        "audit",
        copy,
        code=1,
        en="no known log signed this checkpoint",
        th="ไม่มีลายมือชื่อของบันทึกที่นโยบายรู้จัก",
    )
    swapped.unlink()
    answers(tool, "audit", copy, code=3, en="There is no policy", th="ไม่มีไฟล์นโยบาย")


def changed(copy: Path, change: Callable[[dict[str, object]], bool]) -> list[bytes]:
    """Return the entries of a copy, with the last one changed that can be."""
    size = Checkpoint.parse(Note.parse((copy / "checkpoint").read_bytes()).text).size
    told = [each for _, each in bodies(Folder(copy), size)]
    for at in reversed(range(size)):
        entry = json.loads(told[at])
        if change(entry):
            return [*told[:at], canonical(entry), *told[at + 1 :]]
    raise AssertionError


def pay_too_much(entry: dict[str, object]) -> bool:
    public = entry["pub"]
    assert isinstance(public, dict)
    if entry["t"] != "payment.prepared":
        return False
    public["satang"] += 1
    return True


def return_to_the_wrong_entry(entry: dict[str, object]) -> bool:
    entry["ref"] = [entry["eid"]]
    return True


@demo_only
@pytest.mark.parametrize(
    ("change", "en", "th"),
    [
        (pay_too_much, "is more than was approved", "เกินจำนวนเงินที่อนุมัติ"),
        (return_to_the_wrong_entry, "which is not before it", "ไม่ได้อยู่ก่อนหน้า"),
    ],
)
def test_a_well_signed_log_that_breaks_a_rule_is_found(
    tool: Tool,
    copy: Path,
    key: Key,
    change: Callable[[dict[str, object]], bool],
    en: str,
    th: str,
) -> None:
    told = changed(copy, change)
    shutil.rmtree(copy)
    write_log(copy, told, key)
    assert tool("audit", copy).returncode == 0
    answers(tool, "fold", copy, code=1, en=en, th=th)


@demo_only
def test_two_checkpoints_by_one_key_are_evidence(
    tool: Tool, copy: Path, key: Key, tmp_path: Path
) -> None:
    told, fork = changed(copy, pay_too_much), tmp_path / "fork"
    for size in (len(told), len(told) - 1):
        fork = tmp_path / f"fork-{size}"
        fork.write_text(str(write_log(tmp_path / "other", told[:size], key)))
        answers(
            tool,
            "consistency",
            fork,
            copy,
            code=1,
            en="cannot both be true",
            th="เป็นจริงพร้อมกันไม่ได้",
        )
    evidence = [path.read_text() for path in (copy / "evidence").iterdir()]
    assert len(evidence) == 2
    assert all((copy / "checkpoint").read_text() in text for text in evidence)
    assert all("เป็นจริงพร้อมกันไม่ได้" in text and "cannot both be true" in text for text in evidence)
    same_size = tmp_path / f"fork-{len(told)}"
    words = ("compare", same_size, copy / "checkpoint", "--policy", copy / "policy")
    ended = tool(*words, cwd=tmp_path)
    assert (ended.returncode, "cannot both be true" in ended.stderr) == (1, True)
    assert list((tmp_path / "evidence").iterdir())
    older = ("compare", fork, copy / "checkpoint", "--policy", copy / "policy")
    answers(tool, *older, code=3, en="can only be decided with", th="จะตัดสินว่าฉบับหนึ่งต่อจาก")


@demo_only
def test_too_few_witnesses_are_said(tool: Tool, copy: Path, key: Key) -> None:
    university, donor = Witness("university"), Witness("donor")
    policy = key.policy(university, donor, quorum="both")
    group = "group both all university donor\nquorum"
    (copy / "policy").write_text(policy.replace("quorum", group))
    note = Note.parse((copy / "checkpoint").read_bytes())
    note = university.cosign(note, datetime.now(UTC))
    (copy / "checkpoint").write_text(str(note))
    said = answers(tool, "audit", copy, code=2, en="Too few outsiders", th="ยังไม่ครบตามนโยบาย")
    assert "Witnessed by university at " in said
    (copy / "checkpoint").write_text(str(donor.cosign(note, datetime(2026, 1, 1, tzinfo=UTC))))
    assert "0 hours ago" in answers(tool, "audit", copy, code=0, en="As many outsiders")


class Gate:
    """Lets so many requests through, and holds the next until it is opened."""

    def __init__(self, app: WSGIApplication, lets: int) -> None:
        self.app, self.lets = app, lets
        self.asked: list[str] = []
        self.is_held, self.is_open = threading.Event(), threading.Event()

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        self.asked.append(environ["PATH_INFO"])
        if len(self.asked) == self.lets + 1:
            self.is_held.set()
            self.is_open.wait(60)
        return self.app(environ, start)


@demo_only
def test_a_copy_that_was_killed_goes_on(tool: Tool, demo: Portal, tmp_path: Path) -> None:
    copy, gate = tmp_path / "copy", Gate(demo.app, 8)
    with live_server(gate) as url:
        command = tool.command("mirror", url, copy)
        with subprocess.Popen(command, stdout=subprocess.PIPE) as killed:  # noqa: S603 - our own
            assert gate.is_held.wait(60)
            killed.send_signal(signal.SIGKILL)
        gate.is_open.set()
        held = {
            f"/log/{path.relative_to(copy)}" for path in copy.rglob("tile/**/*") if path.is_file()
        }
        assert held
        assert not (copy / "checkpoint").exists()
        gate.asked.clear()
        assert tool("mirror", url, copy).returncode == 0
    again = {path for path in gate.asked if path in held}
    # The few files of the right edge are taken together or not at all.
    assert {path for path in again if ".p/" not in path} == set()
    assert tool("audit", copy).returncode == 0


def test_the_file_needs_nothing_but_cryptography(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "loaded.py").write_text(
        "import sys; sys.path.append(sys.argv[1]); sys.path.append(sys.argv[2])\n"
        "import portal.verifier.main\n"
        "print(*{name.partition('.')[0] for name in sys.modules})\n"
    )
    script, packages, file = tmp_path / "loaded.py", tool.packages, tool.file
    command: list[str | Path] = [sys.executable, "-I", "-S", script, packages, file]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own
    foreign = set(ended.stdout.split()) - sys.stdlib_module_names
    # The last two are the compiled parts of cryptography.
    assert foreign <= {"__main__", "portal", "cryptography", "_cffi_backend", "_openssl"}


def test_without_cryptography_it_says_what_it_needs(tool: Tool, tmp_path: Path) -> None:
    ended = Tool(tool.file, tmp_path)("audit", tmp_path)
    assert (ended.returncode, "pip install cryptography" in ended.stderr) == (3, True)
    assert "ต้องใช้ Python 3.11" in ended.stderr


def test_the_same_sources_give_the_same_bytes(tool: Tool, tmp_path: Path) -> None:
    build(tmp_path / "again.pyz")
    assert (tmp_path / "again.pyz").read_bytes() == tool.file.read_bytes()
    assert tool.file.read_bytes().startswith(b"#!/usr/bin/env python3\n")
    assert tool.file.stat().st_mode & 0o111
    for lang, told in (("en", "without taking its word"), ("th", "ไม่ต้องเชื่อคำยืนยัน")):
        ended = tool("audit", "--help", lang=lang)
        assert (ended.returncode, "--policy" in ended.stdout) == (0, True)
        environment = {"LANG": {"en": "en_US.UTF-8", "th": "C"}[lang]}
        command = [sys.executable, str(tool.file), "--help"]
        plain = subprocess.run(  # noqa: S603 - our own
            command, capture_output=True, encoding="utf-8", check=True, env=environment
        )
        assert told in " ".join(plain.stdout.split()).replace(" ", "") or told in plain.stdout


def test_memory_does_not_grow_with_the_log(tool: Tool, tmp_path: Path) -> None:
    key, used = Key(), []
    names = {"code": "P1", "name_th": "ไทย", "name_en": "English"}
    told = [genesis(key), body(1, "purpose.created", names)]
    told += [
        told[1].replace(eid(1).encode(), eid(n).encode()).replace(b'"P1"', b'"P%d"' % n)
        for n in range(2, 12_000)
    ]
    for size in (600, 12_000):
        write_log(tmp_path / str(size), told[:size], key)
        used.append(peak_kilobytes(tool, "audit", tmp_path / str(size)))
    small, large = used
    assert large < 100_000
    assert large - small < 6_000


def sentences(path: Path) -> tuple[set[str], set[str]]:
    """Return what a module says: sentences marked for translation, and those that are not."""
    marked, plain = set(), set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        texts = {
            argument.value
            for argument in node.args
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
        }
        if name == "N_":
            marked |= texts
        elif name.endswith("Error") and name not in {"TypeError", "ValueError", "AssertionError"}:
            plain |= texts
    return marked, plain


def test_everything_it_can_say_has_thai(tool: Tool) -> None:
    told = [sentences(path) for path in module_files().values()]
    marked = set[str]().union(*(each for each, _ in told))
    plain = set[str]().union(*(each for _, each in told))
    # Written by the publisher alone, never by who only reads.
    plain = {text for text in plain if "nothing was signed" not in text}
    assert plain - marked == set()
    assert set(SAID_BELOW) <= plain
    with ZipFile(tool.file) as archive, archive.open(CATALOGUE) as file:
        thai = GNUTranslations(file)
    said = {text for text in marked if re.sub(r"\{[^}]*\}", "", text).strip(": ")}
    assert [text for text in sorted(said) if thai.gettext(text) == text] == []
