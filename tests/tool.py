"""The verifier as a stranger has it: one file, and beside Python only cryptography."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from portal.verifier.build import build

# What `pip install cryptography` brings.
BROUGHT = ("cryptography", "cffi", "_cffi_backend", "pycparser")
# Neither the environment nor the site's packages of the tests are seen: -I -S.
START = """
import runpy, sys
sys.path.append(sys.argv.pop(1))
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
# What a process inherits from the one that started it does not count here.
TELL_PEAK = """
except SystemExit as ended:
    print(*[line for line in open("/proc/self/status") if line.startswith("VmHWM:")])
    raise
"""


@dataclass(frozen=True, slots=True)
class Tool:
    """The built file, and the folder with what it may import."""

    file: Path
    packages: Path

    def command(self, *words: object) -> list[str]:
        start = [sys.executable, "-I", "-S", "-c", START, str(self.packages), str(self.file)]
        return [*start, *map(str, words)]

    def __call__(
        self, *words: object, lang: str = "en", cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        command = self.command(*words, "--lang", lang)
        return subprocess.run(  # noqa: S603 - our own tool
            command, capture_output=True, text=True, check=False, cwd=cwd, timeout=120
        )


def build_tool(folder: Path) -> Tool:
    """Build the tool, and lay out what a stranger's Python finds."""
    tool = Tool(folder / "fundlog-verify.pyz", folder / "packages")
    build(tool.file)
    tool.packages.mkdir()
    for name in BROUGHT:
        found = find_spec(name)
        if found is None or found.origin is None:
            continue
        origin = Path(found.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        (tool.packages / source.name).symlink_to(source)
    return tool


def peak_kilobytes(tool: Tool, *words: object) -> int:
    """Run the tool well; return the most memory it held, as Linux counts it since its start."""
    command = tool.command(*words)
    started = START.replace("runpy.run_path", "try: runpy.run_path")
    command[command.index(START)] = started.rstrip() + TELL_PEAK
    ended = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own
    return int(ended.stdout.split()[-2])
