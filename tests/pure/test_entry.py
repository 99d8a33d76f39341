from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from itertools import product
from pathlib import Path
from types import MappingProxyType
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from portal.audit.entry import BODY_BYTES_MAX
from portal.audit.entry import DEPTH_MAX
from portal.audit.entry import FIELDS_MAX
from portal.audit.entry import INTEGER_MAX
from portal.audit.entry import Draft
from portal.audit.entry import Entry
from portal.audit.entry import EntryError
from portal.audit.entry import EntryType
from portal.audit.entry import Field
from portal.audit.entry import Json
from portal.audit.entry import Kind
from portal.audit.entry import Secret
from portal.audit.entry import base64url
from portal.audit.entry import canonical
from portal.audit.entry import check_entry
from portal.audit.entry import check_public
from portal.audit.entry import commitment
from portal.audit.entry import leaf_hash
from portal.audit.entry import loggable
from portal.audit.entry import parse
from portal.audit.entry import unbase64url
from portal.audit.entry import utc_text
from portal.audit.entry import uuid7
from portal.audit.sealing import Opening
from portal.audit.sealing import Sealed
from portal.audit.sealing import seal
from tests.world import NOON

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"
RFC8785 = VECTORS / "rfc8785-cyberphone" / "testdata"
needs_vectors = pytest.mark.skipif(
    not VECTORS.is_dir(), reason=f"the vectors of third parties are not in {VECTORS}"
)
quickly = settings(max_examples=150, deadline=None, database=None)

EID = "019a9f00-0000-7000-8000-000000000001"
PAID = EntryType(
    "test.paid",
    public={
        "satang": Field(Kind.SATANG, "the amount"),
        "fund": Field(Kind.CODE, "the fund"),
        "place": Field(Kind.CODE, "the tambon", may_be_null=True),
    },
    private=("payee", "note"),
)
ACTOR = Secret("person:7", {"id": 7, "name": "อนงค์"})
DRAFT = Draft(
    PAID,
    NOON,
    "treasurer",
    ACTOR,
    {"satang": 125_000, "fund": "GEN", "place": None},
    {"payee": Secret("youth:12", "ปลายฟ้า"), "note": Secret("person:7", "ด่วน")},
    (EID,),
)


def sealed(draft: Draft = DRAFT) -> Sealed:
    return seal(draft, eid=EID, random=secrets.token_bytes)


def written(value: Json) -> str:
    """Write a value as our subset should, by another road than `canonical`."""
    match value:
        case None | bool() | int():
            return json.dumps(value)
        case str():
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'
        case Mapping():
            members = sorted((name.encode("utf-16-be"), name) for name in value)
            return "{" + ",".join(f'"{name}":{written(value[name])}' for _, name in members) + "}"
    return "[" + ",".join(map(written, value)) + "]"


# Controls, overrides and isolates of the writing direction.
UNCLEAN = [*range(0x20), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]

names = st.text("abcdefghijklmnopqrstuvwxyz0123456789_", min_size=1, max_size=32)
texts = st.text(
    st.characters(
        exclude_categories=["Cs"],
        exclude_characters=[chr(code) for code in UNCLEAN],
    ),
    max_size=20,
).map(lambda text: normalize("NFC", text))
scalars = st.none() | st.booleans() | st.integers(-INTEGER_MAX, INTEGER_MAX) | texts
values: st.SearchStrategy[Json] = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(names, inner, max_size=4)
        | st.dictionaries(names, inner, max_size=4).map(MappingProxyType)
    ),
    max_leaves=8,
).filter(lambda value: depth(value) <= DEPTH_MAX)


def depth(value: Json) -> int:
    if isinstance(value, str | int | None):
        return 0
    inner = value.values() if isinstance(value, Mapping) else value
    return 1 + max(map(depth, inner), default=0)


@quickly
@given(values)
def test_values_are_written_as_rfc_8785_writes_them(value: Json) -> None:
    assert canonical(value) == written(value).encode()


