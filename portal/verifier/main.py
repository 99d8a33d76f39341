"""The tool itself: what was asked, who checks it, and how it ends."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from io import TextIOWrapper

from portal.clock import now
from portal.errors import N_
from portal.errors import PortalError
from portal.verifier.checks import audit
from portal.verifier.checks import check_opening
from portal.verifier.checks import check_proof
from portal.verifier.checks import fold
from portal.verifier.compare import compare
from portal.verifier.compare import consistency
from portal.verifier.language import Voice
from portal.verifier.language import language
from portal.verifier.language import translations
from portal.verifier.mirror import mirror
from portal.verifier.options import read_options
from portal.verifier.split import SplitViewError
from portal.verifier.trust import Exit
from portal.verifier.trust import NotCheckedError

COMMANDS: Mapping[str, Callable[[Namespace, Voice, datetime], Exit]] = {
    "proof": check_proof,
    "opening": check_opening,
    "mirror": mirror,
    "audit": audit,
    "fold": fold,
    "consistency": consistency,
    "compare": compare,
}


def main() -> None:
    """Run the tool on what was typed."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8")
    raise SystemExit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> Exit:
    """Check what was asked for, say how it ended, and return the exit code."""
    known = translations(language(arguments, os.environ))
    voice, warnings = Voice(known, sys.stdout), Voice(known, sys.stderr)
    try:
        options = read_options(arguments, voice.text)
        # The answer in JSON stands alone on its stream.
        if getattr(options, "json", False):
            voice = warnings
        ended = COMMANDS[options.command](options, voice, now())
    except SplitViewError as error:
        return _split(warnings, error)
    except NotCheckedError as error:
        warnings.say(N_("NOT CHECKED: {why}"), why=error)
        return Exit.NOT_CHECKED
    except PortalError as error:
        warnings.say(N_("NOT VALID: {why}"), why=error)
        return Exit.INVALID
    except OSError as error:
        warnings.say(N_("NOT CHECKED: {why}"), why=_unreadable(error))
        return Exit.NOT_CHECKED
    except KeyboardInterrupt:
        warnings.say(N_("NOT CHECKED: {why}"), why="Ctrl-C")
        return Exit.NOT_CHECKED
    voice.say(_VERDICTS[ended])
    return ended


def _unreadable(error: OSError) -> PortalError | str:
    if error.filename is None:
        return str(error)
    return PortalError(
        N_("{name} cannot be read or written: {why}"), name=error.filename, why=error.strerror
    )


_VERDICTS: Mapping[Exit, str] = {
    Exit.VALID: N_("VALID"),
    Exit.NOT_WITNESSED: N_("VALID, but not witnessed as the policy asks"),
}


def _split(voice: Voice, error: SplitViewError) -> Exit:
    """Say the worst, and keep both checkpoints: they are the evidence."""
    voice.say(N_("NOT VALID: {why}"), why=error)
    try:
        path = error.keep()
    except OSError as problem:
        voice.say(N_("The evidence could not be written: {why}"), why=str(problem))
        for line in error.evidence().split("\n"):
            voice.show(line)
    else:
        voice.say(N_("The evidence is in {name}: keep it, and show it to others."), name=path)
    return Exit.INVALID
