from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import TypedDict

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.audit.note import NOTE_BYTES_MAX
from portal.audit.note import SIGNATURES_MAX
from portal.audit.note import Checkpoint
from portal.audit.note import Note
from portal.audit.note import NoteError
from portal.audit.note import Signature
from portal.audit.note import VerifierKey
from portal.audit.note import read_checkpoint
from portal.audit.note import sign

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"
needs_vectors = pytest.mark.skipif(
    not VECTORS.is_dir(), reason=f"the vectors of third parties are not in {VECTORS}"
)

ORIGIN = "audit.rayong.example/ryg"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
VKEY = VerifierKey(ORIGIN, KEY.public_key().public_bytes_raw())
CHECKPOINT = Checkpoint(ORIGIN, 70_000, bytes(range(100, 132)))
SIGNED = str(sign(CHECKPOINT.text(), ORIGIN, KEY))
# The line that KEY signed.
LINE = SIGNED.rpartition("\n\n")[2]


class SignedNote(TypedDict, total=False):
    source: str
    vkey: str
    note: str
    valid: bool
    valid_vkey: bool


def signed_notes() -> list[SignedNote]:
    notes: list[SignedNote] = json.loads((VECTORS / "signed-note" / "notes.json").read_text())
    return notes


@needs_vectors
def test_notes_that_others_signed() -> None:
    good = [vector for vector in signed_notes() if "note" in vector]
    assert len(good) == 3
    for vector in good:
        key = VerifierKey.parse(vector["vkey"])
        assert str(key) == vector["vkey"]
        note = Note.parse(vector["note"].encode())
        note.verify(key)
        assert str(note) == vector["note"]
        with pytest.raises(NoteError):
            note.verify(VKEY)


@needs_vectors
def test_bad_keys_of_others_are_refused() -> None:
    bad = [vector["vkey"] for vector in signed_notes() if vector.get("valid_vkey") is False]
    assert len(bad) == 2
    for text in bad:
        with pytest.raises(NoteError):
            VerifierKey.parse(text)


@needs_vectors
def test_a_checkpoint_under_another_name_than_its_key_is_not_ours() -> None:
    # sum.golang.org signs "go.sum database tree": legal for others, never for this log.
    (vector,) = [one for one in signed_notes() if "sum.golang.org" in one["vkey"]]
    key = VerifierKey.parse(vector["vkey"])
    note = Note.parse(vector["note"].encode())
    note.verify(key)
    assert Checkpoint.parse(note.text).size == 35_225_469
    with pytest.raises(NoteError, match=r"go\.sum database tree"):
        read_checkpoint(vector["note"].encode(), key)


@needs_vectors
def test_which_edge_cases_of_ed25519_are_accepted() -> None:
    # `cryptography` 50 (OpenSSL) verifies as RFC 8032 without the cofactor: it hashes the bytes of
    # the key as they stand, compares R byte by byte and refuses S beyond the group order. So it
    # accepts a key of small order or written in a second way when the equation holds, and refuses
    # every R written in a second way and every equation that only holds times eight. None of this
    # touches us: our keys are pinned, and forging under a sane key stays impossible.
    path = VECTORS / "cctv-ed25519" / "ed25519" / "ed25519vectors.json"
    vectors = json.loads(path.read_text())
    accepted = 0
    for vector in vectors:
        key = VerifierKey("x", bytes.fromhex(vector["key"]))
        is_refused = {"low_order_residue", "non_canonical_R"} & set(vector["flags"] or [])
        verifies = key.verifies(bytes.fromhex(vector["sig"]), vector["msg"].encode())
        assert verifies is not bool(is_refused), vector["number"]
        accepted += verifies
    assert (len(vectors), accepted) == (914, 208)


def test_a_signature_beyond_the_group_order_is_refused() -> None:
    order = 2**252 + 27742317777372353535851937790883648493
    signature = KEY.sign(b"text")
    scalar = int.from_bytes(signature[32:], "little")
    assert VKEY.verifies(signature, b"text")
    assert not VKEY.verifies(signature[:32] + (scalar + order).to_bytes(32, "little"), b"text")