@quickly
@given(values.filter(lambda value: value is not None and depth(value) < DEPTH_MAX - 1))
def test_what_is_sealed_is_written_as_it_is_read(value: Json) -> None:
    """Sealing writes by another road than reading does; both give the same bytes."""
    _, opening = sealed(replace(DRAFT, private={"payee": Secret("youth:12", value)})).openings
    disclosure = unbase64url(opening.disclosure)
    salt = json.loads(disclosure)[0]
    assert disclosure == canonical([salt, "test.paid.payee", value])


@quickly
@given(
    public=st.dictionaries(names, st.integers(-INTEGER_MAX, INTEGER_MAX), max_size=5),
    private=st.lists(names, unique=True, max_size=4),
    role=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}", fullmatch=True),
    refs=st.lists(st.just(EID), max_size=3),
    at=st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds the zone
)
def test_what_is_sealed_is_what_is_read(
    *, public: dict[str, Json], private: list[str], role: str, refs: list[str], at: datetime
) -> None:
    kind = EntryType("some.act", dict.fromkeys(public, Field(Kind.SATANG, "")), tuple(private))
    draft = Draft(kind, at, role, ACTOR, public, {}, tuple(refs))
    body = sealed(draft).body
    entry, told = parse(body), json.loads(body)
    assert told["prv"].keys() == set(private)
    moment, actor = at.strftime("%Y-%m-%dT%H:%M:%SZ"), told["act"]["c"]
    seen = Entry(EID, "some.act", moment, role, public, told["prv"], tuple(refs), actor)
    assert entry == seen
    check_entry(entry, {kind.name: kind})


@quickly
@given(public=st.dictionaries(names, values, max_size=3), shape=st.sampled_from(range(6)))
def test_every_other_way_to_write_an_entry_is_refused(public: dict[str, Json], shape: int) -> None:
    body = changed(pub={name: value for name, value in public.items() if depth(value) < 5})
    entry = json.loads(body)
    assert parse(body).public == entry["pub"]
    other = (
        json.dumps(entry, sort_keys=True, ensure_ascii=False),
        json.dumps(entry, sort_keys=True, ensure_ascii=False, indent=0),
        json.dumps({**entry, "zz": "ก"}, sort_keys=True, separators=(",", ":")),
        json.dumps(dict(reversed(entry.items())), ensure_ascii=False, separators=(",", ":")),
        body.decode() + "\n",
        "\ufeff" + body.decode(),
    )[shape].encode()
    with pytest.raises(EntryError):
        parse(other)


@pytest.mark.parametrize(
    ("found", "instead"),
    [
        ('"v":1', '"v":1.0'),
        ('"v":1', '"v":1e0'),
        ('"v":1', '"v":01'),
        ('"v":1', '"v":1,"v":1'),
        ('"satang":125000', '"satang":125000.0'),
        ('"satang":125000', '"satang":125000,"satang":125000'),
        ('"satang":125000', '"satang":+125000'),
        ('"satang":125000', '"satang":-0'),
        ("test.paid", r"\u0074est.paid"),
        ("GEN", r"G\/N"),
        ("null", "NULL"),
        ("null", "NaN"),
        (",", ", "),
        ("}", ",}"),
    ],
)
def test_an_entry_has_one_form(found: str, instead: str) -> None:
    body = sealed().body
    parse(body)
    assert found.encode() in body
    with pytest.raises(EntryError):
        parse(body.replace(found.encode(), instead.encode()))


@needs_vectors
@pytest.mark.parametrize("name", ["arrays", "french", "structures", "unicode", "values", "weird"])
def test_rfc_8785_where_it_is_within_our_subset(name: str) -> None:
    value = json.loads((RFC8785 / "input" / f"{name}.json").read_text("utf-8"))
    expected = (RFC8785 / "output" / f"{name}.json").read_bytes()
    assert expected.hex() == "".join((RFC8785 / "outhex" / f"{name}.txt").read_text().split())
    if name == "arrays":
        assert canonical(value) == expected
        return
    # Names that are not ours, floats, controls, text that is not NFC: refused, never rewritten.
    with pytest.raises(EntryError):
        canonical(value)
    agreed = 0
    for part in parts(value):
        try:
            assert canonical(part) in expected
        except EntryError:
            continue
        agreed += 1
    assert agreed or name == "unicode"


