"""The treasury's commands: a bank's statement is imported as on its page."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import click

from portal.clock import now
from portal.db import db
from portal.db import transaction
from portal.payments.matching import Matching
from portal.payments.matching_page import matching_page
from portal.payments.statement_lines import Imported
from portal.payments.statement_lines import import_statement
from portal.people.queries import actor
from portal.told import told


@click.command("import-statement")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--account", required=True, help="The code of the foundation's account.")
@click.option("--as", "username", required=True, help="The treasurer who imports.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
@told
def import_statement_command(file: Path, *, account: str, username: str, as_json: bool) -> None:
    """Import the lines of a bank's statement, and count what they may be."""
    by, at = actor(db.session(), username), now()
    with transaction() as session:
        imported = import_statement(
            session, account, file.read_bytes(), name=file.name, by=by, at=at
        )
    counts = _counts(imported, matching_page(db.session(), account, by, at=at).matching)
    if as_json:
        click.echo(json.dumps(counts))
        return
    for name, count in counts.items():
        click.echo(f"{name:>22}  {count:,}")


def _counts(imported: Imported, matching: Matching) -> dict[str, int]:
    """Count the lines of the file, then what all open lines of the account may be."""
    kinds = Counter(one.kind for one in matching.suggestions)
    return {
        "new": imported.new,
        "known": imported.known,
        **{f"suggested_{kind}": count for kind, count in sorted(kinds.items())},
        "unmatched": len(matching.unmatched),
    }
