"""Another program's PromptPay payloads: promptpay-qr of npm (MIT), what it printed and itself."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

PACKAGE = "promptpay-qr@0.5.0"
PLACE = Path(__file__).parents[1] / "build" / "promptpay-qr"

# Kind, digits, satang and what it printed for them.
PRINTED = (
    (
        "mobile",
        "0812345678",
        None,
        "00020101021129370016A000000677010111011300668123456785802TH530376463045D82",
    ),
    (
        "mobile",
        "0812345678",
        100,
        "00020101021229370016A000000677010111011300668123456785802TH530376454041.006304DA34",
    ),
    (
        "mobile",
        "0899999999",
        12_345,
        "00020101021229370016A000000677010111011300668999999995802TH53037645406123.456304E06D",
    ),
    (
        "mobile",
        "0612345678",
        99_999_999,
        "00020101021229370016A000000677010111011300666123456785802TH53037645409999999.9963046133",
    ),
    (
        "national_id",
        "1234567890121",
        None,
        "00020101021129370016A000000677010111021312345678901215802TH530376463041C03",
    ),
    (
        "national_id",
        "3101234567893",
        150_000,
        "00020101021229370016A000000677010111021331012345678935802TH530376454071500.006304880C",
    ),
    (
        "tax_id",
        "0994000164891",
        None,
        "00020101021129370016A000000677010111021309940001648915802TH53037646304946B",
    ),
    (
        "tax_id",
        "0994000164891",
        1,
        "00020101021229370016A000000677010111021309940001648915802TH530376454040.01630456C1",
    ),
    (
        "ewallet",
        "012345678901234",
        None,
        "00020101021129390016A00000067701011103150123456789012345802TH530376463049781",
    ),
    (
        "ewallet",
        "004999000288505",
        42_055,
        "00020101021229390016A00000067701011103150049990002885055802TH53037645406420.556304FACC",
    ),
    (
        "ewallet",
        "004999000288505",
        999_999_999_999,
        "00020101021229390016A00000067701011103150049990002885055802TH530376454139999999999.9963044DF2",
    ),
)

_CALL = """
const payload = require('promptpay-qr')
const asked = JSON.parse(process.argv[1])
const told = asked.map(([to, satang]) => payload(to, satang === null ? {} : {amount: satang / 100}))
console.log(JSON.stringify(told))
"""


def ask(asked: Sequence[tuple[str, int | None]]) -> list[str]:
    """Return the oracle's payloads; without node or npm the test is skipped and says so."""
    if not (PLACE / "node_modules" / "promptpay-qr").exists():
        PLACE.mkdir(parents=True, exist_ok=True)
        _run("npm", "install", "--prefix", str(PLACE), "--no-save", "--no-package-lock", *_QUIET)
    told: list[str] = json.loads(_run("node", "-e", _CALL, json.dumps(asked)))
    return told


_QUIET = ("--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=0", PACKAGE)


def _run(*words: str) -> str:
    environment = os.environ | {"NODE_PATH": str(PLACE / "node_modules")}
    try:
        done = subprocess.run(  # noqa: S603 - our own words
            words, env=environment, capture_output=True, text=True, check=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"{PACKAGE} of npm cannot be asked: {error}")
    return done.stdout