def parts(value: Json) -> Iterator[Json]:
    yield value
    if isinstance(value, Mapping):
        for member in value.values():
            yield from parts(member)
    elif isinstance(value, list):
        for member in value:
            yield from parts(member)


def test_thai_text_is_written_as_it_is() -> None:
    assert canonical({"a": "ค่าเทอม ๕๐๐ \u2028\x7f/"}) == '{"a":"ค่าเทอม ๕๐๐ \u2028\x7f/"}'.encode()


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        float("inf"),
        INTEGER_MAX + 1,
        -INTEGER_MAX - 1,
        10**400,
        b"bytes",
        {1, 2},
        NOON,
        "a\x00b",
        "a\nb",
        "a\x1fb",
        "\u202eevil",
        "\u202a",
        "\u2066",
        "\u2069",
        "\ud800",
        "e\u0301",
        "A\u030a",
        {1: "a"},
        {None: "a"},
        {"": "a"},
        {"A": "a"},
        {"ก": "a"},
        {"a b": "a"},
        {"a-b": "a"},
        {"a" * 33: "a"},
        {"a\n": "a"},
        [[[[[[[1]]]]]]],
        {"a": {"a": {"a": {"a": {"a": {"a": {"a": None}}}}}}},
    ],
    ids=ascii,
)
def test_values_outside_the_subset_are_refused(value: Json) -> None:
    with pytest.raises(EntryError):
        canonical(value)
    with pytest.raises(EntryError):
        canonical([value])


def test_the_edges_of_the_subset_are_within() -> None:
    assert canonical([INTEGER_MAX, -INTEGER_MAX, 0]) == b"[9007199254740991,-9007199254740991,0]"
    assert canonical([[[[[[1]]]]]]) == b"[[[[[[1]]]]]]"
    assert canonical({"a" * 32: True}) == b'{"' + b"a" * 32 + b'":true}'
    assert canonical("\u0e33") != canonical("\u0e4d\u0e32")


def test_typed_text_is_made_loggable() -> None:
    text = loggable("Cafe\u0301\tกำ\u202e\x00")
    assert text == "Caf\u00e9 กำ  "
    canonical(text)