@pytest.mark.parametrize("size", [0, 1, 63, 65, 128])
def test_a_signature_of_another_length_is_refused(size: int) -> None:
    signature = (KEY.sign(b"text") * 2)[:size]
    assert not VKEY.verifies(signature, b"text")


def test_what_we_sign_is_what_others_read() -> None:
    assert SIGNED.startswith(
        "audit.rayong.example/ryg\n70000\nZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+f4CBgoM=\n\n\u2014 "
    )
    assert read_checkpoint(SIGNED.encode(), VKEY) == CHECKPOINT
    assert str(Note.parse(SIGNED.encode())) == SIGNED
    assert VerifierKey.parse(str(VKEY)) == VKEY


def test_every_flipped_bit_of_a_checkpoint_is_refused() -> None:
    raw = SIGNED.encode()
    for at in range(len(raw)):
        for bit in range(8):
            flipped = raw[:at] + bytes([raw[at] ^ 1 << bit]) + raw[at + 1 :]
            with pytest.raises(NoteError):
                read_checkpoint(flipped, VKEY)


def test_every_cut_and_every_doubled_byte_of_a_checkpoint_is_refused() -> None:
    raw = SIGNED.encode()
    for at in range(len(raw)):
        for other in (raw[:at], raw[:at] + raw[at + 1 :], raw[: at + 1] + raw[at:]):
            with pytest.raises(NoteError):
                read_checkpoint(other, VKEY)


@pytest.mark.parametrize("key", [OTHER_KEY, KEY])
def test_another_key_is_not_ours(key: Ed25519PrivateKey) -> None:
    name = ORIGIN if key is OTHER_KEY else "audit.rayong.example/other"
    raw = str(sign(CHECKPOINT.text(), name, key)).encode()
    with pytest.raises(NoteError, match=r"not signed by audit\.rayong\.example/ryg"):
        read_checkpoint(raw, VKEY)


def test_a_checkpoint_of_another_origin_is_refused() -> None:
    text = replace(CHECKPOINT, origin="audit.other.example/x").text()
    with pytest.raises(NoteError, match=r"a checkpoint of audit\.other\.example/x"):
        read_checkpoint(str(sign(text, ORIGIN, KEY)).encode(), VKEY)


def test_signatures_of_others_are_let_stand() -> None:
    witness = sign(CHECKPOINT.text(), "witness.example", OTHER_KEY).signatures[0].line()
    unknown = Signature("new.example", b"\x06abc", bytes(100)).line()
    for lines in (witness + LINE, LINE + witness, unknown + LINE + witness + witness):
        note = f"{CHECKPOINT.text()}\n{lines}"
        assert read_checkpoint(note.encode(), VKEY) == CHECKPOINT
        assert str(Note.parse(note.encode())) == note


def test_two_lines_by_one_key_are_refused() -> None:
    forged = Signature(ORIGIN, VKEY.key_id, bytes(64)).line()
    for lines in (LINE + LINE, forged + LINE, LINE + forged, forged + forged):
        with pytest.raises(NoteError, match="signed twice"):
            read_checkpoint(f"{CHECKPOINT.text()}\n{lines}".encode(), VKEY)


@pytest.mark.parametrize("signature", [bytes(64), b"\xff" * 64, b"\x00", KEY.sign(b"other")])
def test_a_forged_line_is_refused(signature: bytes) -> None:
    forged = Signature(ORIGIN, VKEY.key_id, signature).line()
    with pytest.raises(NoteError, match="not signed"):
        read_checkpoint(f"{CHECKPOINT.text()}\n{forged}".encode(), VKEY)


