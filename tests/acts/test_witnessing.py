from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import create_engine
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.check import LogError
from portal.audit.entry import parse
from portal.audit.models import LogEntry
from portal.audit.note import Checkpoint
from portal.audit.note import Note
from portal.audit.note import NoteError
from portal.audit.note import VerifierKey
from portal.audit.note import sign
from portal.audit.policy import Policy
from portal.audit.policy import PolicyError
from portal.audit.proof import Proof
from portal.audit.signer import load_keys
from portal.audit.signer import make_key
from portal.audit.witness import NoAnswerError
from portal.audit.witness import OtherLogError
from portal.audit.witness import UnknownLogError
from portal.audit.witnessing import heads
from portal.db import db
from portal.db import prepare
from portal.db import writing
from portal.install import Install
from portal.install import OnlyKeyError
from portal.publishing.models import PublishedPosition
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.killing import forked
from tests.killing import killed_at
from tests.outsiders import NOON
from tests.outsiders import Outsider
from tests.outsiders import ask_them
from tests.outsiders import outsider
from tests.world import World

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "torchwood-witness"
NAMES = ("audit-firm", "university", "donor")
AT = datetime.fromtimestamp(NOON, UTC)
MINUTE = timedelta(seconds=61)
files_only = pytest.mark.parametrize("portal", ["sqlite"], indirect=True)


@pytest.mark.skipif(not VECTORS.is_dir(), reason=f"no vectors of third parties in {VECTORS}")
def test_our_witness_answers_as_others_do() -> None:
    # The newer specification answers 400 to what is no base64 and 404 to a log it does not know.
    newer = {("add_checkpoint", 1): 400, ("add_checkpoint", 2): 404}
    for name in ("add_checkpoint", "sumdb"):
        told = json.loads((VECTORS / f"{name}_conversation.json").read_text())
        vkey = VerifierKey.parse(told["vkey"])
        witness = Outsider("example.com/witness", {told["origin"]: vkey})
        for number, step in enumerate(told["steps"]):
            status, text = witness.answer(step["request"])
            assert status == newer.get((name, number), step["status"]), step
            if status == 409:
                assert f'"{text[:-1]}\\n"' in step["assert"]


@pytest.fixture
def witnesses(portal: Portal) -> Iterator[dict[str, Outsider]]:
    """Three outsiders, of whom two are enough."""
    with ExitStack() as stack:
        found = {
            name: stack.enter_context(outsider(f"{name}.example", portal.install.signer.vkey))
            for name in NAMES
        }
        ask_them(portal, found)
        yield found


def act(portal: Portal) -> str:
    with writing(db.engine, portal.install.session_info()) as session:
        fund_request = World(session).submitted()
        assert fund_request.log_eid is not None
        return fund_request.log_eid


def text_of(client: FlaskClient, address: str) -> str:
    with client.get(address) as answer:
        assert answer.status_code == 200
        return answer.get_data(as_text=True)


def status_of(client: FlaskClient, eid: str) -> dict[str, object]:
    told: dict[str, object] = json.loads(text_of(client, f"/audit/status/{eid}"))
    return told


def test_outsiders_cosign_and_every_claim_says_who_and_when(
    portal: Portal, client: FlaskClient, witnesses: dict[str, Outsider]
) -> None:
    eid = act(portal)
    assert status_of(client, eid)["standing"] == "committed"
    held = portal.install.cycle(db.engine, at=AT)
    assert (set(held.lines), held.refusals) == (set(NAMES), {})
    policy = Policy.parse(text_of(client, "/log/policy"))
    seen = policy.judge(Note.parse(text_of(client, "/log/checkpoint").encode()))
    assert seen.is_witnessed
    assert seen.witnessed == dict.fromkeys(NAMES, NOON)
    answer = status_of(client, eid)
    assert answer["standing"] == "witnessed"
    assert answer["witnessed"] == {
        "size": answer["published_size"],
        "by": dict.fromkeys(NAMES, "2026-11-21T04:00:00Z"),
    }
    _, proved = Proof.parse(text_of(client, f"/proof/{eid}.tlog-proof").encode()).verify(policy)
    assert proved.is_witnessed
    with Session(db.engine) as session:
        told = json.loads(session.get_one(PublishedPosition, 1).witnessed)
    assert told == {"size": seen.checkpoint.size, "by": dict.fromkeys(NAMES, NOON)}
    assert witnesses["donor"].asked[0].startswith("old 0\n\n")


