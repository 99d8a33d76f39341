"""The commands: setting up, importing, publishing, checking. Exit 0 well, 1 not well, 2 misused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any
from typing import TextIO

import click
from flask import current_app
from flask.cli import AppGroup
from flask_migrate import upgrade
from granian.server.common import AbstractServer

from config import Settings
from portal import cli_backup
from portal import cli_open
from portal import cli_people
from portal import cli_reports
from portal import cli_treasury
from portal import demo
from portal.boot import check_boot
from portal.clock import now
from portal.db import db
from portal.db import one_moment
from portal.db import transaction
from portal.erasure import check_erasures
from portal.erasure import erase
from portal.erasure import finish_erasures
from portal.founding import found
from portal.founding import is_founded
from portal.funds import intake
from portal.funds.books import check_books
from portal.funds.intake import Imported
from portal.funds.journal import beancount_lines
from portal.funds.workbook import RowAnswer
from portal.install import Install
from portal.journal_lines import journal
from portal.metrics import figures_folder
from portal.metrics import figures_shown
from portal.people.queries import actor
from portal.province import Province
from portal.province import load_province
from portal.publishing.grants_json import Registered
from portal.publishing.missing import told_missing
from portal.rounds import PUBLISHER
from portal.rounds import WORKER
from portal.rounds import WORKER_SECONDS
from portal.rounds import Rounds
from portal.rounds import beside
from portal.rounds import go_on
from portal.rounds import show_until
from portal.rounds import work_until
from portal.serving import server
from portal.sheets import read_tables
from portal.told import told
from portal.worker import Worker

books = AppGroup("books", help="The books: balances and journal entries.")
log = AppGroup("log", help="The log: what was published.")
export = AppGroup("export", help="What other people's programs read.")


def _install() -> Install:
    install: Install = current_app.extensions["install"]
    return install


@click.command("init-province")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@told
def init_province(file: Path) -> None:
    """Set up the foundation that FILE describes."""
    upgrade_quietly()
    click.echo(set_up(file, at=now()))


def set_up(file: Path, *, at: datetime) -> str:
    """Set up a foundation from its file, once; return a sentence that says what happened."""
    return set_up_province(load_province(file), at=at)


def set_up_province(province: Province, *, at: datetime) -> str:
    """Set up the foundation of a province, once; return a sentence that says what happened."""
    install, code = _install(), province.foundation.code
    is_set_up = is_founded(db.session(), province)
    is_changed = install.register(_registered(province))
    if is_set_up:
        what = "its ids in open data are new" if is_changed else "nothing was changed"
        return f"{code} is set up already; {what}."
    install.name_log(province.foundation.log_origin)
    with transaction() as session:
        found(session, province, vkey=str(install.signer.vkey), at=at)
    return f"{code} is set up: {len(province.people)} people."


def _registered(province: Province) -> Registered | None:
    told = province.publisher
    return Registered(told.prefix, told.organisation_id) if told else None


def upgrade_quietly() -> None:
    """Bring the database up to the newest migration."""
    upgrade(directory=current_app.config["MIGRATIONS_DIR"])
    db.session.remove()


@click.command("import-requests")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "username", required=True, help="The officer who imports.")
@click.option("--dry-run", is_flag=True, help="Answer, but change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the answers as JSON.")
@told
def import_requests(file: Path, *, username: str, dry_run: bool, as_json: bool) -> None:
    """Import the requests of a field workbook."""
    by = actor(db.session(), username)
    tables = read_tables(file.read_bytes(), name=file.name)
    answers = intake.judge(db.session(), tables)
    imported = Imported(0, 0)
    if not dry_run:
        with transaction() as session:
            imported = intake.import_requests(session, answers, by=by, at=now())
    summary = _summary(answers, imported)
    if as_json:
        rows = [
            {"row": answer.row, "refused": answer.refused, "warned": answer.warned}
            for answer in answers
        ]
        click.echo(json.dumps({"summary": summary, "rows": rows}, ensure_ascii=False))
        return
    for name, value in summary.items():
        click.echo(f"{name:>22}  {value:,}")
    for answer in answers:
        if answer.refused:
            click.echo(f"row {answer.row}: {', '.join(answer.refused)}")


def _summary(answers: Sequence[RowAnswer], imported: Imported) -> dict[str, int]:
    accepted = [answer for answer in answers if not answer.refused]
    return {
        "rows": len(answers),
        "accepted": len(accepted),
        "refused": len(answers) - len(accepted),
        "accepted_with_warning": sum(bool(answer.warned) for answer in accepted),
        "accepted_satang": sum(answer.satang or 0 for answer in accepted),
        "imported": imported.new,
        "imported_before": imported.known,
    }


@click.command("publish")
@click.option("--every", type=click.FloatRange(min=0.1), help="Go on, every so many seconds.")
@told
def publish(every: float | None) -> None:
    """Publish what was recorded: order it, sign it, fold it, ask the witnesses."""
    if every is not None:
        _go_on(Rounds(_publish_once, PUBLISHER), every)
        return
    _check_boot()
    for line in _publish_once():
        click.echo(line)


def _go_on(rounds: Rounds, every: float) -> None:
    bind = _install().settings.metrics_bind
    shown = figures_shown(bind, rounds.figures.registry) if bind else nullcontext()
    with journal(), shown:
        go_on(rounds, every, first=_check_boot)


def _check_boot() -> None:
    check_boot(_install(), db.engine, at=now())


def _publish_once() -> list[str]:
    held = _install().cycle(db.engine, at=now())
    head = _install().signer.head()
    size = head.frontier.size if head else 0
    return [
        f"{size:,} entries are published.",
        *(f"{name} cosigned." for name in held.lines),
        *(str(refusal) for refusal in held.refusals.values()),
    ]


@click.command("worker")
@click.option("--once", is_flag=True, help="Do one round and end.")
@told
def worker(*, once: bool) -> None:
    """Close concerns gone silent, remind, make the papers that were asked for, send what is due."""
    work = Worker(_install())
    if not once:
        _go_on(Rounds(lambda: work.round(db.engine, at=now()), WORKER), WORKER_SECONDS)
        return
    _check_boot()
    for line in work.round(db.engine, at=now()):
        click.echo(line)


@click.command("serve")
@click.option(
    "--processes", type=click.IntRange(min=1), help="How many; else PORTAL_PROCESSES says it."
)
@told
def serve(processes: int | None) -> None:
    """Serve the portal on PORTAL_BIND."""
    settings = _install().settings
    settings.require_secrets()
    pages = server(settings, processes=processes or settings.processes)
    with journal():
        _check_boot()
        if finish_erasures(_install(), at=now()):
            click.echo("An erasure that was cut off is finished.")
        click.echo(f"The portal is at http://{settings.bind}/ (stop it with Ctrl-C)")
        _serve(pages, settings)


def _serve(pages: AbstractServer[Any], settings: Settings) -> None:
    with ExitStack() as meanwhile:
        if settings.metrics_bind:
            meanwhile.enter_context(figures_folder())
            meanwhile.enter_context(beside(show_until, name="figures"))
        # An install of one process has its worker with it; others run `flask worker` as a service.
        if settings.publishes_inline:
            meanwhile.enter_context(beside(work_until, name=WORKER))
        pages.serve()


@click.command("demo")
@told
def demo_command() -> None:
    """Build the demo province: a year of acts, ending now."""
    demo.prepare(_install())
    upgrade_quietly()
    opening = demo.Opening.a_year_before(now())
    click.echo(set_up_province(opening.founding, at=opening.days.begins_at))
    demo.run(_install(), opening, say=click.echo)


@books.command("check")
@told
def books_check() -> None:
    """Check that every journal entry balances and every balance is the sum of its postings."""
    count = check_books(db.session())
    click.echo(f"The books balance: {count:,} journal entries.")


@export.command("beancount")
@click.option("--output", type=click.File("w", "utf-8", atomic=True), default="-", help="A file.")
@told
def export_beancount(output: TextIO) -> None:
    """Write the whole ledger for beancount; its `bean-check` finds our balances in it."""
    with one_moment(db.engine) as connection:
        output.writelines(beancount_lines(connection))


@log.command("check")
@told
def log_check() -> None:
    """Check the whole published log from its files, then the database against it."""
    size = _install().check_log(db.session()).size
    erased = check_erasures(_install(), db.session())
    click.echo(f"The log is intact: {size:,} entries under one signed checkpoint.")
    if erased:
        click.echo(f"{erased} erasures are still erased.")


@log.command("missing")
@told
def log_missing() -> None:
    """List the published entries that the database lacks, because an older one was restored."""
    for line in told_missing(_install().missing_acts(db.session())):
        click.echo(line)


@log.command("rebuild-signer")
@told
def log_rebuild_signer() -> None:
    """Make a lost signer's state anew from the published files, after verifying all of them."""
    size = _install().rebuild_signer().size
    click.echo(f"The signer knows {size:,} entries again.")


