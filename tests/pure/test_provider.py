"""The provider as the portal asks it, and its tokens: what is right, and every way to be wrong."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from collections.abc import Iterator
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric import ed25519

from portal import provider as asking
from portal.id_token import NotVouchedError
from portal.provider import Provider
from portal.provider import ProviderAwayError
from portal.provider import Way
from tests.provider import RSA
from tests.provider import Key
from tests.provider import Voucher
from tests.provider import provider_for
from tests.provider import say
from tests.provider import token_of
from tests.provider import vouching

HERE = "https://fund.example"
NOW = datetime.now(UTC)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
OTHER = ec.generate_private_key(ec.SECP256R1())
DISCOVERY = "/.well-known/openid-configuration"


@pytest.fixture
def voucher() -> Iterator[Voucher]:
    with vouching() as voucher:
        yield voucher


@pytest.fixture
def provider(voucher: Voucher, tmp_path: Path) -> Provider:
    return provider_for(voucher, tmp_path, at=HERE, strong="mfa")


def gone(provider: Provider, voucher: Voucher, way: Way) -> dict[str, str]:
    """Go there; return what is brought back."""
    return voucher.approve(provider.address(way))


def subject(provider: Provider, voucher: Voucher) -> str:
    way = Way.new(NOW)
    return provider.vouch(way, gone(provider, voucher, way)).subject


def refused(provider: Provider, voucher: Voucher) -> bool:
    with pytest.raises(NotVouchedError):
        subject(provider, voucher)
    return True


def test_who_is_led_there_brings_all_that_is_asked_for(provider: Provider) -> None:
    way, other = Way.new(NOW), Way.new(NOW)
    assert len({way.state, way.nonce, way.verifier, other.state, other.nonce, other.verifier}) == 6
    assert min(map(len, (way.state, way.nonce, way.verifier))) == 43
    asked = {
        name: values for name, (values,) in parse_qs(urlsplit(provider.address(way)).query).items()
    }
    assert asked == {
        "response_type": "code",
        "client_id": "portal",
        "redirect_uri": f"{HERE}/sign-in/provider/back",
        "scope": "openid",
        "state": way.state,
        "nonce": way.nonce,
        "code_challenge": way.challenge,
        "code_challenge_method": "S256",
        "prompt": "login",
    }


def test_an_endpoint_may_have_a_query_of_its_own(provider: Provider, voucher: Voucher) -> None:
    voucher.metadata["authorization_endpoint"] = f"{voucher.issuer}/authorize?tenant=7"
    assert "/authorize?tenant=7&response_type=code" in provider.address(Way.new(NOW))


@pytest.mark.parametrize(("algorithm", "key"), [("RS256", RSA), ("ES256", EC), ("EdDSA", ED)])
def test_who_signed_in_there_is_vouched_for(
    provider: Provider, voucher: Voucher, algorithm: str, key: Key
) -> None:
    voucher.keys = {"one": key}
    voucher.sign = lambda claims: token_of(claims, key, name="one", algorithm=algorithm)
    assert subject(provider, voucher) == voucher.subject


def test_the_secret_goes_in_the_form_where_nothing_else_is_taken(
    provider: Provider, voucher: Voucher
) -> None:
    voucher.metadata["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    assert subject(provider, voucher) == voucher.subject


@pytest.mark.parametrize(
    "brought",
    [
        {"state": "another"},
        {"state": ""},
        {"state": "ก"},
        {"code": ""},
        {"code": "another"},
        {"iss": "https://evil.example"},
    ],
    ids=str,
)
def test_another_answer_than_the_one_asked_for_is_refused(
    provider: Provider, voucher: Voucher, brought: dict[str, str]
) -> None:
    way = Way.new(NOW)
    answer = gone(provider, voucher, way) | brought
    with pytest.raises(NotVouchedError):
        provider.vouch(way, answer)


def test_who_says_that_it_names_itself_must(provider: Provider, voucher: Voucher) -> None:
    way = Way.new(NOW)
    answer = gone(provider, voucher, way)
    del answer["iss"]
    with pytest.raises(NotVouchedError):
        provider.vouch(way, answer)


def test_who_does_not_say_so_need_not(voucher: Voucher, tmp_path: Path) -> None:
    voucher.metadata["authorization_response_iss_parameter_supported"] = False
    provider, way = provider_for(voucher, tmp_path, at=HERE), Way.new(NOW)
    answer = gone(provider, voucher, way)
    del answer["iss"]
    assert provider.vouch(way, answer).subject == voucher.subject


def test_an_error_brings_no_code(provider: Provider, voucher: Voucher) -> None:
    way = Way.new(NOW)
    answer = {"error": "access_denied", "state": way.state, "iss": voucher.issuer}
    with pytest.raises(NotVouchedError):
        provider.vouch(way, answer)


def test_a_code_is_brought_once(provider: Provider, voucher: Voucher) -> None:
    way = Way.new(NOW)
    answer = gone(provider, voucher, way)
    assert provider.vouch(way, answer).subject == voucher.subject
    with pytest.raises(NotVouchedError):
        provider.vouch(way, answer)


def test_a_code_is_of_no_use_on_another_way(provider: Provider, voucher: Voucher) -> None:
    stolen, own = gone(provider, voucher, Way.new(NOW)), Way.new(NOW)
    with pytest.raises(NotVouchedError):
        provider.vouch(own, stolen | {"state": own.state})


@pytest.mark.parametrize(
    "wrong",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": 7},
        {"aud": "somebody else"},
        {"aud": ["portal", "somebody else"]},
        {"aud": None},
        {"azp": "somebody else"},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": timedelta(seconds=-90)},
        {"exp": None},
        {"iat": timedelta(minutes=10)},
        {"iat": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
        {"auth_time": timedelta(hours=-1)},
        {"auth_time": "now"},
    ],
    ids=str,
)
def test_a_token_that_says_something_else_is_refused(
    provider: Provider, voucher: Voucher, wrong: dict[str, object]
) -> None:
    now = time.time()
    voucher.claims = {
        name: int(now + said.total_seconds()) if isinstance(said, timedelta) else said
        for name, said in wrong.items()
    }
    assert refused(provider, voucher)


def test_what_a_token_may_say_besides(provider: Provider, voucher: Voucher) -> None:
    now = int(time.time())
    voucher.claims = {"aud": ["portal"], "azp": "portal", "auth_time": now, "exp": now - 5}
    assert subject(provider, voucher) == voucher.subject


FORGED: dict[str, Callable[[dict[str, object]], str]] = {
    "none": lambda claims: token_of(claims, RSA, algorithm="none"),
    "HS256 by the public key": lambda claims: token_of(claims, RSA, algorithm="HS256"),
    "by an unknown key": lambda claims: token_of(claims, OTHER, name="other", algorithm="ES256"),
    "in the name of a known key": lambda claims: token_of(claims, OTHER, algorithm="ES256"),
    "another algorithm of the key": lambda claims: token_of(claims, RSA, algorithm="RS512"),
    "changed": lambda claims: token_of(claims, RSA)[:-4] + "AAAA",
    "no token": lambda _: "no token",
    "empty": lambda _: "",
}


@pytest.mark.parametrize("how", FORGED)
def test_a_token_that_the_provider_did_not_sign_is_refused(
    provider: Provider, voucher: Voucher, how: str
) -> None:
    voucher.sign = FORGED[how]
    assert refused(provider, voucher)


def test_a_new_key_is_fetched_once_a_token_names_it(provider: Provider, voucher: Voucher) -> None:
    assert subject(provider, voucher)
    voucher.keys = {"first": RSA, "second": EC}
    voucher.sign = lambda claims: token_of(claims, EC, name="second", algorithm="ES256")
    assert subject(provider, voucher) == voucher.subject
    assert subject(provider, voucher) == voucher.subject
    assert (voucher.asked.count("/keys"), voucher.asked.count(DISCOVERY)) == (2, 1)


def test_a_token_need_not_name_the_only_key(provider: Provider, voucher: Voucher) -> None:
    voucher.sign = lambda claims: token_of(claims, RSA, name=None)
    assert subject(provider, voucher) == voucher.subject
    voucher.keys["second"] = EC
    provider._until = 0  # noqa: SLF001 - the hour is over
    assert refused(provider, voucher)


def test_a_key_that_encrypts_signs_nothing(provider: Provider, voucher: Voucher) -> None:
    shown = json.dumps(voucher.shown_keys()).replace('"sig"', '"enc"')
    voucher.instead["/keys"] = lambda request: say(request, 200, shown)
    assert refused(provider, voucher)


def test_after_an_hour_it_is_asked_again(
    provider: Provider, voucher: Voucher, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert subject(provider, voucher)
    voucher.keys = {"second": EC}
    later = time.monotonic() + asking.KEPT_SECONDS
    monkeypatch.setattr(time, "monotonic", lambda: later)
    voucher.sign = lambda claims: token_of(claims, RSA)
    assert refused(provider, voucher)


@pytest.mark.parametrize(
    "told",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"token_endpoint": "http://evil.example/token"},
        {"token_endpoint": None},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
    ids=str,
)
def test_a_provider_that_says_it_is_another_is_not_asked_further(
    provider: Provider, voucher: Voucher, told: dict[str, object]
) -> None:
    voucher.metadata = told
    with pytest.raises(ProviderAwayError):
        provider.address(Way.new(NOW))


def slow(request: BaseHTTPRequestHandler) -> None:
    """Say a little, and no more for a while."""
    request.send_response(200)
    request.send_header("Content-Length", "1000")
    request.end_headers()
    request.wfile.write(b"{")
    time.sleep(1)


def dripping(request: BaseHTTPRequestHandler) -> None:
    """Say something again and again, without end."""
    request.send_response(200)
    request.send_header("Content-Length", "1000")
    request.end_headers()
    try:
        for _ in range(10):
            request.wfile.write(b" ")
            time.sleep(0.1)
    except OSError:
        request.close_connection = True


AWAY: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {
    "an error": lambda request: say(request, 500, "{}"),
    "a bad request": lambda request: say(request, 400, "{}"),
    "elsewhere": lambda request: say(request, 302, "", Location="http://127.0.0.1:1/"),
    "no JSON": lambda request: say(request, 200, "<html>"),
    "no object": lambda request: say(request, 200, "[]"),
    "too deep": lambda request: say(request, 200, "[" * 100_000),
    "too long": lambda request: say(request, 200, "{}" + " " * asking.ANSWER_BYTES_MAX),
    "slow": slow,
    "dripping": dripping,
}


@pytest.mark.parametrize("how", AWAY)
def test_a_provider_that_is_away_is_said_to_be(
    provider: Provider, voucher: Voucher, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(asking, "SECONDS_MAX", 0.3)
    voucher.instead[DISCOVERY] = AWAY[how]
    for _ in range(2):
        with pytest.raises(ProviderAwayError):
            provider.address(Way.new(NOW))
    # Who comes a moment later does not wait again.
    assert voucher.asked == [DISCOVERY]


def test_a_provider_that_is_down_is_said_to_be(voucher: Voucher, tmp_path: Path) -> None:
    voucher.issuer = "http://127.0.0.1:1"
    with pytest.raises(ProviderAwayError):
        provider_for(voucher, tmp_path, at=HERE).address(Way.new(NOW))


@pytest.mark.parametrize(
    "shown", ['{"keys": []}', "{}", '{"keys": 7}', '{"keys": [{"kty": "RSA", "alg": []}]}']
)
def test_without_keys_nobody_is_vouched_for(
    provider: Provider, voucher: Voucher, shown: str
) -> None:
    voucher.instead["/keys"] = lambda request: say(request, 200, shown)
    assert refused(provider, voucher)


@pytest.mark.parametrize(
    ("status", "told", "error"),
    [
        (401, "{}", ProviderAwayError),
        (503, "{}", ProviderAwayError),
        (400, '{"error": "invalid_grant"}', NotVouchedError),
        (200, '{"access_token": "x"}', NotVouchedError),
    ],
)
def test_what_brings_no_token_vouches_for_nobody(
    provider: Provider, voucher: Voucher, status: int, told: str, error: type[Exception]
) -> None:
    way = Way.new(NOW)
    answer = gone(provider, voucher, way)
    voucher.instead["/token"] = lambda request: say(request, status, told)
    with pytest.raises(error):
        provider.vouch(way, answer)


@pytest.mark.parametrize(
    ("claims", "is_strong"),
    [
        ({}, False),
        ({"acr": "mfa"}, True),
        ({"amr": ["pwd", "mfa"]}, True),
        ({"acr": "pwd", "amr": ["pwd"]}, False),
        ({"acr": ["mfa"], "amr": "mfa"}, False),
        ({"amr": [{"mfa": 1}, 7]}, False),
    ],
)
def test_a_second_factor_counts_where_the_settings_name_its_word(
    provider: Provider, voucher: Voucher, claims: dict[str, object], *, is_strong: bool
) -> None:
    voucher.claims = claims
    way = Way.new(NOW)
    vouched = provider.vouch(way, gone(provider, voucher, way))
    assert provider.is_strong(vouched) is is_strong