GOOD: Mapping[Kind, tuple[Json, ...]] = {
    Kind.CODE: ("GEN", "a", "0", "EEF-ABE", "driving_chair", "v1.2", "a" * 40),
    Kind.CODES: ([], ["SC1"], ["SC1", "SC2"]),
    Kind.COUNT: (0, 1, INTEGER_MAX),
    Kind.DAY: ("2026-11-20",),
    Kind.DIGEST: ("0" * 64, "9f" * 32),
    Kind.EID: (EID, "ffffffff-ffff-7fff-bfff-ffffffffffff"),
    Kind.FLAG: (True, False),
    Kind.KEY: ("a", "audit.rayong.example/ryg+0123abcd+AQ/+==", "~" * 200),
    Kind.MONTH: ("2026-11",),
    Kind.REFERENCE: ("RYG-2570-000123", "RYG-2570-P000123", "D-1", "A" * 40),
    Kind.SATANG: (0, 1, -1, INTEGER_MAX),
    Kind.TITLE: ("ก", "กองทุน (ข้อมูลสาธิต)", "a" * 200),
}
STRANGE: tuple[Json, ...] = (None, 1.5, [1], {"a": 1}, {}, "", "a\n", "ปลายฟ้า", "a" * 201)  # type: ignore[assignment]  # a float is no Json, which is the point
BAD: Mapping[Kind, tuple[Json, ...]] = {
    Kind.CODE: (1, True, "-a", ".a", "a b", "a" * 41, ["a"], "a/b"),
    Kind.CODES: ("SC1", [1], [""], ["a b"], [None], ("SC1",), [["SC1"]]),
    Kind.COUNT: (-1, True, False, "1"),
    Kind.DAY: ("2026-11", "2026-11-2", "26-11-20", "2026-11-20T", 20261120, "๒๐๒๖-๑๑-๒๐"),
    Kind.DIGEST: ("0" * 63, "0" * 65, "A" * 64, 0, "g" * 64),
    Kind.EID: (
        EID.upper(),
        EID.replace("-7", "-4"),
        EID.replace("-8", "-c"),
        EID.replace("-", ""),
        f"{{{EID}}}",
        7,
    ),
    Kind.FLAG: (0, 1, "true"),
    Kind.KEY: ("a b", "a" * 201, "a\x7f", 1),
    Kind.MONTH: ("2026-11-20", "2026", "2026-1", 202611),
    Kind.REFERENCE: ("-A", "a", "RYG 1", "A" * 41, 1),
    Kind.SATANG: (True, False, "1", "125000"),
    Kind.TITLE: (1, True),
}
TITLES = {"a\n", "ปลายฟ้า"}


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_holds_what_it_says_and_nothing_else(kind: Kind) -> None:
    entry_type = EntryType("a.b", {"x": Field(kind, "")})
    may_be_null = EntryType("a.b", {"x": Field(kind, "", may_be_null=True)})
    for value in GOOD[kind]:
        check_public(entry_type, {"x": value})
        check_public(may_be_null, {"x": value})
    check_public(may_be_null, {"x": None})
    strange = [v for v in STRANGE if not (kind is Kind.TITLE and str(v) in TITLES)]
    for value in (*BAD[kind], *strange):
        with pytest.raises(EntryError, match="cannot hold"):
            check_public(entry_type, {"x": value})
        if value is not None:
            with pytest.raises(EntryError, match="cannot hold"):
                check_public(may_be_null, {"x": value})


@pytest.mark.parametrize(
    "public",
    [
        {},
        {"satang": 1, "fund": "GEN"},
        {"satang": 1, "fund": "GEN", "place": None, "name": "ปลายฟ้า"},
        {"satang": 1, "fund": "GEN", "Place": None},
        {"satang": "1", "fund": "GEN", "place": None},
        {"satang": True, "fund": "GEN", "place": None},
        {"satang": None, "fund": "GEN", "place": None},
    ],
    ids=str,
)
def test_no_entry_is_made_with_other_public_fields(public: dict[str, Json]) -> None:
    with pytest.raises(EntryError):
        sealed(replace(DRAFT, public=public))


def test_a_title_too_is_clean_text() -> None:
    entry_type = EntryType("a.b", {"x": Field(Kind.TITLE, "")})
    for text in ("a\nb", "\u202eevil", "A\u030a", "\ud800"):
        with pytest.raises(EntryError, match=r"^a\.b\.x cannot hold "):
            sealed(Draft(entry_type, NOON, "system", ACTOR, {"x": text}))


def test_no_entry_is_made_with_an_unknown_private_field() -> None:
    with pytest.raises(EntryError, match=r"no private field \['school'\]"):
        sealed(replace(DRAFT, private={"school": Secret("youth:12", "โรงเรียน")}))


def test_no_type_has_more_private_fields_than_are_kept_of_an_entry() -> None:
    names = [f"field_{number}" for number in range(FIELDS_MAX)]
    EntryType("a.b", {}, tuple(names[1:]))
    with pytest.raises(EntryError, match=r"a\.b has too many private fields"):
        EntryType("a.b", {}, tuple(names))


def test_a_private_value_too_is_within_the_subset() -> None:
    for value in (1.5, "a\nb", {"A": 1}, INTEGER_MAX + 1):
        with pytest.raises(EntryError):
            sealed(replace(DRAFT, private={"note": Secret("person:7", value)}))  # type: ignore[arg-type]  # a float is no Json


