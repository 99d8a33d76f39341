"""Audit one log in a process of its own: FOLDER SIZE ROOT parsed|hashes. Run by bench/log.py."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from portal.audit.check import entries
from portal.audit.check import verified_bundles
from portal.audit.entry import check_entry
from portal.audit.folder import Folder
from portal.audit.note import Checkpoint
from portal.publishing.vocabulary import TYPES


def peak_kilobytes() -> int:
    """Return the most memory that this process ever held; `getrusage` tells its parent's too."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def main() -> int:
    """Audit, and print what it took."""
    path, size, root, how = sys.argv[1:]
    folder, checkpoint = Folder(Path(path)), Checkpoint("bench", int(size), bytes.fromhex(root))
    before_kilobytes, before = peak_kilobytes(), time.process_time()
    if how == "parsed":
        for _, _, entry in entries(folder, checkpoint):
            check_entry(entry, TYPES)
    else:
        for _ in verified_bundles(folder, checkpoint):
            pass
    seconds = time.process_time() - before
    told = {"cpu_s": seconds, "before_kb": before_kilobytes, "peak_kb": peak_kilobytes()}
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
