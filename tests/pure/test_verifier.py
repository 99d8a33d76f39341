from __future__ import annotations

import hashlib
import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from gettext import NullTranslations
from pathlib import Path

import pytest

from portal.audit.check import LogError
from portal.audit.entry import Draft
from portal.audit.entry import EntryType
from portal.audit.entry import Json
from portal.audit.entry import Secret
from portal.audit.entry import leaf_hash
from portal.audit.folder import Folder
from portal.audit.link import PaperLink
from portal.audit.merkle import Frontier
from portal.audit.note import Checkpoint
from portal.audit.note import Note
from portal.audit.opening import OpeningFile
from portal.audit.policy import Seen
from portal.audit.proof import Proof
from portal.audit.proving import prove
from portal.audit.sealing import seal
from portal.verifier.checks import tell_age
from portal.verifier.language import Voice
from portal.verifier.language import language
from portal.verifier.main import main
from portal.verifier.main import run
from portal.verifier.tree import SignedTree
from portal.verifier.trust import utc
from tests.logs import AT
from tests.logs import Key
from tests.logs import Witness
from tests.logs import body
from tests.logs import chance
from tests.logs import eid
from tests.logs import genesis
from tests.logs import story
from tests.logs import write_log

KEY = Key()
NOW = datetime.now(UTC)
# The root of the story's log at each size.
ROOTS = [Frontier().extend(map(leaf_hash, story(KEY)[:size])).root() for size in range(16)]
PURPOSE: dict[str, Json] = {"code": "MORE", "name_th": "ไทย", "name_en": "English"}


@dataclass(frozen=True, slots=True)
class Answer:
    """How the tool ended and what it said."""

    code: int
    out: str
    err: str


Ask = Callable[..., Answer]


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Ask:
    def asked(*words: object, lang: str = "en") -> Answer:
        code = run([*map(str, words), "--lang", lang])
        return Answer(code, *capsys.readouterr())

    return asked


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    write_log(tmp_path / "copy", story(KEY), KEY)
    return tmp_path / "copy"


def test_a_whole_log_is_valid(ask: Ask, copy: Path) -> None:
    audited = ask("audit", copy)
    assert (audited.code, audited.err) == (0, "")
    for told in ("Log audit.example/fund: 15 entries", str(KEY.vkey), "No witness", "\nVALID\n"):
        assert told in audited.out
    folded = ask("fold", copy)
    assert (folded.code, folded.err) == (0, "")
    for told in ("Received: 9,000 baht", "Paid out: 1,500 baht", "not yet paid: 0 baht"):
        assert told in folded.out


def test_figures_in_json_stand_alone(ask: Ask, copy: Path) -> None:
    answer = ask("fold", copy, "--json")
    told = json.loads(answer.out)
    assert told["log"]["size"] == 15
    assert told["total"]["disbursed_satang"] == 150_000
    assert [figure["subcommittee"] for figure in told["figures"]] == [None, "SC5", "SC5"]
    assert (answer.code, "\nVALID\n" in answer.err) == (0, True)


def rewritten(copy: Path, bodies: list[bytes]) -> None:
    write_log(copy, bodies, KEY)


@pytest.mark.parametrize(
    ("change", "audited", "folded"),
    [
        (lambda: story(KEY, paid=150_001), "", "is more than was approved"),
        (lambda: story(KEY)[1:], "not the one with which a log begins", "not the one with which"),
        (lambda: [genesis(Key()), *story(KEY)[1:]], "is none of them", "is none of them"),
        (
            lambda: [genesis(Key(KEY.private, origin="other.example")), *story(KEY)[1:]],
            "of another log, other.example",
            "of another log, other.example",
        ),
        (lambda: [*story(KEY), heartbeat(15, ROOTS[14])], "not of this log", "not of this log"),
        (lambda: [*story(KEY), heartbeat(16, ROOTS[15])], "not of this log", "not of this log"),
        (lambda: [*story(KEY), heartbeat(17, ROOTS[15])], "not of this log", "not of this log"),
        (
            lambda: [*story(KEY), prepared_report(15, ROOTS[14])],
            "not of this log",
            "not of this log",
        ),
        (
            lambda: [*story(KEY), prepared_report(16, ROOTS[15])],
            "not of this log",
            "not of this log",
        ),
        (lambda: [*story(KEY), prepared_report(15, ROOTS[15])], "", "names no foundation"),
        (lambda: [*story(KEY), story(KEY)[1]], "", "stands in the log already"),
        (lambda: [*story(KEY)[:3], story(KEY)[1]], "", "stands in the log already"),
        (
            lambda: [*story(KEY), body(99, "purpose.created", PURPOSE, refs=[eid(98)])],
            "",
            "which is not before it",
        ),
        (
            lambda: [*story(KEY), _of(EntryType("strange.act", {}))],
            "strange.act is no type of this log",
            "strange.act is no type of this log",
        ),
        (
            lambda: [*story(KEY), b'{"a": 1}'],
            "not in canonical form",
            "not in canonical form",
        ),
    ],
)
def test_what_is_signed_but_not_allowed_is_found(
    ask: Ask, copy: Path, change: Callable[[], list[bytes]], audited: str, folded: str
) -> None:
    rewritten(copy, change())
    answer = ask("audit", copy)
    assert (answer.code, audited in answer.err) == (1 if audited else 0, True)
    answer = ask("fold", copy, "--json")
    assert (answer.code, answer.out) == (1, "")
    assert "NOT VALID: " in answer.err
    assert folded in answer.err


