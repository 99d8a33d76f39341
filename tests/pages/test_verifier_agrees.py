"""The script of the verifier judges as the portal's own code does, and no damage ends in a yes."""

from __future__ import annotations

import random
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from portal.audit.entry import EntryError
from portal.audit.merkle import ProofError
from portal.audit.note import Note
from portal.audit.note import NoteError
from portal.audit.note import Signature
from portal.audit.policy import Policy
from portal.audit.policy import PolicyError
from portal.audit.proof import Proof
from tests.browser import chromium
from tests.conftest import Visitor
from tests.damages import bits_and_cuts
from tests.damages import damages
from tests.verifier_page import Told
from tests.verifier_page import judged
from tests.witnesses import LOG
from tests.witnesses import WITNESSES
from tests.witnesses import cosignature
from tests.witnesses import issue
from tests.witnesses import prove_among
from tests.witnesses import two_of_three
from tests.witnesses import witnessed

pytestmark = pytest.mark.parametrize("portal", ["sqlite"], indirect=True)


@pytest.fixture
def page(client: Visitor, tmp_path: Path) -> Iterator[Page]:
    """The page, opened from a file."""
    copy = tmp_path / "verify.html"
    copy.write_bytes(client.get("/v").data)
    with chromium() as browser:
        page = browser.new_page()
        page.goto(copy.as_uri())
        yield page


def by_the_portal(policy: str, raw: bytes) -> Told | None:
    """Judge a proof by the portal's own code."""
    try:
        rules = Policy.parse(policy)
        proof = Proof.parse(raw)
        entry, seen = proof.verify(rules)
    except (PolicyError, ProofError, NoteError, EntryError):
        return None
    published = "published" if rules.quorum == "none" else None
    return {
        "eid": entry.eid,
        "index": str(proof.index),
        "size": str(seen.checkpoint.size),
        "times": {name: str(at) for name, at in seen.witnessed.items()},
        "isQuorum": seen.is_quorum,
        "verdict": published or ("witnessed" if seen.is_quorum else "unwitnessed"),
    }


def seven() -> Proof:
    """Return the proof of the last of seven entries."""
    return prove_among([issue(b"").sealed.body for _ in range(7)], 6)


def test_no_damage_ends_in_a_yes(page: Page) -> None:
    proof = witnessed(seven(), "audit-firm", "donor")
    raw = str(proof).encode()
    named = [("untouched", raw), *bits_and_cuts(raw), *damages(proof)]
    answers = judged(page, [(two_of_three(LOG), raw) for _, raw in named])
    assert answers == [by_the_portal(two_of_three(LOG), raw) for _, raw in named]
    is_yes = [told is not None and told["verdict"] == "witnessed" for told in answers]
    assert [name for (name, _), yes in zip(named, is_yes, strict=True) if yes] == ["untouched"]
    # Where nobody witnesses, only what nobody signed may change: the lines of the witnesses.
    alone = f"log {LOG}\nquorum none\n"
    answers = judged(page, [(alone, raw) for _, raw in named])
    assert answers == [by_the_portal(alone, raw) for _, raw in named]
    signed = raw.index("— audit".encode())
    assert answers[1 : signed + 1] == [None] * signed


# What may stand where the amount stands, and what may not, as JSON.
VALUES = (
    *(
        "0",
        "-0",
        "-1",
        "1.0",
        "1e2",
        "01",
        "9007199254740991",
        "9007199254740992",
        "-9007199254740993",
    ),
    *(
        "null",
        "true",
        "NaN",
        "Infinity",
        '""',
        '"\u007f"',
        '"\u2028"',
        '"😀"',
        '"\\u0041"',
        '"\\ud83d"',
    ),
    *(
        '"\u202e"',
        '"e\u0301"',
        '"\u0e33"',
        '"\u0e4d\u0e32"',
        '"\\/"',
        '"\t"',
        '"\\t"',
        '"\\""',
        '"\\\\"',
    ),
    *(
        "[]",
        "[1,2]",
        "[1, 2]",
        "{}",
        '{"__proto__":1}',
        '{"a":1,"b":2}',
        '{"b":1,"a":2}',
        '{"A":1}',
    ),
    *('{"1":1,"0":2}', '{"0":1,"1":2}', '{"constructor":[]}', '{"":1}', f'{{"{"a" * 33}":1}}'),
    *(
        "[[[[1]]]]",
        "[[[[]]]]",
        "[[[1]]]",
        '{"a":{"a":{"a":{"a":1}}}}',
        '{"a":1,"a":1}',
        "",
        "[1",
        "{1}",
    ),
)


