from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.passkeys import Challenge
from portal.passkeys import Owner
from portal.passkeys import Passkey
from portal.passkeys import PasskeyRefusedError
from portal.passkeys import Site
from portal.passkeys import asking
from portal.passkeys import count_after
from portal.passkeys import making
from portal.passkeys import named_in
from portal.passkeys import read_new
from tests.authenticator import PRESENT
from tests.authenticator import Authenticator

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
SITE = Site.at("https://portal.example.org")
OWNER = Owner(b"nobody knows who", "anong", "อนงค์ ตัวอย่าง")
OTHER_SITE = Site.at("https://portal.example.com")


def made(device: Authenticator, challenge: Challenge | None = None) -> Passkey:
    challenge = challenge or Challenge.new(NOON)
    plan = making(SITE, OWNER, challenge=challenge, known=())
    return read_new(SITE, device.make(plan), challenge=challenge)


@pytest.mark.parametrize(
    ("base_url", "takes"),
    [
        ("https://portal.example.org", True),
        ("https://portal.example.org:8443/", True),
        ("http://localhost:8000", True),
        ("http://portal.example.org", False),
        ("http://127.0.0.1:8000", False),
        ("https://[::1]:8000", False),
    ],
)
def test_passkeys_are_made_at_a_name_by_https(base_url: str, *, takes: bool) -> None:
    assert Site.at(base_url).takes_passkeys == takes


def test_the_origin_is_the_address_without_what_follows() -> None:
    assert Site.at("https://portal.example.org:8443/x") == Site(
        "https://portal.example.org:8443", "portal.example.org"
    )


def test_what_a_browser_is_told() -> None:
    plan = json.loads(making(SITE, OWNER, challenge=Challenge.new(NOON), known=(b"known",)))
    assert plan["rp"]["id"] == "portal.example.org"
    assert plan["authenticatorSelection"]["userVerification"] == "required"
    assert plan["attestation"] == "none"
    assert len(plan["excludeCredentials"]) == 1
    question = json.loads(asking(SITE, challenge=Challenge.new(NOON)))
    assert (question["userVerification"], question["allowCredentials"]) == ("required", [])
    assert question["challenge"] != plan["challenge"]


def test_a_passkey_is_made_and_used() -> None:
    device = Authenticator(SITE)
    passkey = made(device)
    assert (passkey.credential_id, passkey.sign_count) == (device.credential_id, 0)
    for count in (1, 2):
        challenge = Challenge.new(NOON)
        answer = device.use(asking(SITE, challenge=challenge, known=(passkey.credential_id,)))
        assert named_in(answer) == passkey.credential_id
        assert count_after(SITE, passkey, answer, challenge=challenge) == count


def test_one_that_counts_nothing_is_taken() -> None:
    """Passkeys that are kept on several devices count nothing: 0 for ever."""
    device = Authenticator(SITE)
    passkey, challenge = made(device), Challenge.new(NOON)
    device.count = -1
    answer = device.use(asking(SITE, challenge=challenge))
    assert count_after(SITE, passkey, answer, challenge=challenge) == 0


def other_site(device: Authenticator) -> None:
    device.site = OTHER_SITE


def other_port(device: Authenticator) -> None:
    device.site = replace(SITE, origin="https://portal.example.org:444")


def unverified(device: Authenticator) -> None:
    device.flags = PRESENT


def nobody_there(device: Authenticator) -> None:
    device.flags = 0


def other_key(device: Authenticator) -> None:
    device.key = Authenticator(SITE).key


def copied(device: Authenticator) -> None:
    device.count = 3


SPOILT = (other_site, other_port, unverified, nobody_there)


@pytest.mark.parametrize("spoil", SPOILT)
def test_what_was_not_made_here_by_its_owner_is_refused(
    spoil: Callable[[Authenticator], None],
) -> None:
    device = Authenticator(SITE)
    spoil(device)
    with pytest.raises(PasskeyRefusedError):
        made(device)


@pytest.mark.parametrize("spoil", [*SPOILT, other_key, copied])
def test_what_was_not_answered_here_by_its_owner_is_refused(
    spoil: Callable[[Authenticator], None],
) -> None:
    device = Authenticator(SITE, count=9)
    passkey, challenge = made(device), Challenge.new(NOON)
    assert passkey.sign_count == 9
    spoil(device)
    answer = device.use(asking(SITE, challenge=challenge))
    with pytest.raises(PasskeyRefusedError):
        count_after(SITE, passkey, answer, challenge=challenge)


def test_an_answer_to_another_question_is_refused() -> None:
    device = Authenticator(SITE)
    passkey = made(device)
    answer = device.use(asking(SITE, challenge=Challenge.new(NOON)))
    with pytest.raises(PasskeyRefusedError):
        count_after(SITE, passkey, answer, challenge=Challenge.new(NOON))
    plan = making(SITE, OWNER, challenge=Challenge.new(NOON), known=())
    with pytest.raises(PasskeyRefusedError):
        read_new(SITE, device.make(plan), challenge=Challenge.new(NOON))


def test_a_name_of_no_human_length_is_refused() -> None:
    with pytest.raises(PasskeyRefusedError):
        made(Authenticator(SITE, credential_id=bytes(1024)))


def paths(told: Any) -> list[list[str]]:
    """Return the way to every value of an answer."""
    if not isinstance(told, dict):
        return [[]]
    return [[name, *rest] for name, value in told.items() for rest in paths(value)]


@given(st.data())
def test_an_answer_that_was_changed_is_refused_and_never_an_error(data: st.DataObject) -> None:
    device, challenge = Authenticator(SITE), Challenge.new(NOON)
    passkey = made(device)
    told = json.loads(device.use(asking(SITE, challenge=challenge)))
    *way, last = data.draw(st.sampled_from(paths(told)))
    place = told
    for name in way:
        place = place[name]
    before = place[last]
    place[last] = data.draw(
        st.one_of(st.none(), st.integers(), st.text(), st.just({}), st.just(before[:-3]))
    )
    if place[last] != before:
        with pytest.raises(PasskeyRefusedError):
            count_after(SITE, passkey, json.dumps(told), challenge=challenge)


@given(st.text())
def test_what_is_no_answer_is_refused(text: str) -> None:
    for read in (
        lambda: named_in(text),
        lambda: read_new(SITE, text, challenge=Challenge.new(NOON)),
    ):
        with pytest.raises(PasskeyRefusedError):
            read()


@given(st.binary(max_size=300))
def test_what_is_no_attestation_is_refused(noise: bytes) -> None:
    device, challenge = Authenticator(SITE), Challenge.new(NOON)
    plan = making(SITE, OWNER, challenge=challenge, known=())
    told = json.loads(device.make(plan))
    told["response"]["attestationObject"] = noise.hex()
    with pytest.raises(PasskeyRefusedError):
        read_new(SITE, json.dumps(told), challenge=challenge)