def test_a_moment_without_zone_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="time zone"):
        sealed(replace(DRAFT, at=NOON.replace(tzinfo=None)))


def test_moments_are_told_in_utc() -> None:
    bangkok = timezone(timedelta(hours=7))
    assert utc_text(datetime(2026, 11, 22, 6, 30, 5, 999_999, tzinfo=bangkok)) == (
        "2026-11-21T23:30:05Z"
    )


def changed(**members: Json) -> bytes:
    return canonical({**json.loads(sealed().body), **members})


@pytest.mark.parametrize(
    "members",
    [
        {"v": 2},
        {"v": "1"},
        {"v": None},
        {"extra": 1},
        {"eid": EID.upper()},
        {"eid": "019a9f00-0000-4000-8000-000000000001"},
        {"at": "2026-11-22T06:00:00"},
        {"at": "2026-11-22T06:00:00+07:00"},
        {"at": "2026-11-22 06:00:00Z"},
        {"at": 1},
        {"t": 1},
        {"ref": ["x"]},
        {"ref": EID},
        {"ref": [None]},
        {"act": {"c": "A" * 43}},
        {"act": {"c": "A" * 43, "r": "chair", "name": "Somchai"}},
        {"act": {"c": "A" * 42, "r": "chair"}},
        {"act": {"c": "A" * 43, "r": "two words"}},
        {"act": {"c": "A" * 43, "r": ""}},
        {"act": "chair"},
        {"prv": {"payee": "ปลายฟ้า"}},
        {"prv": {"payee": "=" * 43}},
        {"prv": {"payee": "A" * 44}},
        {"prv": {"payee": None}},
        {"prv": ["A" * 43]},
        {"pub": [1]},
        {"pub": None},
    ],
    ids=str,
)
def test_an_entry_of_another_shape_is_refused(members: dict[str, Json]) -> None:
    with pytest.raises(EntryError):
        parse(changed(**members))


@pytest.mark.parametrize("member", ["act", "at", "eid", "prv", "pub", "ref", "t", "v"])
def test_an_entry_without_one_of_its_members_is_refused(member: str) -> None:
    value = json.loads(sealed().body)
    del value[member]
    with pytest.raises(EntryError, match="version 1"):
        parse(canonical(value))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"1",
        b"{}",
        b"[]",
        b"null",
        b'""',
        b"{",
        b"NaN",
        b"-0",
        b"[1.0]",
        b"[1E2]",
        b"1" * 5000,
        b"\xff\xff",
        b'"\xed\xa0\x80"',
        rb'"\ud800"',
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":2}}',
        b"[" * 100 + b"]" * 100,
    ],
    ids=lambda body: str(body[:20]),
)
def test_bytes_that_are_no_entry_are_refused(body: bytes) -> None:
    with pytest.raises(EntryError):
        parse(body)


def test_a_member_that_stands_twice_is_refused() -> None:
    body = sealed().body.replace(b'"satang":125000', b'"satang":125000,"satang":125000')
    with pytest.raises(EntryError, match="twice"):
        parse(body)


def test_a_body_is_never_larger_than_a_bundle_can_say() -> None:
    room = BODY_BYTES_MAX - len(changed(pub={"x": ""}))
    parse(changed(pub={"x": "a" * room}))
    with pytest.raises(EntryError, match="16385 bytes"):
        parse(changed(pub={"x": "a" * (room + 1)}))


def test_an_entry_that_its_type_does_not_declare_is_refused() -> None:
    entry = parse(sealed().body)
    check_entry(entry, {PAID.name: PAID})
    for wrong in (
        replace(entry, type="test.unpaid"),
        replace(entry, public={**entry.public, "name": "x"}),
        replace(entry, public={"satang": 1, "fund": "GEN"}),
        replace(entry, public={**entry.public, "satang": "1"}),
        replace(entry, private=dict.fromkeys({"payee"}, "")),
        replace(entry, private=dict.fromkeys({"payee", "note", "school"}, "")),
    ):
        with pytest.raises(EntryError):
            check_entry(wrong, {PAID.name: PAID})


