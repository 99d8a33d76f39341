"""The page that verifies, driven from a test: what it is given, and what it answers."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from typing import TypedDict

from playwright.sync_api import FilePayload
from playwright.sync_api import Page
from playwright.sync_api import Route

from portal.audit import verifier
from portal.audit.note import VerifierKey
from portal.audit.proof import Proof


def with_policy(html: str, log: VerifierKey, text: str) -> str:
    """Put another policy into the page, as the page of a log with witnesses would have it."""
    block = verifier.json_block({"origin": log.name, "text": text})
    changed, count = re.subn(
        r'(<script type="application/json" id="policy">).*?(</script>)',
        lambda found: found[1] + block + found[2],
        html,
    )
    assert count == 1
    return changed


def serve(page: Page, log: VerifierKey, text: str, proof: Proof | None = None) -> None:
    """Let the portal answer as the one of a log with this policy; with its proof, if given."""

    def answer(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, body=with_policy(response.text(), log, text))

    page.route(re.compile(r"/v(#.*)?$"), answer)
    if proof is not None:
        page.route("**/*.tlog-proof", lambda route: route.fulfill(body=str(proof)))


def file(name: str, content: object) -> FilePayload:
    body = content if isinstance(content, bytes) else str(content).encode()
    return {"name": name, "mimeType": "application/octet-stream", "buffer": body}


def choose(page: Page, *files: FilePayload) -> str:
    forget(page)
    page.set_input_files("#files", list(files))
    return verdict(page)


def follow(page: Page, link: str) -> str:
    """Type a link and have it checked."""
    page.fill("#link", link)
    forget(page)
    page.press("#link", "Enter")
    return verdict(page)


def forget(page: Page) -> None:
    """Take the last verdict for none, so that only the next one is waited for."""
    page.evaluate("document.getElementById('verdict').dataset.verdict = 'busy'")


def verdict(page: Page) -> str:
    """Return the verdict, and for a refusal which step failed or what is missing."""
    page.wait_for_selector("#verdict:not([data-verdict=busy])")
    told = page.locator("#verdict")
    words = (told.get_attribute("data-verdict"), told.get_attribute("data-why"))
    return " ".join(word for word in words if word)


class Told(TypedDict):
    """What the script found in a proof that it did not refuse; whole numbers are texts."""

    eid: str
    index: str
    size: str
    times: dict[str, str]
    isQuorum: bool
    verdict: str


JUDGE = """async (cases) => {
  const judge = async ([written, raw]) => {
    try {
      const policy = await parsePolicy(written);
      const proof = Uint8Array.from(atob(raw), (character) => character.charCodeAt(0));
      const told = await examine({ proof, policy });
      return told.failed !== null ? null : {
        eid: told.entry.eid,
        index: String(told.proof.index),
        size: String(told.checkpoint.size),
        times: Object.fromEntries(Array.from(told.times, ([name, at]) => [name, String(at)])),
        isQuorum: isQuorum(policy, policy.quorum, told.times),
        verdict: told.verdict,
      };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return null;
    }
  };
  const answers = [];
  for (const each of cases) answers.push(await judge(each));
  return answers;
}"""


def judged(page: Page, cases: Sequence[tuple[str, bytes]]) -> list[Told | None]:
    """Let the script judge proof files by policies; None is a refusal."""
    answers: list[Told | None] = page.evaluate(
        JUDGE, [(policy, b64encode(raw).decode("ascii")) for policy, raw in cases]
    )
    return answers
