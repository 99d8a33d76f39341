"""The bytes of the page that verifies: what may run in it, and what it can say."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html import unescape

import pytest

from portal.audit import verifier
from tests.conftest import Visitor


@pytest.mark.parametrize("portal", ["sqlite"], indirect=True)
def test_only_its_own_script_and_style_may_run(client: Visitor) -> None:
    for path in ("/v", "/en/v"):
        answer = client.get(path)
        page = answer.get_data(as_text=True)
        policy = answer.headers["Content-Security-Policy"]
        parts = dict(part.split(" ", 1) for part in policy.split("; "))
        for element, directive in (("script", "script-src"), ("style", "style-src")):
            inline = re.findall(rf"<{element}>(.*?)</{element}>", page, re.DOTALL)
            assert len(inline) == 1
            digest = base64.b64encode(hashlib.sha256(inline[0].encode()).digest()).decode()
            assert parts.pop(directive) == f"'sha256-{digest}'"
        assert parts == {
            "default-src": "'none'",
            "connect-src": "'self'",
            "img-src": "data:",
            "form-action": "'none'",
            "base-uri": "'none'",
            "frame-ancestors": "'none'",
        }
        saved = policy.removesuffix("; frame-ancestors 'none'")
        assert f'<meta http-equiv="Content-Security-Policy" content="{saved}">' in unescape(page)
        assert not re.search(r"(?:src|href|action)=.?(?:https?:)?//", page)
        told = json.loads(re.findall(r'id="policy">(.*?)</script>', page)[0])["text"]
        with client.get("/log/policy") as published:
            assert published.get_data(as_text=True) == told


def test_a_policy_cannot_end_its_script_element() -> None:
    assert json.loads(verifier.json_block("</script>")) == "</script>"
    assert "<" not in verifier.json_block("</script><!--")


@pytest.mark.parametrize("portal", ["sqlite"], indirect=True)
def test_every_word_of_the_script_exists(client: Visitor) -> None:
    script, page = verifier.SCRIPT.text, client.get("/v").text
    steps = re.findall(
        r"(?:^    |steps\.)([a-z]+)(?::| =) (?:async )?\(\) =>", script, re.MULTILINE
    )
    assert len(set(steps)) == 7
    verdicts = ("witnessed", "unwitnessed", "published")
    needed = {f"{part}_{step}" for part in ("failed", "step", "note") for step in steps}
    needed |= {f"{part}_{verdict}" for part in ("by", "step", "note") for verdict in verdicts}
    needed |= {f"missing_{what}" for what in re.findall(r'Missing\("([a-z_]+)"', script)}
    needed |= set(re.findall(r'(?:say|paragraph)\("([a-z_]+)"', script))
    needed |= set(re.findall(r"^  ([a-z]+): \[\"", script, re.MULTILINE))
    assert sorted(needed - verifier.WORDS.keys()) == []
    shapes = set(re.findall(r'"(?:green|amber|red|grey)", "([a-z]+)"', script))
    assert [name for name in sorted(shapes) if f'id="shape-{name}"' not in page] == []
