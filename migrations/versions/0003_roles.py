"""roles: who may do what with which table, and a new entry of its own for each change"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ROLES = ("portal_web", "portal_publisher", "portal_reader")
LOOK = "SELECT"
ADD = "SELECT, INSERT"
CHANGE = "SELECT, INSERT, UPDATE"
LOG = ("log_entry", "log_seq", "log_pending")
PUBLISHED = (
    "published_position",
    "published_name",
    "published_limit",
    "published_request",
    "published_act",
    "published_figure",
)
# What a foundation consists of is set up by the owner; the pages only look.
WEB = dict.fromkeys(
    (
        "area",
        "organisation",
        "role_grant",
        "subcommittee",
        "purpose",
        "category",
        "category_subcommittee",
        "fund",
        "signature_rule",
        "target",
        "closed_day",
        "donation",
        "allocation",
        "log_seq",
        "log_pending",
        *PUBLISHED,
    ),
    LOOK,
) | {
    # An import locks the foundation's row. A lock needs a column that may be updated: this one is 1
    # by a constraint.
    "foundation": "SELECT, UPDATE (id)",
    # Passwords and sessions; nobody is added.
    "person": "SELECT, UPDATE",
    "youth": CHANGE,
    "consent": ADD,
    "project": ADD,
    "fund_request": CHANGE,
    "payee_account": ADD,
    "request_act": ADD,
    "request_duty": ADD,
    "import_run": ADD,
    "payment": CHANGE,
    "balance": CHANGE,
    "counter": CHANGE,
    "journal_entry": ADD,
    "posting": ADD,
    "log_entry": ADD,
    # A person may be forgotten, but no opening is exchanged for another.
    "private_field": "SELECT, INSERT, DELETE",
}
PUBLISHER = dict.fromkeys(PUBLISHED, "SELECT, INSERT, UPDATE, DELETE") | {
    # The daily heartbeat.
    "log_entry": ADD,
    "log_seq": ADD,
    # Only the trigger puts entries into the queue.
    "log_pending": "SELECT, DELETE",
}
READER = dict.fromkeys((*LOG, *PUBLISHED), LOOK)
FUNCTIONS = (
    "portal_refuse",
    "fund_request_needs_entry",
    "payment_needs_entry",
    "log_entry_waits",
    "log_seq_is_next",
)
# Where an entry says which row of these tables it tells of.
TOLD_OF = {"fund_request": "reference", "payment": "payment"}


def upgrade():
    if op.get_bind().dialect.name == "sqlite":
        upgrade_sqlite()
        return
    make_roles()
    for role, tables in zip(ROLES, (WEB, PUBLISHER, READER)):
        op.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
        for table, privileges in tables.items():
            op.execute(f"GRANT {privileges} ON {table} TO {role}")
            for sequence in sequences(table) if "INSERT" in privileges else ():
                op.execute(f"GRANT USAGE ON SEQUENCE {sequence} TO {role}")
    upgrade_postgresql()
    for function in (*FUNCTIONS, *(f"{table}_entry_is_new" for table in TOLD_OF)):
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")


def make_roles():
    """Make the roles that are missing, and keep everybody else from making tables beside ours."""
    bind = op.get_bind()
    there = bind.scalars(sa.text("SELECT rolname FROM pg_roles")).all()
    missing = [role for role in ROLES if role not in there]
    is_open = bind.scalar(sa.text("SELECT has_schema_privilege('public', 'public', 'CREATE')"))
    statements = beyond_me(bind, missing, is_open)
    if statements:
        # What Flask-Migrate prints as a sentence, and not as a traceback.
        raise RuntimeError(f"A superuser must first run in this database: {'; '.join(statements)};")
    for role in missing:
        # Roles are the cluster's, and another database of it may be making them just now.
        op.execute(
            f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN;"
            " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )
    if is_open:
        op.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")


def beyond_me(bind, missing, is_open):
    """Return the statements that are needed and that this login may not run."""
    makes = "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
    closes = "SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = 'public'"
    statements = []
    if not bind.scalar(sa.text(makes)):
        statements += [f"CREATE ROLE {role} NOLOGIN" for role in missing]
    if is_open and not bind.scalar(sa.text(closes)):
        # The owner of the tables goes on making some when nobody else may.
        login = bind.scalar(sa.text("SELECT quote_ident(current_user)"))
        statements.append(f"ALTER SCHEMA public OWNER TO {login}")
    return statements


def sequences(table):
    """Return the sequences behind a table's numbers; an identity column needs no grant."""
    owned = sa.text(
        "SELECT depend.objid::regclass::text FROM pg_depend AS depend"
        " JOIN pg_class ON pg_class.oid = depend.objid AND relkind = 'S'"
        " WHERE deptype = 'a' AND refobjid = CAST(:name AS regclass)"
    )
    return op.get_bind().scalars(owned, {"name": table}).all()


def upgrade_postgresql():
    for table, field in TOLD_OF.items():
        told = f"convert_from(body, 'UTF8')::jsonb #>> '{{pub,{field}}}'"
        op.execute(
            f"CREATE FUNCTION {table}_entry_is_new() RETURNS trigger LANGUAGE plpgsql"
            " SECURITY DEFINER SET search_path = pg_catalog AS $$ BEGIN"
            f" IF NOT EXISTS ({new_entry('public.')}"
            f" AND {told} IS NOT DISTINCT FROM NEW.reference) THEN"
            f" RAISE EXCEPTION '{table} takes only a new entry of its own'; END IF;"
            " RETURN NEW; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_entry_is_new BEFORE UPDATE ON {table} FOR EACH ROW"
            " WHEN (OLD.log_eid IS DISTINCT FROM NEW.log_eid)"
            f" EXECUTE FUNCTION {table}_entry_is_new()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_entry_is_new")


def upgrade_sqlite():
    for table, field in TOLD_OF.items():
        told = f"json_extract(CAST(body AS TEXT), '$.pub.{field}')"
        op.execute(
            f"CREATE TRIGGER {table}_entry_is_new BEFORE UPDATE ON {table}"
            " WHEN OLD.log_eid IS NOT NEW.log_eid"
            f" AND NOT EXISTS ({new_entry()} AND {told} IS NEW.reference)"
            f" BEGIN SELECT RAISE(ABORT, '{table} takes only a new entry of its own'); END"
        )


def new_entry(schema=""):
    """Return the search for the entry that a row names now: newer than the last, without a place.

    Whoever changes a row holds its lock and records the entry first, so its own is always newer, and
    an entry gets its place only after the commit.
    """
    return (
        f"SELECT 1 FROM {schema}log_entry WHERE eid = NEW.log_eid"
        f" AND seqno > coalesce((SELECT seqno FROM {schema}log_entry WHERE eid = OLD.log_eid), 0)"
        f" AND NOT EXISTS (SELECT 1 FROM {schema}log_seq WHERE log_seq.seqno = log_entry.seqno)"
    )


def downgrade():
    if op.get_bind().dialect.name == "sqlite":
        for table in TOLD_OF:
            op.execute(f"DROP TRIGGER {table}_entry_is_new")
        return
    for table in TOLD_OF:
        op.execute(f"DROP FUNCTION {table}_entry_is_new CASCADE")
    for function in FUNCTIONS:
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO PUBLIC")
    # The roles stay: other databases of the cluster may grant them something, and logins are in them.
    for what in ("ALL TABLES IN SCHEMA public", "ALL SEQUENCES IN SCHEMA public", "SCHEMA public"):
        op.execute(f"REVOKE ALL ON {what} FROM {', '.join(ROLES)}")
