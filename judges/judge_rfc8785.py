"""rfc8785 writes canonical JSON: it must give the same bytes as the portal's own encoder.

The encoder is pure code of the portal, loaded here beside the other library.
"""

from __future__ import annotations

import json
import random
import unicodedata
from collections.abc import Callable
from collections.abc import Mapping
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from importlib.metadata import version

import rfc8785
from court import WIDTH
from court import Case
from court import hear
from court import require

from portal.audit.entry import INTEGER_MAX
from portal.audit.entry import Draft
from portal.audit.entry import Field
from portal.audit.entry import Json
from portal.audit.entry import Kind
from portal.audit.entry import Secret
from portal.audit.entry import canonical
from portal.audit.entry import loggable
from portal.audit.entry import uuid7
from portal.audit.sealing import seal
from portal.publishing.vocabulary import TYPES

RANDOM_ENTRIES = RANDOM_DOCUMENTS = 10_000
# Thai, Latin with marks, what JSON escapes, what sorts or escapes oddly elsewhere, beyond U+FFFF.
SIGNS = "กขำิ์๑ฯ฿éßﬁ\"\\/<>&'\x7f\x80\u2028\u2029\ufeff\ufffe\ue000😀𝄞𐀀aZ09 _-.+"
CODE = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def words(chance: random.Random, length_max: int) -> str:
    """Return text that may stand in an entry."""
    text = "".join(chance.choices(SIGNS, k=chance.randint(1, length_max)))
    return unicodedata.normalize("NFC", loggable(text))


def number(chance: random.Random) -> int:
    """Return a whole number of any size that JSON carries exactly."""
    return chance.randint(0, 2 ** chance.randint(0, 53) - 1)


def code(chance: random.Random) -> str:
    """Return a code."""
    return "".join(chance.choices(CODE, k=chance.randint(1, 40)))


def moment(chance: random.Random) -> datetime:
    """Return a moment."""
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randint(0, 10**9))


def eid(chance: random.Random) -> str:
    """Return the id of an entry."""
    return uuid7(number(chance), chance.randbytes)


VALUES: Mapping[Kind, Callable[[random.Random], Json]] = {
    Kind.CODE: code,
    Kind.CODES: lambda chance: [code(chance) for _ in range(chance.randint(0, 5))],
    Kind.COUNT: number,
    Kind.DAY: lambda chance: moment(chance).date().isoformat(),
    Kind.DIGEST: lambda chance: chance.randbytes(32).hex(),
    Kind.EID: eid,
    Kind.FLAG: lambda chance: chance.choice([True, False]),
    Kind.KEY: lambda chance: "".join(chance.choices(CODE + '+/"\\<&', k=chance.randint(1, 200))),
    Kind.MONTH: lambda chance: moment(chance).strftime("%Y-%m"),
    Kind.REFERENCE: lambda chance: f"R-{number(chance)}",
    Kind.SATANG: lambda chance: number(chance) * chance.choice([1, -1]),
    Kind.TITLE: lambda chance: words(chance, 60),
}


def value_of(field: Field, chance: random.Random) -> Json:
    """Return a value that the field can hold."""
    if field.may_be_null and chance.random() < 1 / 2:
        return None
    return VALUES[field.kind](chance)


def entry(chance: random.Random) -> bytes:
    """Return the bytes of an entry of some type, sealed as the portal seals it."""
    declared = chance.choice(list(TYPES.values()))
    public = {name: value_of(field, chance) for name, field in declared.public.items()}
    private = {name: Secret("person:1", words(chance, 20)) for name in declared.private}
    refs = tuple(eid(chance) for _ in range(chance.randint(0, 3)))
    actor = Secret("person:2", number(chance))
    draft = Draft(declared, moment(chance), code(chance), actor, public, private, refs)
    return seal(draft, eid=eid(chance), random=chance.randbytes).body


def document(chance: random.Random, depth: int = 5) -> Json:
    """Return any value of our subset of JSON, nested at most so deep."""
    draw = chance.randrange(7 if depth else 5)
    if draw == 5:
        return [document(chance, depth - 1) for _ in range(chance.randint(0, 4))]
    if draw == 6:
        names = [
            "".join(chance.choices("abyz_09", k=chance.randint(1, 6)))
            for _ in range(chance.randint(0, 6))
        ]
        return {name: document(chance, depth - 1) for name in names}
    plain: list[Json] = [
        None,
        chance.choice([True, False]),
        number(chance) * chance.choice([1, -1]),
        chance.choice([0, INTEGER_MAX, -INTEGER_MAX]),
        words(chance, 40),
    ]
    return plain[draw]


def judge(case: Case) -> str:
    """Compare random entries, random documents, and every entry of the published log."""
    chance = random.Random()
    for _ in range(RANDOM_ENTRIES):
        body = entry(chance)
        require(rfc8785.dumps(json.loads(body)) == body, f"written otherwise: {body!r}")
    for _ in range(RANDOM_DOCUMENTS):
        value = document(chance)
        require(rfc8785.dumps(value) == canonical(value), f"written otherwise: {value!r}")
    size = int(case.fetch("checkpoint").split(b"\n")[1])
    for start in range(0, size, WIDTH):
        for index, body in enumerate(case.bundle(start // WIDTH, size), start):
            is_same = rfc8785.dumps(json.loads(body)) == body
            require(is_same, f"entry {index} is not in canonical form")
    return (
        f"rfc8785 {version('rfc8785')}: the same bytes for {RANDOM_ENTRIES:,} random entries, "
        f"{RANDOM_DOCUMENTS:,} random documents and the {size:,} published entries"
    )


if __name__ == "__main__":
    hear(judge, ValueError)
