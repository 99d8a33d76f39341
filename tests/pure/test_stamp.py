from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from uuid import UUID

from portal.audit.entry import base64url
from portal.audit.service import new_stamp
from portal.audit.stamp import Stamp

ADDRESS = re.compile(r"https://fund\.example/v#1\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})")


def test_the_address_says_the_entry_and_the_salt_behind_the_hash() -> None:
    stamp = Stamp("019a9f00-0000-7000-8000-000000000001", base64url(bytes(32)))
    said = "https://fund.example/v#1.AZqfAAAAcACAAAAAAAAAAQ." + "A" * 43
    assert stamp.address("https://fund.example") == said


def test_every_stamp_is_new_and_can_be_read_back() -> None:
    stamps = [new_stamp() for _ in range(100)]
    assert len({stamp.eid for stamp in stamps} | {stamp.salt for stamp in stamps}) == 200
    for stamp in stamps:
        match = ADDRESS.fullmatch(stamp.address("https://fund.example"))
        assert match is not None
        assert str(UUID(bytes=urlsafe_b64decode(match[1] + "=="))) == stamp.eid
        assert len(urlsafe_b64decode(match[2] + "=")) == 32