def heartbeat(size: int, root: bytes) -> bytes:
    public: dict[str, Json] = {"size": size, "root": root.hex(), "is_witnessed": False}
    return body(96, "log.heartbeat", public, role="system")


def prepared_report(size: int, root: bytes) -> bytes:
    public: dict[str, Json] = {
        "reference": "R-2099-01-1",
        "party": "0" * 16,
        "period": "2099-01",
        "size": size,
        "root": root.hex(),
        "th_pdf": "a" * 64,
        "en_pdf": "b" * 64,
        "pack": "c" * 64,
    }
    return body(94, "report.prepared", public)


def test_a_log_names_the_keys_and_checkpoints_that_follow(ask: Ask, copy: Path) -> None:
    beats = [heartbeat(15, ROOTS[15])]
    rewritten(copy, [*story(KEY), *beats])
    assert ask("audit", copy).code == 0
    new = Key()
    added = body(95, "log.key_added", {"vkey": str(new.vkey)}, role="system")
    write_log(copy, [*story(KEY), *beats, added], new)
    assert (ask("audit", copy).code, ask("fold", copy).code) == (0, 0)


def _of(entry_type: EntryType) -> bytes:
    draft = Draft(entry_type, AT, "officer", Secret("x", "x"), {})
    return seal(draft, eid=eid(97), random=chance).body


def test_a_reference_to_an_earlier_entry_is_fine(ask: Ask, copy: Path) -> None:
    rewritten(copy, [*story(KEY), body(99, "purpose.created", PURPOSE, refs=[eid(3)])])
    assert ask("fold", copy).code == 0


def test_a_log_is_checked_by_the_policy_that_is_given(ask: Ask, copy: Path, tmp_path: Path) -> None:
    swapped = tmp_path / "swapped"
    swapped.write_text(Key().policy())
    answer = ask("audit", copy, "--policy", swapped)
    assert (answer.code, "not signed as the policy asks" in answer.err) == (1, True)
    swapped.write_text("log nonsense\nquorum none\n")
    answer = ask("audit", copy, "--policy", swapped)
    assert (answer.code, "line 1" in answer.err) == (3, True)
    swapped.write_bytes(b"\xff")
    assert ask("audit", copy, "--policy", swapped).code == 3
    for missing in (("audit", copy, "--policy", tmp_path / "nowhere"), ("audit", tmp_path)):
        answer = ask(*missing)
        assert (answer.code, "There is no policy" in answer.err) == (3, True)
    (copy / "checkpoint").unlink()
    answer = ask("audit", copy)
    assert (answer.code, "is no copy of a log" in answer.err) == (3, True)


def test_flipped_bits_in_every_file_are_found(ask: Ask, tmp_path: Path) -> None:
    """One bit in every third byte, so that the loop stays short."""
    copy = tmp_path / "copy"
    write_log(copy, story(KEY)[:2], KEY)
    for path in sorted(each for each in copy.rglob("*") if each.is_file()):
        if path.name == "policy":
            continue
        kept = path.read_bytes()
        for at in range(0, len(kept), 3):
            path.write_bytes(kept[:at] + bytes([kept[at] ^ 1 << at % 8]) + kept[at + 1 :])
            assert ask("audit", copy).code == 1, (path, at)
        for cut in (kept[:-1], b"", kept + b"x"):
            path.write_bytes(cut)
            assert ask("audit", copy).code == 1, (path, len(cut))
        path.unlink()
        assert ask("audit", copy).code == (3 if path.name == "checkpoint" else 1)
        path.write_bytes(kept)
    assert ask("audit", copy).code == 0


