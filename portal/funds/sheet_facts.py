"""The keyed hash of what a paper tells, by which the same content is known and not issued again."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import asdict
from typing import TYPE_CHECKING
from typing import TypeAlias

from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Sheet: TypeAlias = "DataclassInstance"
# The day on which a letter is written is no part of what it tells.
WRITTEN_ON = "on"


def facts_of(session: Session, sheet: Sheet) -> str:
    """Return the keyed hash of what a paper tells; without the key, names could be tried out."""
    told = {name: value for name, value in asdict(sheet).items() if name != WRITTEN_ON}
    written = json.dumps(told, default=str, sort_keys=True)
    key: bytes = session.info["hash_key"]
    return hmac.new(key, written.encode(), hashlib.sha256).hexdigest()
