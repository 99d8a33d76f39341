"""Starts the tool, or says what it needs; read by any Python 3."""

from __future__ import annotations

import sys
from importlib.util import find_spec

NEEDED = ("cryptography", "fcntl")
SAYS = """\
fundlog-verify ต้องใช้ Python 3.11 ขึ้นไปบน Linux หรือ macOS (บน Windows ใช้ WSL) และแพ็กเกจ cryptography
fundlog-verify needs Python 3.11 or newer on Linux or macOS (on Windows: WSL), and cryptography:
    python3 -m pip install cryptography
"""


def start() -> None:
    """Start the tool where it can run."""
    if sys.version_info < (3, 11) or not all(map(find_spec, NEEDED)):
        sys.stderr.write(SAYS)
        raise SystemExit(3)
    from portal.verifier.main import main  # noqa: PLC0415 - an older Python cannot read it

    main()


if __name__ == "__main__":
    start()