WITNESSES = tuple(map(Witness, ("audit-firm", "university", "donor")))


def witnessed(copy: Path, *witnesses: Witness, at: datetime = NOW) -> None:
    """Let witnesses cosign what lies in a folder, under a policy of two of three."""
    note = Note.parse((copy / "checkpoint").read_bytes())
    for witness in witnesses:
        note = witness.cosign(note, at)
    (copy / "checkpoint").write_text(str(note))
    group = "group outside 2 " + " ".join(witness.name for witness in WITNESSES)
    text = KEY.policy(*WITNESSES, quorum="outside").replace("quorum", f"{group}\nquorum")
    (copy / "policy").write_text(text)


def test_a_quorum_is_asked_for_and_named(ask: Ask, copy: Path) -> None:
    for count, code in ((0, 2), (1, 2), (2, 0)):
        rewritten(copy, story(KEY))
        witnessed(copy, *WITNESSES[:count])
        for command in ("audit", "fold"):
            answer = ask(command, copy)
            assert answer.code == code
            assert [w.name for w in WITNESSES if f"Witnessed by {w.name}" in answer.out] == [
                w.name for w in WITNESSES[:count]
            ]
            assert ("As many outsiders" in answer.out) == (code == 0)
            assert ("VALID, but not witnessed" in answer.out) == (code == 2)


def test_a_forged_cosignature_is_not_counted_but_refused(ask: Ask, copy: Path) -> None:
    witnessed(copy, WITNESSES[0], Witness("university"))
    assert ask("audit", copy).code == 2  # of a stranger: not a line of this policy's witness
    note = Note.parse((copy / "checkpoint").read_bytes())
    (copy / "checkpoint").write_text(str(WITNESSES[1].cosign(note, NOW)))
    assert ask("audit", copy).code == 0
    text = (copy / "checkpoint").read_text()
    line = text.splitlines()[-1]
    (copy / "checkpoint").write_text(text.replace(line, line[:-6] + "AAAA" + line[-2:]))
    assert ask("audit", copy).code == 1


@pytest.mark.parametrize(
    ("age", "told", "is_warned"),
    [
        (timedelta(hours=3), "3 hours ago", False),
        (timedelta(hours=25), "25 hours ago", False),
        (timedelta(hours=27), "27 hours ago", True),
        (timedelta(minutes=-5), "0 hours ago", False),
        (timedelta(hours=-2), "in the future", True),
    ],
)
def test_the_age_of_the_newest_witness_time_is_told(
    age: timedelta, told: str, *, is_warned: bool
) -> None:
    at = {"old": 1, "new": int((NOW - age).timestamp())}
    stream = io.StringIO()
    seen = Seen(Checkpoint("x", 1, bytes(32)), KEY.vkey, at, is_quorum=True, is_witnessed=True)
    tell_age(Voice(NullTranslations(), stream), seen, NOW)
    assert told in stream.getvalue()
    assert ("WARNING" in stream.getvalue()) == is_warned


def test_a_time_beyond_the_calendar_is_shown_as_it_came() -> None:
    assert utc(1_790_000_000) == "2026-09-21 14:13 UTC"
    assert utc(2**64 - 1) == str(2**64 - 1)


def test_a_copy_continues_the_checkpoints_that_were_kept(
    ask: Ask, copy: Path, tmp_path: Path
) -> None:
    told, kept = story(KEY), tmp_path / "kept"
    for size in (1, 7, 14, 15):
        kept.write_text(str(write_log(tmp_path / "older", told[:size], KEY)))
        answer = ask("consistency", kept, copy)
        assert (answer.code, f"continues the {size} that" in answer.out) == (0, True)
    rewritten(copy, told[:13])
    answer = ask("consistency", kept, copy)
    assert (answer.code, "bring the copy up to date first" in answer.err) == (3, True)
    stranger = tmp_path / "stranger"
    stranger.write_text(str(write_log(tmp_path / "theirs", story(Key()), Key())))
    assert ask("consistency", stranger, copy).code == 1


