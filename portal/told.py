"""What every command does: a refusal is one sentence on stderr, and the exit code tells whose."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from config import MissingSettingError
from portal.errors import InputError
from portal.errors import PortalError

FAILED, MISUSED = 1, 2


def told(command: Callable[..., None]) -> Callable[..., None]:
    """Print a refusal as one sentence on stderr instead of a traceback."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:  # whatever the command takes
        try:
            command(*args, **kwargs)
        except MissingSettingError as error:
            click.echo(str(error), err=True)
            raise SystemExit(MISUSED) from error
        except PortalError as error:
            click.echo(str(error), err=True)
            raise SystemExit(MISUSED if isinstance(error, InputError) else FAILED) from error

    return run
