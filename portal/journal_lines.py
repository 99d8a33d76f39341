"""How the portal writes to its journal on stderr: lines of JSON, or for eyes at a terminal.

A line has the template of a message and never what was put into it, and of an error where it
happened and never what it said: the words of a database or of Python may quote what somebody typed.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from datetime import UTC
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from portal.errors import PortalError

TOP = Path(__file__).resolve().parent.parent
# With what a process ends that met a mistake of ours.
FAILED = 1
LOGGER = logging.getLogger("portal")
# For the server that serves us: what it tells goes the way of everything else.
SERVERS_OWN = {
    "version": 1,
    "disable_existing_loggers": False,
    "loggers": {"_granian": {"level": "INFO", "handlers": [], "propagate": True}},
}


class ToStderr(logging.Handler):
    """Writes each record as a line to stderr: for eyes at a terminal, else as JSON.

    No page and no service fails because its line cannot be written, as on a full disk: Python keeps
    some kilobytes of such lines, which go out with the next one that can be.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        line = ForEyes() if sys.stderr.isatty() else JsonLine()
        with suppress(OSError):
            sys.stderr.write(line.format(record) + "\n")
            sys.stderr.flush()


def start_journal() -> None:
    """Let everything that is logged in this process go to stderr, also its last words."""
    if not any(isinstance(handler, ToStderr) for handler in logging.root.handlers):
        logging.root.addHandler(ToStderr())
    logging.root.setLevel(logging.INFO)
    sys.excepthook = lambda *error: LOGGER.critical("The process ends.", exc_info=error)
    threading.excepthook = lambda ended: LOGGER.critical("A thread ends.", exc_info=ended.exc_value)


@contextmanager
def journal() -> Iterator[None]:
    """Let what is logged meanwhile go to stderr."""
    handler, level = ToStderr(), logging.root.level
    logging.root.addHandler(handler)
    logging.root.setLevel(logging.INFO)
    try:
        yield
    except PortalError:
        raise
    except Exception:
        LOGGER.critical("The process ends.", exc_info=True)
        raise SystemExit(FAILED) from None
    finally:
        logging.root.removeHandler(handler)
        logging.root.setLevel(level)


def facts_of(record: logging.LogRecord) -> dict[str, object]:
    """Return what a record tells beside its message."""
    return dict(getattr(record, "facts", {}))


def errors_of(record: logging.LogRecord) -> Iterator[dict[str, object]]:
    """Return an error and those it came from: what kind each is, and where it happened."""
    error = record.exc_info[1] if record.exc_info else None
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        frames = traceback.extract_tb(error.__traceback__)
        yield {
            "error": f"{type(error).__module__}.{type(error).__qualname__}",
            **_of_database(error),
            "frames": [f"{_place(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames],
        }
        error = error.__cause__ or error.__context__


def _of_database(error: BaseException) -> dict[str, object]:
    """Return the code and the rule that was broken; PostgreSQL's sentence would quote the row."""
    if not isinstance(error, DBAPIError):
        return {}
    kept = {
        "code": getattr(error.orig, "sqlstate", None)
        or getattr(error.orig, "sqlite_errorname", None),
        "constraint": getattr(getattr(error.orig, "diag", None), "constraint_name", None),
    }
    return {name: value for name, value in kept.items() if value}


def _place(filename: str) -> str:
    path = Path(filename)
    if path.is_relative_to(TOP):
        path = path.relative_to(TOP)
    return str(path).rpartition("site-packages/")[2]


def _moment(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


class JsonLine(logging.Formatter):
    """One line of JSON in ASCII: whatever stands in it, it ends no line and steers no terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        own: dict[str, object] = {
            "at": _moment(record).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": str(record.msg),
        }
        errors = list(errors_of(record))
        # Named twice, what is the line's own keeps its place and its value.
        told = own | facts_of(record) | own
        return json.dumps(told | {"errors": errors} if errors else told)


class ForEyes(logging.Formatter):
    """The same for somebody who looks on."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record, and below it where an error happened."""
        told = " ".join(f"{name}={json.dumps(fact)}" for name, fact in facts_of(record).items())
        line = f"{_moment(record):%H:%M:%S} {record.levelname.lower():<7} {record.msg!s} {told}"
        return "\n  ".join([line.rstrip(), *(json.dumps(error) for error in errors_of(record))])