def test_fields_are_read_by_what_they_hold() -> None:
    entry = parse(sealed().body)
    assert entry.number("satang") == 125_000
    assert entry.text("fund") == "GEN"
    for public in ({"satang": True}, {"satang": "1"}, {"satang": None}):
        with pytest.raises(EntryError, match="no number"):
            replace(entry, public=public).number("satang")


def test_a_type_describes_itself_whole() -> None:
    assert canonical(PAID.describe()) == (
        b'{"private":["note","payee"],"public":{'
        b'"fund":{"about":"the fund","kind":"code","null":false},'
        b'"place":{"about":"the tambon","kind":"code","null":true},'
        b'"satang":{"about":"the amount","kind":"satang","null":false}},"type":"test.paid"}'
    )


def commitments(body: bytes) -> dict[str, str]:
    value = json.loads(body)
    return {"act": value["act"]["c"], **value["prv"]}


def opened(opening: Opening) -> list[Json]:
    raw = base64.urlsafe_b64decode(opening.disclosure + "=" * (-len(opening.disclosure) % 4))
    read: list[Json] = json.loads(raw)
    assert canonical(read) == raw
    return read


def test_an_opening_opens_its_commitment_and_no_other() -> None:
    whole = sealed()
    found = commitments(whole.body)
    assert {o.field for o in whole.openings} == set(found) == {"act", "payee", "note"}
    for opening, name in product(whole.openings, found):
        assert (commitment(opening.disclosure) == found[name]) == (opening.field == name)
    by_field = {opening.field: opening for opening in whole.openings}
    assert by_field["payee"].subject == "youth:12"
    assert opened(by_field["payee"])[1:] == ["test.paid.payee", "ปลายฟ้า"]
    assert opened(by_field["act"])[1:] == ["test.paid.act", {"id": 7, "name": "อนงค์"}]


def test_a_disclosure_has_the_form_of_rfc_9901() -> None:
    for opening in sealed().openings:
        salt, name, _ = opened(opening)
        assert len(base64.urlsafe_b64decode(f"{salt}=")) == 32
        assert name == f"test.paid.{opening.field}"
        digest = hashlib.sha256(opening.disclosure.encode("ascii")).digest()
        expected = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        assert commitment(opening.disclosure) == expected
    # The example of RFC 9901 section 4.2.3, computed over the exact string.
    assert (
        commitment("WyI2cU1RdlJMNWhhaiIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0")
        == "uutlBuYeMDyjLLTpf6Jxi7yNkEF35jdyWMn9U7b_RYY"
    )


def test_no_private_value_stands_in_the_entry() -> None:
    body = sealed().body.decode()
    for private in ("ปลายฟ้า", "ด่วน", "อนงค์", "youth:12", "person:7"):
        assert private not in body


def test_the_same_value_twice_cannot_be_linked() -> None:
    found = [commitments(sealed().body) for _ in range(20)]
    assert len({c for one in found for c in one.values()}) == 60
    salts = {opened(opening)[0] for _ in range(20) for opening in sealed().openings}
    assert len(salts) == 60


def test_a_salt_that_stands_on_a_paper_is_the_one_that_is_used() -> None:
    salt = base64url(bytes(range(32)))
    whole = sealed(replace(DRAFT, private={"note": Secret("person:7", "ด่วน", salt=salt)}))
    expected = base64url(canonical([salt, "test.paid.note", "ด่วน"]))
    assert whole.openings[1].disclosure == expected
    assert commitments(whole.body)["note"] == commitment(expected)
    # Only the named field: the one who acts has a fresh salt.
    assert opened(whole.openings[0])[0] != salt