def test_a_log_that_does_not_continue_is_evidence(ask: Ask, copy: Path, tmp_path: Path) -> None:
    fork = [*story(KEY)[:6], body(50, "purpose.created", PURPOSE)]
    for bodies in (fork, [*fork, *story(KEY)[7:]]):
        kept = tmp_path / "kept"
        kept.write_text(str(write_log(tmp_path / "fork", bodies, KEY)))
        answer = ask("consistency", kept, copy)
        assert (answer.code, "cannot both be true" in answer.err) == (1, True)
        (evidence,) = (copy / "evidence").iterdir()
        assert str(evidence) in answer.err
        text = evidence.read_text()
        assert kept.read_text() in text
        assert (copy / "checkpoint").read_text() in text
        assert "cannot both be true" in text
        evidence.unlink()


def test_damage_is_not_mistaken_for_a_fork(ask: Ask, copy: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text(str(write_log(tmp_path / "older", story(KEY)[:7], KEY)))
    tile = copy / "tile/0/000.p/15"
    tile.write_bytes(bytes(len(tile.read_bytes())))
    answer = ask("consistency", kept, copy)
    assert (answer.code, "do not lead to the root" in answer.err) == (1, True)
    assert not (copy / "evidence").exists()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def checkpoints(folder: Path) -> None:
    """Write what people may have kept: of this log, of a fork, of another log."""
    told = story(KEY)
    fork = [*told[:6], body(50, "purpose.created", PURPOSE)]
    for name, bodies in {
        "7": told[:7],
        "15": told,
        "fork-7": fork,
        "fork-8": [*fork, told[8]],
    }.items():
        (folder / name).write_text(str(write_log(folder / f"log-{name}", bodies, KEY)))
    other = Key(KEY.private, origin="other.example/fund")
    (folder / "other").write_text(str(write_log(folder / "log-other", story(other), other)))
    (folder / "policy").write_text(KEY.policy() + f"log {Key().vkey}\n")
    (folder / "policy-other").write_text(other.policy())


@pytest.mark.parametrize(
    ("one", "other", "more", "code", "told"),
    [
        ("7", "7", (), 0, "one and the same log"),
        ("7", "fork-7", (), 1, "cannot both be true"),
        ("7", "15", (), 3, "can only be decided with the files"),
        ("7", "15", ("--dir", "log-15"), 0, "one and the same log"),
        ("15", "7", ("--dir", "log-15"), 0, "one and the same log"),
        ("7", "15", ("--dir", "log-7"), 3, "bring the copy up to date"),
        ("fork-7", "15", ("--dir", "log-15"), 1, "cannot both be true"),
        ("15", "fork-8", ("--dir", "log-15"), 1, "cannot both be true"),
        ("15", "fork-8", ("--dir", "log-fork-8"), 3, "bring the copy up to date"),
        ("7", "other", (), 1, "not signed as the policy asks"),
        ("7", "nowhere", (), 3, "nowhere cannot be read"),
    ],
)
def test_checkpoints_are_compared(
    ask: Ask, here: Path, one: str, other: str, more: tuple[str, ...], code: int, told: str
) -> None:
    checkpoints(here)
    answer = ask("compare", one, other, "--policy", "policy", *more)
    assert (answer.code, told in answer.out + answer.err) == (code, True), answer
    kept = list(here.glob("evidence/*"))
    assert bool(kept) == (told == "cannot both be true")
    for path in kept:
        text = path.read_text()
        assert (here / other).read_text() in text or (here / one).read_text() in text


def test_a_comparison_says_whose_signatures_count(ask: Ask, here: Path) -> None:
    checkpoints(here)
    assert ask("compare", "7", "15", "--dir", "log-15").code == 0
    answer = ask("compare", "7", "7")
    assert (answer.code, "whose signatures count" in answer.err) == (3, True)
    both = KEY.policy().replace("quorum", f"log {Key(origin='other.example/fund').vkey}\nquorum")
    (here / "both").write_text(both)
    assert ask("compare", "7", "7", "--policy", "both").code == 0


def test_both_checkpoints_need_their_witnesses(ask: Ask, here: Path) -> None:
    checkpoints(here)
    witness = WITNESSES[0]
    (here / "policy").write_text(KEY.policy(witness, quorum=witness.name))
    seen = witness.cosign(Note.parse((here / "7").read_bytes()), NOW)
    (here / "seen").write_text(str(seen))
    for one, other, code in (("seen", "seen", 0), ("seen", "7", 2), ("7", "seen", 2)):
        assert ask("compare", one, other, "--policy", "policy").code == code


def test_checkpoints_of_two_logs_are_not_compared(ask: Ask, here: Path) -> None:
    checkpoints(here)
    second = Key(origin="other.example/fund")
    (here / "second").write_text(str(write_log(here / "log-second", story(second), second)))
    both = KEY.policy().replace("quorum", f"log {second.vkey}\nquorum")
    (here / "both").write_text(both)
    answer = ask("compare", "15", "second", "--policy", "both")
    assert (answer.code, "different logs" in answer.err) == (3, True)


def test_evidence_that_cannot_be_written_is_shown(ask: Ask, here: Path) -> None:
    checkpoints(here)
    (here / "evidence").write_text("in the way")
    answer = ask("compare", "7", "fork-7", "--policy", "policy")
    assert (answer.code, "could not be written" in answer.err) == (1, True)
    for name in ("7", "fork-7"):
        assert (here / name).read_text() in answer.err


def proved(folder: Path, index: int) -> Proof:
    return prove(Folder(folder), index, Note.parse((folder / "checkpoint").read_bytes()))


def test_proofs_are_checked(ask: Ask, copy: Path, tmp_path: Path) -> None:
    policy, file = copy / "policy", tmp_path / "entry.tlog-proof"
    for index in range(15):
        file.write_text(str(proved(copy, index)))
        answer = ask("proof", file, "--policy", policy)
        assert (answer.code, f"Entry {index} is in the log" in answer.out) == (0, True)
        assert ("  satang: 150000" in answer.out) == (index >= 8 and index != 9)
    file.write_text(file.read_text().replace("index 14", "index 13"))
    answer = ask("proof", file, "--policy", policy)
    assert (answer.code, "does not hold" in answer.err) == (1, True)
    assert ask("proof", tmp_path / "nowhere", "--policy", policy).code == 3
    assert ask("proof", file).code == 3


REPORT = EntryType("report.issued", {}, ("doc",))
PDF = b"%PDF-1.7 a paper"


@pytest.fixture
def report(tmp_path: Path) -> tuple[Path, PaperLink, str]:
    """A paper, its proof file and policy in a folder; its link; what opens its digest."""
    digest = hashlib.sha256(PDF).hexdigest()
    doc = {"doc": Secret("report:1", digest)}
    draft = Draft(REPORT, AT, "officer", Secret("person:1", 1), {}, doc)
    sealed = seal(draft, eid=eid(1), random=chance)
    write_log(tmp_path / "log", [genesis(KEY), sealed.body], KEY)
    (tmp_path / "paper.pdf").write_bytes(PDF)
    (tmp_path / "proof").write_text(str(proved(tmp_path / "log", 1)))
    disclosure = sealed.openings[1].disclosure
    return tmp_path, PaperLink(eid(1), "A" * 43), disclosure


def test_a_paper_is_held_against_its_entry(ask: Ask, report: tuple[Path, PaperLink, str]) -> None:
    folder, link, _ = report
    proof = ("proof", folder / "proof", "--policy", folder / "log/policy")
    paper = ("--pdf", folder / "paper.pdf")
    address = f"https://fund.example.org/v#{link}"
    for words, code, told in (
        ((*paper, "--link", address), 0, "is the one that was recorded"),
        ((*paper, "--salt", link.salt), 0, "is the one that was recorded"),
        ((*paper, "--salt", "B" + link.salt[1:]), 1, "This paper is not the one"),
        ((*paper, "--salt", "short"), 1, "base64url"),
        ((*paper, "--link", str(PaperLink(eid(2), link.salt))), 1, "The link is of entry"),
        ((*paper, "--link", "https://fund.example.org/v"), 1, "not the link of a paper"),
        (paper, 3, "with --link or --salt"),
        (("--salt", link.salt), 3, "say which with --pdf"),
        ((*paper, "--salt", link.salt, "--link", address), 3, "--help"),
        (("--pdf", folder / "nowhere", "--salt", link.salt), 3, "nowhere cannot be read"),
    ):
        answer = ask(*proof, *words)
        assert (answer.code, told in answer.out + answer.err) == (code, True), answer
    (folder / "paper.pdf").write_bytes(PDF + b" ")
    answer = ask(*proof, *paper, "--link", address)
    assert (answer.code, "This paper is not the one" in answer.err) == (1, True)


def test_an_opening_is_checked(ask: Ask, report: tuple[Path, PaperLink, str]) -> None:
    folder, _, disclosure = report
    file, policy = folder / "opening.json", folder / "log/policy"
    opening = OpeningFile(proved(folder / "log", 1), (disclosure,))
    file.write_text(str(opening))
    answer = ask("opening", file, "--policy", policy)
    assert (answer.code, f'  doc: "{hashlib.sha256(PDF).hexdigest()}"' in answer.out) == (0, True)
    file.write_text(str(opening).replace(disclosure, disclosure[:-1] + "A"))
    answer = ask("opening", file, "--policy", policy)
    assert (answer.code, "does not hold" in answer.err) == (1, True)
    (folder / "asking").write_text(KEY.policy(WITNESSES[0], quorum=WITNESSES[0].name))
    file.write_text(str(opening))
    assert ask("opening", file, "--policy", folder / "asking").code == 2


@pytest.mark.parametrize(
    ("words", "environment", "expected"),
    [
        ([], {}, "th"),
        ([], {"LANG": "C.UTF-8"}, "th"),
        ([], {"LANG": "en_US.UTF-8"}, "en"),
        ([], {"LANG": "en_US.UTF-8", "LC_ALL": "th_TH.UTF-8"}, "th"),
        (["audit", "--lang", "en"], {"LANG": "th_TH.UTF-8"}, "en"),
        (["--lang=th", "audit"], {"LANG": "en_GB.UTF-8"}, "th"),
        (["--lang"], {"LANG": "en_GB.UTF-8"}, "th"),
        (["--lang", "fr"], {}, "th"),
    ],
)
def test_the_language_is_the_readers(
    words: list[str], environment: dict[str, str], expected: str
) -> None:
    assert language(words, environment) == expected


def test_wrong_use_is_said_and_help_is_given(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("nothing",), ("audit",), ("audit", "x", "--pol", "y"), ("mirror", "x")):
        answer = ask(*words)
        assert (answer.code, "fundlog-verify --help" in answer.err) == (3, True)
    with pytest.raises(SystemExit) as ended:
        run(["--help"])
    assert (ended.value.code, "consistency" in capsys.readouterr().out) == (0, True)


def test_nothing_in_a_file_steers_the_terminal(ask: Ask, copy: Path) -> None:
    (copy / "policy").write_text("log \x9b31mred\nquorum none\n")
    answer = ask("audit", copy)
    assert (answer.code, "\x9b" in answer.err, "\\x9b31mred" in answer.err) == (3, False, True)


def test_trees_of_several_levels_are_read_to_the_root(tmp_path: Path) -> None:
    for size in (255, 256, 257, 512, 700):
        bodies = [b'{"n":%d}' % number for number in range(size)]
        path = tmp_path / str(size)
        head = Checkpoint.parse(write_log(path, bodies, KEY).text)
        tree = SignedTree(head, Folder(path))
        for earlier in (0, 1, 2, 3, 100, 255, 256, 257, 511, 512, 513, size):
            if earlier <= size:
                older = write_log(tmp_path / "older", bodies[:earlier], KEY)
                assert tree.root_at(earlier) == Checkpoint.parse(older.text).root
        assert tree.bundle(0) == (Folder(path).read_tile("entries", 0, min(size, 256)))


def test_a_changed_tile_in_the_middle_of_a_tree_is_found(tmp_path: Path) -> None:
    bodies = [b'{"n":%d}' % number for number in range(600)]
    head = Checkpoint.parse(write_log(tmp_path, bodies, KEY).text)
    for name in ("tile/0/000", "tile/entries/001"):
        path = tmp_path / name
        kept = path.read_bytes()
        for changed in (kept[:-1] + b"x", kept[:-32], None):
            path.write_bytes(changed) if changed else path.unlink()
            tree = SignedTree(head, Folder(tmp_path))
            with pytest.raises(LogError, match=name):
                _ = tree.bundle(0), tree.bundle(1)
        path.write_bytes(kept)


def test_a_main_without_words_ends_with_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["fundlog-verify"])
    for stream in (sys.stdout, io.StringIO()):
        monkeypatch.setattr(sys, "stdout", stream)
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 3
