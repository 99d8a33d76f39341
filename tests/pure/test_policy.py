from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.audit.note import Checkpoint
from portal.audit.note import Note
from portal.audit.note import NoteError
from portal.audit.note import Signature
from portal.audit.note import VerifierKey
from portal.audit.note import sign
from portal.audit.policy import Policy
from portal.audit.policy import PolicyError
from tests import witnesses
from tests.witnesses import WITNESSES

LOG_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
LOG = VerifierKey("audit.example/fund", LOG_KEY.public_key().public_bytes_raw())
CHECKPOINT = Checkpoint(LOG.name, 7, bytes(range(32)))
NOTE = sign(CHECKPOINT.text(), LOG.name, LOG_KEY)
LINES = [f"log {LOG}", *(f"witness {name} {key}" for name, key in WITNESSES.items())]
TWO_OF_THREE = "\n".join(
    [*LINES, "# outsiders", "group outside 2 audit-firm university donor", "quorum outside", ""]
)


def cosigned(*names: str, at: int = 1_790_000_000) -> Note:
    return witnesses.cosigned(NOTE, *names, at=at)


def test_a_quorum_is_two_of_three() -> None:
    policy = Policy.parse(TWO_OF_THREE)
    for names, is_quorum in (
        ((), False),
        (("donor",), False),
        (("donor", "university"), True),
        (("donor", "university", "audit-firm"), True),
    ):
        seen = policy.judge(Note.parse(str(cosigned(*names)).encode()))
        assert (seen.is_quorum, set(seen.witnessed)) == (is_quorum, set(names))
        assert set(seen.witnessed.values()) <= {1_790_000_000}
        assert seen.checkpoint == CHECKPOINT


def test_a_cosignature_that_does_not_verify_spoils_the_note() -> None:
    good = cosigned("donor")
    line = good.signatures[-1]
    for bit in range(len(line.signature) * 8):
        raw = bytearray(line.signature)
        raw[bit // 8] ^= 1 << bit % 8
        bad = Note(good.text, (*NOTE.signatures, Signature(line.name, line.key_id, bytes(raw))))
        with pytest.raises(NoteError):
            Policy.parse(TWO_OF_THREE).judge(bad)


def test_an_unknown_log_is_refused() -> None:
    stranger = Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32)
    for note in (
        sign(CHECKPOINT.text(), LOG.name, stranger),
        sign(Checkpoint("other.example", 7, bytes(32)).text(), "other.example", LOG_KEY),
    ):
        with pytest.raises(NoteError):
            Policy.parse(TWO_OF_THREE).judge(note)


def test_groups_of_groups_and_the_words_any_and_all() -> None:
    text = "\n".join(
        [
            *LINES,
            "group one any audit-firm university",
            "  group\tboth all one donor  ",
            "",
            "quorum both",
        ]
    )
    policy = Policy.parse(text)
    assert policy.judge(cosigned("donor", "university")).is_quorum
    assert not policy.judge(cosigned("audit-firm", "university")).is_quorum


def test_none_needs_nobody_and_one_name_needs_that_one() -> None:
    assert Policy.parse(f"log {LOG} https://example\nquorum none\n").judge(NOTE).is_quorum
    policy = Policy.parse("\n".join([*LINES, "quorum donor"]))
    assert policy.judge(cosigned("donor")).is_quorum
    assert not policy.judge(cosigned("university")).is_quorum


def test_a_witness_may_have_an_address() -> None:
    policy = Policy.parse(f"witness w {WITNESSES['donor']} https://w.example\nquorum w\n")
    assert policy.witnesses["w"].url == "https://w.example"


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["quorum none", "quorum none"],
        ["quorum nobody"],
        [*LINES, LINES[0], "quorum none"],
        [*LINES, LINES[1], "quorum none"],
        [f"log {WITNESSES['donor']}", "quorum none"],
        [f"witness w {LOG}", "quorum none"],
        [f"witness none {WITNESSES['donor']}", "quorum none"],
        [*LINES, "group g 4 audit-firm university donor", "quorum g"],
        [*LINES, "group g 0 audit-firm", "quorum g"],
        [*LINES, "group g 01 audit-firm", "quorum g"],
        [*LINES, "group g some audit-firm", "quorum g"],
        [*LINES, "group g any nobody", "quorum g"],
        [*LINES, "group g any g", "quorum g"],
        [*LINES, "group g any donor", "group h any donor", "quorum g"],
        [*LINES, "group donor any university", "quorum donor"],
        [*LINES, "group g any", "quorum g"],
        ["log nonsense", "quorum none"],
        ["something else"],
        ["quorum none\r"],
    ],
)
def test_what_is_no_policy_is_refused(lines: list[str]) -> None:
    with pytest.raises(PolicyError):
        Policy.parse("\n".join(lines))


def test_a_mistake_names_its_line() -> None:
    with pytest.raises(PolicyError, match="line 5"):
        Policy.parse("\n".join([*LINES, "group g any nobody", "quorum g"]))