def test_base64_has_one_form() -> None:
    encoded = LINE.split(" ")[2].strip()
    raw = base64.b64decode(encoded)
    loose = encoded[:-2] + chr(ord(encoded[-2]) + 1) + "="
    assert base64.b64decode(loose) == raw
    for other in (
        loose,
        encoded.rstrip("="),
        encoded + "=",
        encoded + "\t",
        encoded.replace("+", "-").replace("/", "_"),
        encoded[:4] + "\r" + encoded[4:],
        "",
        "=",
        "AAAA=AAA",
    ):
        assert other != encoded
        line = f"\u2014 {ORIGIN} {other}\n"
        with pytest.raises(NoteError):
            read_checkpoint(f"{CHECKPOINT.text()}\n{line}".encode(), VKEY)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        "\n\n",
        "text",
        "text\n",
        "text\n\n",
        "text\n\n\n",
        "text\n" + LINE,
        "text\n\n" + LINE.strip(),
        "text\n\n" + LINE + "\n",
        "text\n\n" + LINE + "more\n",
        "text\n\n-- " + LINE[2:],
        "text\n\n\u2013" + LINE[1:],
        "text\n\n " + LINE,
        "text\n\n" + LINE.replace(" ", "  "),
        "text\n\n" + LINE.replace(" ", "\u00a0"),
        "text\n\n" + LINE.replace("\n", " \n"),
        "text\n\n" + LINE.replace("/", "+"),
        "text\n\n\u2014  AAAAAAA=\n",
        "text\n\n\u2014 name AAAAAA==\n",
        "text\n\n\u2014 name\n",
        "text\n\n\u2014 name {0} AAAAAAA=\n",
    ],
    ids=ascii,
)
def test_what_is_no_signed_note_is_refused(note: str) -> None:
    with pytest.raises(NoteError):
        Note.parse(note.encode())


@pytest.mark.parametrize("code", [*range(0x0A), *range(0x0B, 0x20)])
def test_control_characters_are_refused(code: int) -> None:
    for text in (f"a{chr(code)}b\n", f"{chr(code)}\n"):
        with pytest.raises(NoteError, match="control characters"):
            Note.parse(str(sign(text, ORIGIN, KEY)).encode())


def test_a_note_is_utf_8() -> None:
    Note.parse(str(sign("บันทึก\n", ORIGIN, KEY)).encode()).verify(VKEY)
    for raw in (b"\xff\n\n", b"\xed\xa0\x80\n\n", SIGNED.encode("utf-16"), b"\xc0\x80\n\n"):
        with pytest.raises(NoteError, match="UTF-8"):
            Note.parse(raw)


def test_huge_notes_are_refused() -> None:
    room = NOTE_BYTES_MAX - len(sign("\n", ORIGIN, KEY).signatures[0].line().encode()) - 2
    largest = str(sign("a" * room + "\n", ORIGIN, KEY)).encode()
    assert len(largest) == NOTE_BYTES_MAX
    Note.parse(largest).verify(VKEY)
    with pytest.raises(NoteError, match="1000001 bytes"):
        Note.parse(b"a" + largest)


def test_a_hundred_signatures_are_enough() -> None:
    witness = sign(CHECKPOINT.text(), "witness.example", OTHER_KEY).signatures[0].line()
    most = SIGNED + witness * (SIGNATURES_MAX - 1)
    assert read_checkpoint(most.encode(), VKEY) == CHECKPOINT
    with pytest.raises(NoteError, match="more than 100"):
        read_checkpoint((most + witness).encode(), VKEY)


def key_with_a_plus() -> VerifierKey:
    for seed in range(1000):
        secret = Ed25519PrivateKey.from_private_bytes(seed.to_bytes(32, "big"))
        key = VerifierKey(ORIGIN, secret.public_key().public_bytes_raw())
        if str(key).count("+") > 4:
            return key
    raise AssertionError


def test_a_key_whose_base64_holds_a_plus_is_read_whole() -> None:
    key = key_with_a_plus()
    assert VerifierKey.parse(str(key)) == key


GOOD = str(VKEY)
NAME, KEY_ID, ENCODED = GOOD.split("+", 2)