def test_the_pages_claim_what_is_witnessed_and_nothing_else(
    portal: Portal, client: Visitor, witnesses: dict[str, Outsider]
) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        reference = World(session).submitted().reference
    portal.install.publish(db.engine)
    address = f"/en/requests/{reference}"
    before = client.get(address)
    assert "not yet witnessed from outside" in before.text
    assert "Not yet witnessed by outsiders" in client.get("/en/log").text
    portal.install.cycle(db.engine, at=AT)
    # The log did not grow, but what can be claimed did: a page that was kept is asked for again.
    after = client.get(address, headers={"If-None-Match": before.headers["ETag"]})
    assert "witnessed from outside the foundation" in after.text
    for name in witnesses:
        assert f"{name} (21\u00a0Nov\u00a02026\u00a011:00)" in after.text
    assert "Outsiders have witnessed the first" in client.get("/en/log").text
    act(portal)
    portal.install.publish(db.engine)
    assert "Not witnessed yet: the newest entries (1)" in client.get("/en/log").text


def test_an_entry_keeps_its_witnesses_while_a_newer_one_waits(
    portal: Portal, client: FlaskClient, witnesses: dict[str, Outsider]
) -> None:
    first = act(portal)
    portal.install.cycle(db.engine, at=AT)
    second = act(portal)
    # They are asked once a minute at most.
    portal.install.cycle(db.engine, at=AT + MINUTE / 2)
    assert [len(one.asked) for one in witnesses.values()] == [1, 1, 1]
    policy = heads(portal.install.folder)
    assert (policy.newest.is_witnessed, policy.witnessed is not None) == (False, True)
    standings = [status_of(client, eid)["standing"] for eid in (first, second)]
    assert standings == ["witnessed", "published"]
    for eid, is_witnessed in ((first, True), (second, False)):
        proof = Proof.parse(text_of(client, f"/proof/{eid}.tlog-proof").encode())
        _, seen = proof.verify(Policy.parse(portal.install.policy_text))
        assert seen.is_witnessed is is_witnessed
    portal.install.cycle(db.engine, at=AT + MINUTE)
    assert status_of(client, second)["standing"] == "witnessed"
    assert witnesses["donor"].asked[1].startswith(f"old {policy.newest.checkpoint.size - 1}\n")
    # What all have cosigned is not asked for again.
    portal.install.cycle(db.engine, at=AT + 3 * MINUTE)
    assert [len(one.asked) for one in witnesses.values()] == [2, 2, 2]


def test_publishing_goes_on_without_witnesses_but_nothing_is_claimed(
    portal: Portal, client: FlaskClient, witnesses: dict[str, Outsider]
) -> None:
    eid = act(portal)
    witnesses["donor"].says = (500, "out of order")
    witnesses["university"].url = "http://127.0.0.1:9"
    ask_them(portal, witnesses)
    held = portal.install.cycle(db.engine, at=AT)
    assert set(held.lines) == {"audit-firm"}
    assert {name: type(why) for name, why in held.refusals.items()} == dict.fromkeys(
        ("donor", "university"), NoAnswerError
    )
    assert status_of(client, eid)["standing"] == "published"
    assert set(heads(portal.install.folder).newest.witnessed) == {"audit-firm"}
    assert client.get("/log/witnessed").status_code == 404
    # When one comes back, it alone is asked, and both lines stand together.
    witnesses["donor"].says = None
    portal.install.cycle(db.engine, at=AT + MINUTE)
    assert status_of(client, eid)["standing"] == "witnessed"
    assert len(witnesses["audit-firm"].asked) == 1


def test_a_publisher_that_forgot_asks_what_the_witness_knows(
    portal: Portal, witnesses: dict[str, Outsider]
) -> None:
    portal.install.cycle(db.engine, at=AT)
    (portal.install.settings.data_dir / "signer" / "witnesses.json").unlink()
    act(portal)
    held = portal.install.cycle(db.engine, at=AT)
    assert set(held.lines) == set(NAMES)
    assert [one.asked[1][:6] for one in witnesses.values()] == ["old 0\n"] * 3
    assert [len(one.asked) for one in witnesses.values()] == [3, 3, 3]


