"""Builds the tool: one file with every module that it imports, and the Thai catalogue.

Which modules these are is found by following the imports, so nothing can be forgotten and nothing
comes along that is not used. The same sources give the same bytes.
"""

from __future__ import annotations

import ast
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile
from zipfile import ZipInfo

TOP = Path(__file__).resolve().parents[2]
START = "portal.verifier.__main__"
CATALOGUE = "portal/translations/th/LC_MESSAGES/messages.mo"
SHEBANG = b"#!/usr/bin/env python3\n"
MAY_NEED = frozenset({"cryptography", *sys.stdlib_module_names})
# Zip files know no time before this one.
AT = (1980, 1, 1, 0, 0, 0)
READABLE = 0o100644 << 16
UNIX = 3


class BuildError(Exception):
    """The tool would need what a stranger may not have."""


def module_files(top: Path = TOP, start: str = START) -> dict[str, Path]:
    """Return every module of ours that the tool imports, by its name in the archive."""
    found: dict[str, Path] = {}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        path = _source(top, name)
        if path is None or path.relative_to(top).as_posix() in found:
            continue
        found[path.relative_to(top).as_posix()] = path
        waiting += [name.rpartition(".")[0]] if "." in name else []
        waiting += [wanted for wanted in _imported(path) if _is_ours(wanted, path)]
    return found


def _source(top: Path, name: str) -> Path | None:
    """Return the file of a module or package; None for a name inside a module."""
    path = top.joinpath(*name.split("."))
    for file in (path / "__init__.py", path.with_suffix(".py")):
        if file.exists():
            return file
    return None


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes(), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.module is None or node.level:
                message = f"{path} imports relatively"
                raise BuildError(message)
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _is_ours(name: str, importer: Path) -> bool:
    package = name.partition(".")[0]
    if package == "portal":
        return True
    if package not in MAY_NEED:
        message = f"{importer} imports {package}"
        raise BuildError(message)
    return False


def build(target: Path, top: Path = TOP) -> None:
    """Write the archive, whole or not at all."""
    content = {name: path.read_bytes() for name, path in module_files(top).items()}
    content["__main__.py"] = content.pop("portal/verifier/__main__.py")
    content[CATALOGUE] = (top / CATALOGUE).read_bytes()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
        file.write(SHEBANG)
        with ZipFile(file, "w") as archive:
            for name in sorted(content):
                entry = ZipInfo(name, AT)
                entry.create_system, entry.external_attr = UNIX, READABLE
                archive.writestr(entry, content[name])
    Path(file.name).chmod(0o755)
    Path(file.name).replace(target)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
