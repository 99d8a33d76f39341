from __future__ import annotations

from portal.audit.entry import base64url
from portal.audit.link import PaperLink
from portal.audit.service import new_stamp


def test_the_address_says_the_entry_and_the_salt_behind_the_hash() -> None:
    stamp = PaperLink("019a9f00-0000-7000-8000-000000000001", base64url(bytes(32)))
    said = "https://fund.example/v#1.AZqfAAAAcACAAAAAAAAAAQ." + "A" * 43
    assert stamp.address("https://fund.example") == said


def test_every_stamp_is_new_and_can_be_read_back() -> None:
    stamps = [new_stamp() for _ in range(100)]
    assert len({stamp.eid for stamp in stamps} | {stamp.salt for stamp in stamps}) == 200
    for stamp in stamps:
        assert PaperLink.parse(stamp.address("https://fund.example")) == stamp