@files_only
def test_a_round_that_a_newer_checkpoint_overtook_takes_nothing_from_it(
    portal: Portal, witnesses: dict[str, Outsider]
) -> None:
    told = portal.install.publish(db.engine)
    assert told is not None
    donor, engine, info = witnesses["donor"], db.engine, portal.install.session_info()
    answer = donor.answer

    def answer_late(body: str) -> tuple[int, str]:
        with writing(engine, info) as session:
            World(session).submitted()
        portal.install.publish(engine)
        return answer(body)

    donor.answer = answer_late  # type: ignore[method-assign]  # it takes its time
    held = portal.install.cycle(db.engine, at=AT)
    assert set(held.lines) == set(NAMES)
    seen = heads(portal.install.folder)
    assert (seen.newest.checkpoint.size, seen.newest.witnessed) == (told.size + 3, {})
    assert seen.witnessed is not None
    assert seen.witnessed.checkpoint == told


@files_only
def test_a_forged_or_damaged_checkpoint_of_witnesses_is_found(
    portal: Portal, witnesses: dict[str, Outsider]
) -> None:
    portal.install.cycle(db.engine, at=AT)
    act(portal)
    portal.install.publish(db.engine)
    portal.install.check_log(db.session())
    file = portal.install.folder.path / "witnessed"
    kept = Note.parse(file.read_bytes())
    # Signed by the log and cosigned by all, but of another tree.
    size = Checkpoint.parse(kept.text).size
    forged = Checkpoint(portal.install.signer.vkey.name, size, b"\x01" * 32).text()
    (key,) = load_keys(portal.install.settings.data_dir / "keys")
    lines = [one.cosign(forged) for one in witnesses.values()]
    note = sign(forged, portal.install.signer.vkey.name, key).with_signatures(lines)
    file.write_text(str(note))
    with pytest.raises(LogError, match="witnessed is not of the tree"):
        portal.install.check_log(db.session())
    damaged = replace(lines[0], signature=lines[0].signature[:-1] + b"\x00")
    file.write_text(str(Note(kept.text, (*kept.signatures[:1], damaged))))
    with pytest.raises(LogError, match="does not verify"):
        portal.install.check_log(db.session())
    file.write_text(str(kept))


@files_only
def test_a_checkpoint_that_was_lost_is_served_again(portal: Portal) -> None:
    portal.install.publish(db.engine)
    file = portal.install.folder.path / "checkpoint"
    kept = file.read_bytes()
    file.unlink()
    portal.install.publish(db.engine)
    assert file.read_bytes() == kept


def test_a_line_that_was_lost_on_the_way_is_asked_for_again(
    portal: Portal, witnesses: dict[str, Outsider]
) -> None:
    # The witness cosigned, and the publisher died before it kept the line.
    checkpoint = portal.install.publish(db.engine)
    assert checkpoint is not None
    witnesses["donor"].seen[checkpoint.origin] = checkpoint
    held = portal.install.cycle(db.engine, at=AT)
    assert set(held.lines) == set(NAMES)
    assert [body[:8] for body in witnesses["donor"].asked] == ["old 0\n\na", "old 148\n"]


def test_a_publisher_killed_at_any_step_loses_nothing_and_forks_nothing(
    portal: Portal, witnesses: dict[str, Outsider]
) -> None:
    def run() -> None:
        engine = create_engine(portal.install.settings.database_url)
        prepare(engine)
        Install(portal.install.settings).cycle(engine, at=at)

    at, kills = AT, 0
    # Every sixteenth step, others on each engine.
    for step in count(0 if db.engine.dialect.name == "sqlite" else 8, 16):
        act(portal)
        # A heartbeat is due each time, and the witnesses may be asked again.
        at += timedelta(days=1)
        _, status = os.waitpid(forked(killed_at(step, run)), 0)
        if not os.WIFSIGNALED(status):
            assert status == 0
            break
        kills += 1
    assert kills > 20
    portal.install.cycle(db.engine, at=at + timedelta(days=1))
    newest = portal.install.check_log(db.session())
    for one in witnesses.values():
        assert one.seen[newest.origin] == newest
    assert heads(portal.install.folder).newest.is_witnessed