def vkey(name: str, raw: bytes) -> str:
    """Write a vkey whose key id fits, whatever it is a key of."""
    key_id = VerifierKey(name, raw[1:], raw[:1]).key_id.hex()
    return f"{name}+{key_id}+{base64.b64encode(raw).decode()}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+",
        "++",
        NAME,
        f"{NAME}+{KEY_ID}",
        f"{NAME}+{KEY_ID}+",
        f"+{KEY_ID}+{ENCODED}",
        f"other+{KEY_ID}+{ENCODED}",
        f"{NAME}+00000000+{ENCODED}",
        f"{NAME}+{KEY_ID.upper()}+{ENCODED}",
        f"{NAME}+0{KEY_ID}+{ENCODED}",
        f"{NAME}+{KEY_ID}+{ENCODED[:-4]}",
        f"{NAME}+{KEY_ID}+{ENCODED}=",
        f"{NAME}+{KEY_ID}+{ENCODED}\n",
        f"{NAME}+{KEY_ID}+ {ENCODED}",
        f"{NAME}+{KEY_ID}+{ENCODED}AAAA",
        f"{NAME}+{KEY_ID}++{ENCODED}",
        vkey("two words", b"\x01" + VKEY.public),
        vkey("a\u00a0b", b"\x01" + VKEY.public),
        vkey("", b"\x01" + VKEY.public),
        vkey(ORIGIN, b"\x02" + VKEY.public),
        vkey(ORIGIN, b"\x06" + VKEY.public),
        vkey(ORIGIN, b"\x01" + VKEY.public[:-1]),
        vkey(ORIGIN, b"\x01" + VKEY.public + b"\x00"),
        vkey(ORIGIN, b"\x01"),
    ],
    ids=ascii,
)
def test_bad_keys_are_refused(text: str) -> None:
    assert VerifierKey.parse(vkey(ORIGIN, b"\x01" + VKEY.public)) == VKEY
    with pytest.raises(NoteError):
        VerifierKey.parse(text)


ROOT = base64.b64encode(CHECKPOINT.root).decode()


@pytest.mark.parametrize("size", [0, 1, 9, 10, 70_000, 2**63 - 1])
def test_a_size_is_written_in_one_way(size: int) -> None:
    checkpoint = replace(CHECKPOINT, size=size)
    assert Checkpoint.parse(checkpoint.text()) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"{ORIGIN}\n",
        f"{ORIGIN}\n1\n",
        f"\n1\n{ROOT}\n",
        *[
            f"{ORIGIN}\n{size}\n{ROOT}\n"
            for size in (
                *("", "00", "01", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x10", "1_000"),
                *("๑๒", "one", "1" * 20, "1" * 5000),
            )
        ],
        *[
            f"{ORIGIN}\n1\n{root}\n"
            for root in (
                *(
                    "",
                    ROOT[:-4],
                    ROOT[:-1],
                    ROOT + "=",
                    ROOT + "AAAA",
                    " " + ROOT,
                    CHECKPOINT.root.hex(),
                ),
                base64.b64encode(bytes(31)).decode(),
                base64.b64encode(bytes(33)).decode(),
            )
        ],
    ],
    ids=lambda text: ascii(text[len(ORIGIN) :][:40]),
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        Checkpoint.parse(text)
    if text:
        with pytest.raises(NoteError):
            read_checkpoint(str(sign(text, ORIGIN, KEY)).encode(), VKEY)


def test_extension_lines_are_let_pass_and_signed() -> None:
    raw = str(sign(CHECKPOINT.text() + "extension\n", ORIGIN, KEY)).encode()
    assert read_checkpoint(raw, VKEY) == CHECKPOINT
    with pytest.raises(NoteError, match="not signed"):
        read_checkpoint(raw.replace(b"extension", b"extensioN"), VKEY)


def test_a_signature_of_nothing_but_a_key_id_is_refused() -> None:
    with pytest.raises(NoteError, match="not a signature line"):
        Note.parse("text\n\n\u2014 name AAAAAA==\n".encode())
