"""What can be asked of the tool, and how to ask it."""

from __future__ import annotations

from argparse import ArgumentParser
from argparse import Namespace
from collections.abc import Callable
from collections.abc import Sequence
from typing import NoReturn

from portal.errors import N_
from portal.verifier.language import LANGUAGES
from portal.verifier.trust import NotCheckedError

PROGRAM = "fundlog-verify"
Text = Callable[[str], str]


class _Parser(ArgumentParser):
    """Raises what the tool answers itself, with its own exit code."""

    def error(self, message: str) -> NoReturn:
        raise NotCheckedError(
            N_("{why}; see {program} --help"), why=message, program=self.prog.split()[0]
        )


def read_options(arguments: Sequence[str], text: Text) -> Namespace:
    """Read what was typed; `text` puts the help into the reader's language."""
    parser = _Parser(
        prog=PROGRAM,
        allow_abbrev=False,
        description=text(
            N_(
                "Checks the log of a foundation from copies of its files: without its database, "
                "and without taking its word."
            )
        ),
        epilog=text(
            N_(
                "Exit code: 0 valid and witnessed as the policy asks, 1 not valid, 2 valid but "
                "not witnessed enough, 3 not checked (wrong use, or a file or site that cannot be "
                "read)."
            )
        ),
    )
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    for name, about, add in _COMMANDS:
        told = text(about)
        command = commands.add_parser(name, help=told, description=told, allow_abbrev=False)
        command.add_argument("--lang", choices=LANGUAGES, help=text(N_("the language")))
        add(command, text)
    return parser.parse_args(arguments)


def _policy(command: ArgumentParser, text: Text, *, is_needed: bool = False) -> None:
    about = N_("the file that says whose signatures count (C2SP tlog-policy)")
    command.add_argument("--policy", metavar="FILE", required=is_needed, help=text(about))


def _proof(command: ArgumentParser, text: Text) -> None:
    command.add_argument("file", metavar="FILE", help=text(N_("the .tlog-proof file")))
    _policy(command, text, is_needed=True)
    command.add_argument("--pdf", metavar="FILE", help=text(N_("a paper that the entry tells of")))
    opens = command.add_mutually_exclusive_group()
    opens.add_argument("--link", help=text(N_("the link in the QR code of the paper")))
    opens.add_argument("--salt", help=text(N_("the last part of that link")))


def _opening(command: ArgumentParser, text: Text) -> None:
    command.add_argument("file", metavar="FILE", help=text(N_("the opening, a JSON file")))
    _policy(command, text, is_needed=True)


def _mirror(command: ArgumentParser, text: Text) -> None:
    command.add_argument("url", metavar="URL", help=text(N_("the address of the portal")))
    _dir(command, text)
    _policy(command, text)


def _dir(command: ArgumentParser, text: Text) -> None:
    command.add_argument("dir", metavar="DIR", help=text(N_("the folder with the copy")))


def _audit(command: ArgumentParser, text: Text) -> None:
    _dir(command, text)
    _policy(command, text)


def _fold(command: ArgumentParser, text: Text) -> None:
    _audit(command, text)
    about = N_("print the figures as /api/v1/figures has them")
    command.add_argument("--json", action="store_true", help=text(about))


def _consistency(command: ArgumentParser, text: Text) -> None:
    command.add_argument("old", metavar="OLD", help=text(N_("a checkpoint that was kept")))
    _audit(command, text)


def _compare(command: ArgumentParser, text: Text) -> None:
    command.add_argument("one", metavar="CP1", help=text(N_("a checkpoint that was kept")))
    command.add_argument("other", metavar="CP2", help=text(N_("one that was kept elsewhere")))
    _policy(command, text)
    about = N_("the folder with a copy of the log, or the address of the portal")
    command.add_argument("--dir", metavar="DIR", help=text(about))


_COMMANDS: tuple[tuple[str, str, Callable[[ArgumentParser, Text], None]], ...] = (
    ("proof", N_("check that an entry is in the log, and a paper is the one it tells of"), _proof),
    ("opening", N_("check that sealed fields were opened as they were sealed"), _opening),
    ("mirror", N_("copy a log from its site, or bring a copy up to date"), _mirror),
    ("audit", N_("check every byte of a copy, its signatures and its age"), _audit),
    ("fold", N_("check every rule of the house and work out the public figures"), _fold),
    ("consistency", N_("check that a copy continues an older checkpoint"), _consistency),
    ("compare", N_("check that two checkpoints can both be true"), _compare),
)