@log.command("add-key")
@told
def log_add_key() -> None:
    """Make a new key that signs beside the old one."""
    vkey = _install().add_key(db.engine, at=now())
    click.echo(f"This key signs as well from now on; tell it to every witness:\n{vkey}")


@log.command("retire-key")
@told
def log_retire_key() -> None:
    """Retire the oldest key and destroy it, once the next one is known for 90 days."""
    vkey = _install().retire_key(db.engine, at=now())
    click.echo(f"This key signs nothing any more, and is destroyed here:\n{vkey}")


@click.command("erase")
@click.argument("subject")
@click.option("--ticket", required=True, help="The number of the written order.")
@told
def erase_command(subject: str, ticket: str) -> None:
    """Erase what is known of SUBJECT for good: whom a request is for, or donation:REFERENCE."""
    erase(_install(), subject, ticket=ticket, at=now())
    click.echo(f"{subject} is erased under {ticket}; the next publishing tells it.")


COMMANDS = (
    books,
    log,
    export,
    cli_open.open_data,
    cli_people.user,
    init_province,
    import_requests,
    cli_treasury.import_statement_command,
    cli_reports.report_command,
    cli_backup.backup_command,
    cli_backup.restore_command,
    cli_backup.move_database_command,
    publish,
    worker,
    serve,
    demo_command,
    erase_command,
)
