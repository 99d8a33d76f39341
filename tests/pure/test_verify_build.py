from __future__ import annotations

import io
import runpy
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from portal.verifier import __main__ as starting
from portal.verifier.build import TOP
from portal.verifier.build import BuildError
from portal.verifier.build import build
from portal.verifier.build import module_files
from portal.verifier.main import run
from tests.logs import Key
from tests.logs import genesis
from tests.logs import write_log


def test_the_file_has_what_the_tool_imports_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "dist" / "tool.pyz"
    build(target)
    with ZipFile(target) as archive:
        names = archive.namelist()
        assert archive.read("__main__.py") == Path(starting.__file__).read_bytes()
    assert names == sorted(names)
    for needed in ("portal/__init__.py", "portal/publishing/fold.py", "portal/funds/rules.py"):
        assert needed in names
    for foreign in ("db.py", "models.py", "service.py", "queries.py", "public.py", "build.py"):
        assert [name for name in names if name.endswith(f"/{foreign}")] == []
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def sources(top: Path, **files: str) -> Path:
    for name, text in files.items():
        path = top / "portal" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return top


def test_modules_are_found_by_their_imports(tmp_path: Path) -> None:
    sources(
        tmp_path,
        __init__="",
        start="import json, portal.one.two\nfrom portal.three import CONSTANT\n",
        three="import cryptography.exceptions\nfrom portal import four\nCONSTANT = 1\n",
        four="def later():\n    from portal.start import x\n    import portal.five as x\n",
        five="",
        six="",
    )
    sources(tmp_path / "portal", one="")
    (tmp_path / "portal" / "one").mkdir()
    (tmp_path / "portal" / "one" / "__init__.py").write_text("")
    (tmp_path / "portal" / "one" / "two.py").write_text("")
    found = module_files(tmp_path, "portal.start")
    assert sorted(found) == [
        "portal/__init__.py",
        "portal/five.py",
        "portal/four.py",
        "portal/one/__init__.py",
        "portal/one/two.py",
        "portal/start.py",
        "portal/three.py",
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import flask\n", "imports flask"),
        ("from sqlalchemy.orm import Session\n", "imports sqlalchemy"),
        ("def late():\n    import babel.messages\n", "imports babel"),
        ("from . import other\n", "imports relatively"),
    ],
)
def test_what_a_stranger_may_not_have_stops_the_build(tmp_path: Path, text: str, why: str) -> None:
    sources(tmp_path, __init__="", start="from portal import inner\n", inner=text)
    with pytest.raises(BuildError, match=why):
        module_files(tmp_path, "portal.start")


def test_make_runs_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "tool.pyz"
    monkeypatch.setattr(sys, "argv", ["build", str(target)])
    runpy.run_path(str(TOP / "portal" / "verifier" / "build.py"), run_name="__main__")
    assert target.exists()


def test_it_starts_only_where_it_can_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["fundlog-verify", "--lang", "en"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(starting.__file__, run_name="__main__")
    assert (ended.value.code, "NOT CHECKED" in capsys.readouterr().err) == (3, True)
    monkeypatch.setattr(starting, "NEEDED", ("no_such_package",))
    with pytest.raises(SystemExit) as ended:
        starting.start()
    assert (ended.value.code, "pip install" in capsys.readouterr().err) == (3, True)


class ClosedPipe(io.StringIO):
    def write(self, _text: str) -> int:
        raise BrokenPipeError


class Impatient(io.StringIO):
    def write(self, _text: str) -> int:
        raise KeyboardInterrupt


@pytest.mark.parametrize("stream", [ClosedPipe(), Impatient()])
def test_an_answer_that_was_not_given_is_none(
    stream: io.StringIO,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    key = Key()
    write_log(tmp_path, [genesis(key)], key)
    monkeypatch.setattr(sys, "stdout", stream)
    assert run(["audit", str(tmp_path), "--lang", "en"]) == 3
    assert "NOT CHECKED" in capsys.readouterr().err