@pytest.mark.parametrize("salt", ["", "short", "a" * 42, "a" * 44, "a" * 42 + "=", "ก" * 43])
def test_a_salt_that_could_be_guessed_is_refused(salt: str) -> None:
    with pytest.raises(EntryError, match=r"test\.paid\.note has no salt of 32 bytes"):
        sealed(replace(DRAFT, private={"note": Secret("person:7", "ด่วน", salt=salt)}))


def test_what_is_absent_looks_like_what_is_there() -> None:
    absent = replace(DRAFT, private={"payee": Secret("youth:12", None)})
    whole = sealed(absent)
    assert [opening.field for opening in whole.openings] == ["act"]
    found = commitments(whole.body)
    assert found.keys() == commitments(sealed().body).keys()
    assert len(set(found.values())) == 3
    for decoy in found.values():
        assert len(base64.urlsafe_b64decode(decoy + "=")) == 32
        assert base64url(base64.urlsafe_b64decode(decoy + "=")) == decoy
    assert len(whole.body) == len(sealed().body)


def test_an_empty_value_is_not_absent() -> None:
    empty: tuple[Json, ...] = ("", 0, False, [], {})
    for value in empty:
        whole = sealed(replace(DRAFT, private={"note": Secret("person:7", value)}))
        assert [opening.field for opening in whole.openings] == ["act", "note"]
        assert opened(whole.openings[1])[2] == value


def test_the_leaf_is_the_hash_of_the_published_bytes() -> None:
    body = sealed().body
    assert leaf_hash(body) == hashlib.sha256(b"\x00" + body).digest()


def test_ids_are_uuids_of_version_7_in_the_order_of_time() -> None:
    check_public(EntryType("a.b", {"x": Field(Kind.EID, "")}), {"x": EID})
    previous = ""
    for milliseconds in (0, 1, 1_700_000_000_000, 1_700_000_000_001, (1 << 48) - 1):
        eid = uuid7(milliseconds, secrets.token_bytes)
        check_public(EntryType("a.b", {"x": Field(Kind.EID, "")}), {"x": eid})
        assert int(eid[:8] + eid[9:13], 16) == milliseconds
        assert eid > previous
        previous = eid


def test_chance_fills_all_of_an_id_but_time_version_and_variant() -> None:
    assert uuid7(0, lambda size: b"\xff" * size) == "00000000-0000-7fff-bfff-ffffffffffff"
    assert uuid7(0, lambda size: b"\x00" * size) == "00000000-0000-7000-8000-000000000000"
    # RFC 9562, appendix A.6.
    noise = (0xF_CC3 << 64 | 0x98C4DC0C0C07398F).to_bytes(10, "big")
    assert uuid7(0x017F22E279B0, lambda _: noise) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
    assert len({uuid7(5, secrets.token_bytes) for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.DAY, "2026-02-30"),
        (Kind.DAY, "2026-13-01"),
        (Kind.MONTH, "2026-13"),
        (Kind.MONTH, "2026-00"),
    ],
)
def test_a_day_that_never_was_cannot_stand(kind: Kind, value: str) -> None:
    assert not Field(kind, "a time").holds(value)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("v", True),
        ("v", 2),
        ("eid", "0199c82c-c000-4d5e-9811-8e237aa6340b"),
        ("at", "2026-02-30T00:00:00Z"),
        ("at", "2026-11-22T24:00:00Z"),
        ("at", "2026-11-22"),
        ("ref", ["nonsense"]),
        ("prv", {"note": "short"}),
    ],
)
def test_what_has_the_members_of_an_entry_is_not_yet_one(member: str, value: Json) -> None:
    body: dict[str, Json] = {
        "act": {"c": "A" * 43, "r": "chair"},
        "at": "2026-11-22T06:00:00Z",
        "eid": "0199c82c-c000-7d5e-9811-8e237aa6340b",
        "prv": {},
        "pub": {},
        "ref": [],
        "t": "a.thing",
        "v": 1,
    }
    assert parse(canonical(body)).type == "a.thing"
    with pytest.raises(EntryError, match="not an entry of version"):
        parse(canonical({**body, member: value}))