def test_a_witness_that_saw_another_log_is_an_alarm(
    portal: Portal, client: FlaskClient, witnesses: dict[str, Outsider]
) -> None:
    eid = act(portal)
    portal.install.publish(db.engine)
    checkpoint = heads(portal.install.folder).newest.checkpoint
    origin = checkpoint.origin
    # The same size with another root; a longer log; one that does not grow into ours.
    witnesses["audit-firm"].seen[origin] = replace(checkpoint, root=b"\x01" * 32)
    witnesses["university"].seen[origin] = replace(checkpoint, size=checkpoint.size + 1)
    witnesses["donor"].seen[origin] = replace(checkpoint, size=5, root=b"\x01" * 32)
    held = portal.install.cycle(db.engine, at=AT)
    assert {name: type(why) for name, why in held.refusals.items()} == dict.fromkeys(
        NAMES, OtherLogError
    )
    assert "does not find its own past" in str(held.refusals["donor"])
    assert status_of(client, eid)["standing"] == "published"


@files_only
def test_a_witness_that_does_not_know_us_is_told_how(
    portal: Portal, witnesses: dict[str, Outsider]
) -> None:
    witnesses["donor"].logs.clear()
    (origin,) = witnesses["university"].logs
    other = replace(portal.install.signer.vkey, public=bytes(32))
    witnesses["university"].logs[origin] = other
    held = portal.install.cycle(db.engine, at=AT)
    assert {name: type(why) for name, why in held.refusals.items()} == dict.fromkeys(
        ("donor", "university"), UnknownLogError
    )
    assert "/log/policy" in str(held.refusals["donor"])


@files_only
def test_only_a_line_of_its_own_key_counts(portal: Portal, witnesses: dict[str, Outsider]) -> None:
    checkpoint = portal.install.publish(db.engine)
    assert checkpoint is not None
    other = Outsider("donor.example")
    mine = witnesses["audit-firm"].cosign(checkpoint.text())
    damaged = replace(mine, signature=mine.signature[:-1] + bytes([mine.signature[-1] ^ 1]))
    early = replace(mine, signature=bytes(8) + mine.signature[8:])
    for says in (
        other.cosign(checkpoint.text()).line(),
        damaged.line(),
        early.line(),
        mine.line() + damaged.line(),
        "",
        "\u2014 audit-firm.example\n",
        "a page of a hotel's network",
    ):
        witnesses["audit-firm"].says = (200, says)
        (portal.install.settings.data_dir / "signer" / "witnesses.json").unlink(missing_ok=True)
        held = portal.install.cycle(db.engine, at=AT)
        assert type(held.refusals["audit-firm"]) is NoAnswerError
    assert set(heads(portal.install.folder).newest.witnessed) == {"university", "donor"}
    # Lines of others beside the right one do no harm.
    witnesses["audit-firm"].says = (200, other.cosign(checkpoint.text()).line() + mine.line())
    held = portal.install.cycle(db.engine, at=AT + MINUTE)
    assert set(held.lines) == {"audit-firm"}


@files_only
def test_a_quorum_of_yesterday_is_none_under_todays_policy(
    portal: Portal, witnesses: dict[str, Outsider]
) -> None:
    portal.install.cycle(db.engine, at=AT)
    act(portal)
    portal.install.publish(db.engine)
    assert heads(portal.install.folder).witnessed is not None
    with ExitStack() as stack:
        vkey = portal.install.signer.vkey
        ask_them(
            portal,
            {name: stack.enter_context(outsider(f"new-{name}.example", vkey)) for name in NAMES},
        )
        portal.install.publish(db.engine)
        assert heads(portal.install.folder).witnessed is None
    assert all(len(one.asked) == 1 for one in witnesses.values())


@files_only
def test_a_policy_that_cannot_be_read_is_named(
    portal: Portal, witnesses: dict[str, Outsider]
) -> None:
    file = portal.install.settings.data_dir / "witnesses"
    kept = file.read_text()
    for wrong in ("quorum nobody\n", kept.replace("http:", "ftp:"), ""):
        file.write_text(wrong)
        with pytest.raises(PolicyError):
            portal.install.publish(db.engine)
    file.write_text(kept)
    assert witnesses


def types_of() -> list[str]:
    with Session(db.engine) as session:
        bodies = session.scalars(select(LogEntry.body).order_by(LogEntry.seqno)).all()
    return [parse(body).type for body in bodies]


