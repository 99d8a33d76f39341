"""Behind every commitment lies one value, opened only with the key of the person it is about."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.audit.entry import commitment
from portal.audit.models import LogEntry
from portal.audit.models import PrivateField
from portal.audit.vault import Box
from portal.audit.vault import KeyDestroyedError
from portal.db import db
from portal.db import writing
from portal.install import Install
from tests.conftest import Portal
from tests.world import LINED
from tests.world import LINES
from tests.world import SECRETS
from tests.world import World


def opened(portal: Portal) -> dict[tuple[str, str, str], object]:
    """Open every private field, as another process would, and check it against its entry."""
    vault = Install(portal.install.settings).vault
    found: dict[tuple[str, str, str], object] = {}
    with Session(db.engine) as session:
        bodies = {row.eid: json.loads(row.body) for row in session.scalars(select(LogEntry))}
        for row in session.scalars(select(PrivateField)):
            box = Box(row.key_id, row.nonce, row.ciphertext)
            disclosure = vault.decrypt(box, eid=row.eid, field=row.field)
            body = bodies[row.eid]
            stands = body["act"]["c"] if row.field == "act" else body["prv"][row.field]
            assert commitment(disclosure) == stands
            padded = disclosure + "=" * (-len(disclosure) % 4)
            _salt, name, value = json.loads(urlsafe_b64decode(padded))
            assert name == f"{body['t']}.{row.field}"
            found[row.eid, row.field, row.subject] = value
    vault.close()
    return found


def test_every_private_field_opens_to_what_was_told(portal: Portal) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        payment = World(session).confirmed("KTB-77")
        eid, subject = payment.log_eid, f"payment:{payment.id}"
    values = opened(portal)
    told = json.dumps(list(values.values()), ensure_ascii=False)
    for secret in (SECRETS[0], SECRETS[3], SECRETS[4]):
        assert secret in told
    assert values[eid, "bank_reference", subject] == "KTB-77"


def test_the_lines_of_a_request_open_to_what_was_asked(portal: Portal) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        lined, whole = World(session).submitted(answer=LINED), World(session).submitted()
        eids = [fund_request.log_eid for fund_request in (lined, whole)]
    values = opened(portal)
    items = [
        [value for (eid, field, _), value in values.items() if (eid, field) == (one, "items")]
        for one in eids
    ]
    first, second = LINES
    assert items == [
        [
            [
                {"item": first.item, "quantity": 2, "unit": first.unit, "satang": 90_000},
                {"item": second.item, "quantity": 1, "unit": "", "satang": 60_000},
            ]
        ],
        # It has a commitment all the same, so that nobody sees that there are no lines.
        [],
    ]


def test_without_the_key_nothing_opens(portal: Portal) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        World(session).submitted()
    vault = Install(portal.install.settings).vault
    vault._file.execute("UPDATE subject_key SET wrapped = NULL WHERE subject LIKE 'youth:%'")  # noqa: SLF001 - erasure is not built yet
    vault.close()
    with pytest.raises(KeyDestroyedError, match="nothing opens this field"):
        opened(portal)


def test_a_destroyed_key_is_not_made_anew(portal: Portal) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        youth_id = World(session).submitted().youth_id
    vault = Install(portal.install.settings).vault
    vault._file.execute("UPDATE subject_key SET wrapped = NULL WHERE subject LIKE 'youth:%'")  # noqa: SLF001 - erasure is not built yet
    with pytest.raises(KeyDestroyedError):
        vault.prepare([f"youth:{youth_id}"])
    vault.prepare(["youth:another"])
    vault.close()


def test_a_field_of_another_entry_does_not_open(portal: Portal) -> None:
    with Session(db.engine) as session:
        rows = session.execute(text("SELECT eid FROM log_entry LIMIT 2")).scalars().all()
        row = session.scalars(select(PrivateField)).first()
    assert row is not None
    box = Box(row.key_id, row.nonce, row.ciphertext)
    vault = portal.install.vault
    other = next(str(eid) for eid in rows if str(eid).replace("-", "") != row.eid.replace("-", ""))
    with pytest.raises(InvalidTag):
        vault.decrypt(box, eid=other, field=row.field)