def test_it_reads_the_same_entries(page: Page) -> None:
    body = issue(b"").sealed.body
    bodies = [body.replace(b"150050", value.encode("utf-8", "surrogatepass")) for value in VALUES]
    policy = f"log {LOG}\nquorum none\n"
    cases = [(policy, str(prove_among([each], 0)).encode()) for each in (body, *bodies)]
    expected = [by_the_portal(*case) for case in cases]
    assert judged(page, cases) == expected
    assert expected[0] is not None
    assert 15 < expected.count(None) < len(expected) - 15


def random_policy(dice: random.Random) -> str:
    """Write a policy that may be right, or nearly."""
    lines = [f"log {LOG}", *(f"witness {name} {key}" for name, key in WITNESSES.items())]
    dice.shuffle(lines)
    lines = lines[: dice.choice([4, 4, 4, 3])]
    names, groups = list(WITNESSES), ["one", "two"]
    for group in groups[: dice.randrange(3)]:
        members = dice.sample(names, dice.randint(1, len(names)))
        needed = dice.choice(["any", "all", "1", "2", "3", "0", "02"])
        lines.append(f"group {group} {needed} {' '.join(members)}")
        names.append(group)
    lines.append(f"quorum {dice.choice(['none', *names])}")
    return "\n".join(lines) + "\n"


def random_note(dice: random.Random, note: Note) -> Note:
    """Let some witnesses sign along, once or twice, at any time a timestamp can hold."""
    lines = list(note.signatures)
    names = dice.choices(list(WITNESSES), k=dice.randrange(5))
    times = (0, 1, 1_790_000_000, 2**64 - 1)
    lines += [cosignature(note.text, name, dice.choice(times)) for name in names]
    if dice.random() < 0.2:
        at = dice.randrange(len(lines))
        line = lines[at]
        lines[at] = Signature(line.name, line.key_id, line.signature[: dice.choice([1, 8, 63, 71])])
    if dice.random() < 0.2:
        lines.append(Signature(dice.choice(["x", LOG.name]), b"\0\1\2\3", dice.randbytes(64)))
    dice.shuffle(lines)
    return Note(note.text, tuple(lines))


SPOILERS = (" ", "\n", "\n\n", "\t", "\x00", "\x1f", "\x85", "\xa0", "\u2028", "\ufeff", "+", "=")


def spoiled(dice: random.Random, written: str) -> str:
    """Put a letter in, take one out, or exchange two lines."""
    at = dice.randrange(len(written))
    lines = written.split("\n")
    dice.shuffle(lines)
    ways: list[Callable[[], str]] = [
        lambda: written[:at] + dice.choice(SPOILERS) + written[at:],
        lambda: written[:at] + written[at + 1 :],
        lambda: written[:at] + chr(ord(written[at]) ^ 1) + written[at + 1 :],
        lambda: "\n".join(lines),
    ]
    return dice.choice(ways)()


def random_case(dice: random.Random, proof: Proof) -> tuple[str, bytes]:
    note = random_note(dice, proof.note)
    policy = random_policy(dice)
    written = str(Proof(proof.body, proof.index, proof.hashes, note))
    if dice.random() < 0.3:
        written = spoiled(dice, written)
    if dice.random() < 0.2:
        policy = spoiled(dice, policy)
    return policy, written.encode()


def test_it_judges_as_the_portal_does(page: Page) -> None:
    dice = random.Random(20261122)  # noqa: S311 - to be the same in every run
    bodies = [issue(b"").sealed.body for _ in range(300)]
    sizes = [1, 2, 3, 7, 8, 21, 64, 65, 300]
    proofs = [
        prove_among(bodies[:size], at)
        for size in sizes
        for at in {0, size // 2, size - 2, size - 1}
        if at >= 0
    ]
    cases = [random_case(dice, dice.choice(proofs)) for _ in range(1500)]
    expected = [by_the_portal(policy, raw) for policy, raw in cases]
    assert judged(page, cases) == expected
    # The dice gave every kind of answer often enough.
    for kind in ("published", "witnessed", "unwitnessed"):
        assert sum(told is not None and told["verdict"] == kind for told in expected) > 50
    assert expected.count(None) > 300