def test_once_a_day_the_log_shows_that_it_lives(
    portal: Portal, witnesses: dict[str, Outsider]
) -> None:
    portal.install.cycle(db.engine, at=AT)
    before = heads(portal.install.folder).newest.checkpoint
    portal.install.cycle(db.engine, at=AT + timedelta(hours=23))
    assert types_of()[-1] != "log.heartbeat"
    for days in (1, 2):
        held = portal.install.cycle(db.engine, at=AT + timedelta(days=days))
        assert set(held.lines) == set(NAMES)
        portal.install.cycle(db.engine, at=AT + timedelta(days=days, hours=1))
        assert types_of()[-days:] == ["log.heartbeat"] * days
    with Session(db.engine) as session:
        bodies = session.scalars(select(LogEntry.body).order_by(LogEntry.seqno)).all()
    beat = parse(bodies[before.size])
    assert beat.public == {"size": before.size, "root": before.root.hex(), "is_witnessed": True}
    assert witnesses


def verifies(policy: str, eid: str, client: FlaskClient) -> bool:
    proof = Proof.parse(text_of(client, f"/proof/{eid}.tlog-proof").encode())
    try:
        proof.verify(Policy.parse(policy))
    except NoteError:
        return False
    return True


def test_a_new_key_takes_over_without_a_gap(portal: Portal, client: FlaskClient) -> None:
    install, eid = portal.install, act(portal)
    install.publish(db.engine)
    old = install.policy_text
    vkey = install.add_key(db.engine, at=AT)
    both, new = install.policy_text, f"log {vkey}\nquorum none\n"
    assert both == old.replace("quorum", f"log {vkey}\nquorum")
    assert text_of(client, "/log/policy") == both
    assert types_of()[-1] == "log.key_added"
    act(portal)
    install.publish(db.engine)
    assert [verifies(policy, eid, client) for policy in (old, both, new)] == [True] * 3
    portal.verify()
    retired = install.retire_key(db.engine, at=AT + timedelta(days=90))
    assert old == f"log {retired}\nquorum none\n"
    assert types_of()[-1] == "log.key_retired"
    # The last checkpoint of the old key says that it is the last; what follows is not its own.
    assert verifies(old, eid, client)
    act(portal)
    install.publish(db.engine)
    assert [verifies(policy, eid, client) for policy in (old, both, new)] == [False, True, True]
    portal.verify()


@files_only
def test_a_key_is_retired_when_its_follower_is_known(portal: Portal) -> None:
    install = portal.install
    install.publish(db.engine)
    with pytest.raises(OnlyKeyError):
        install.retire_key(db.engine, at=AT)
    install.add_key(db.engine, at=AT)
    with pytest.raises(OnlyKeyError):
        install.retire_key(db.engine, at=AT + timedelta(days=89))
    # A key that the log does not tell of is nobody's follower.
    keys = install.settings.data_dir / "keys"
    (keys / "log-2.pem").rename(keys / "told")
    make_key(keys / "log-2.pem")
    with pytest.raises(OnlyKeyError):
        Install(install.settings).retire_key(db.engine, at=AT + timedelta(days=90))
    (keys / "told").rename(keys / "log-2.pem")
    install.retire_key(db.engine, at=AT + timedelta(days=90))
    assert [path.name for path in keys.glob("log*")] == ["log-2.pem"]
    # And so on: the next new key gets the next name.
    install.add_key(db.engine, at=AT + timedelta(days=91))
    assert sorted(path.name for path in keys.glob("log*")) == ["log-2.pem", "log-3.pem"]
    with pytest.raises(OnlyKeyError):
        install.retire_key(db.engine, at=AT + timedelta(days=92))


@files_only
def test_adding_a_key_goes_on_with_the_same_key_after_it_was_stopped(portal: Portal) -> None:
    install, keys = portal.install, portal.install.settings.data_dir / "keys"
    install.publish(db.engine)
    # Stopped after the entry, before the key was put in place: only the waiting key is there.
    vkey = install.add_key(db.engine, at=AT)
    (keys / "log-2.pem").rename(keys / "log-next")
    again = Install(install.settings)
    again.publish(db.engine)
    assert vkey not in again.signer.vkeys
    assert again.add_key(db.engine, at=AT) == vkey
    assert vkey in again.signer.vkeys
