"""request lines: what a request asks for, item by item; kept in versions, blanked when erased"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

KEPT = ("id", "fund_request_id", "version", "number", "quantity", "amount_satang")
WORDS = ("item", "unit")
NEXT = "request_line takes only named lines of the next version"
SUM = "the lines of fund_request add up to its amount"
ENTRY = "fund_request changes only with a log entry"


def is_forgetting(same, schema=""):
    """Return the condition under which an update only blanks words, in an open erasure."""
    conditions = [f"NEW.{column} {same} OLD.{column}" for column in KEPT]
    conditions += [f"NEW.{column} = ''" for column in WORDS]
    is_open = f"EXISTS (SELECT 1 FROM {schema}erasure WHERE done_at IS NULL)"
    return " AND ".join([*conditions, is_open])


def is_next(schema=""):
    """Return the condition under which a line is added: it is named, and its version holds not."""
    held = f"SELECT lines_version + 1 FROM {schema}fund_request WHERE id = NEW.fund_request_id"
    return f"NEW.item <> '' AND NEW.version = ({held})"


def adds_up(schema=""):
    """Return the condition under which lines hold: there are none, or they sum to the amount."""
    lines = (
        f"(SELECT sum(amount_satang) FROM {schema}request_line"
        " WHERE fund_request_id = NEW.id AND version = NEW.lines_version)"
    )
    follows = "NEW.lines_version IN (OLD.lines_version, OLD.lines_version + 1)"
    return f"{follows} AND coalesce({lines}, NEW.amount_satang) = NEW.amount_satang"


def changes(differs):
    """Return the condition under which the lines, or what they must add up to, are others now."""
    columns = ("lines_version", "amount_satang")
    return " OR ".join(f"NEW.{column} {differs} OLD.{column}" for column in columns)


def is_untold(differs, same):
    """Return the condition under which lines of a sent request change without a new entry."""
    return (
        f"NEW.lines_version {differs} OLD.lines_version"
        " AND OLD.state NOT IN ('draft', 'returned')"
        f" AND (NEW.log_eid IS NULL OR NEW.log_eid {same} OLD.log_eid)"
    )


def upgrade():
    op.add_column(
        "fund_request", sa.Column("lines_version", sa.Integer(), nullable=False, server_default="0")
    )
    op.create_table(
        "request_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fund_request_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(length=200), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("amount_satang", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "number BETWEEN 1 AND 20", name=op.f("ck_request_line_number_is_bounded")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_request_line_quantity_is_positive")),
        sa.CheckConstraint("amount_satang > 0", name=op.f("ck_request_line_amount_is_positive")),
        sa.ForeignKeyConstraint(
            ["fund_request_id"], ["fund_request.id"], name=op.f("fk_request_line_fund_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_line")),
        sa.UniqueConstraint(
            "fund_request_id",
            "version",
            "number",
            name=op.f("uq_request_line_fund_request_id_version_number"),
        ),
    )
    if op.get_bind().dialect.name == "sqlite":
        upgrade_sqlite()
    else:
        upgrade_postgresql()


def upgrade_sqlite():
    guards = (
        ("request_line_no_delete", "DELETE ON request_line", "1", "request_line is append-only"),
        (
            "request_line_no_update",
            "UPDATE ON request_line",
            f"NOT coalesce({is_forgetting('IS')}, 0)",
            "request_line is append-only",
        ),
        ("request_line_is_next", "INSERT ON request_line", f"NOT coalesce({is_next()}, 0)", NEXT),
        (
            "fund_request_adds_up",
            "UPDATE ON fund_request",
            f"({changes('IS NOT')}) AND NOT coalesce({adds_up()}, 0)",
            SUM,
        ),
        (
            "fund_request_lines_need_entry",
            "UPDATE ON fund_request",
            is_untold("IS NOT", "IS"),
            ENTRY,
        ),
    )
    for name, on, when, message in guards:
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {on} WHEN {when}"
            f" BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )


def upgrade_postgresql():
    differs, same = "IS DISTINCT FROM", "IS NOT DISTINCT FROM"
    function(
        "request_line_changes",
        f"IF TG_OP = 'UPDATE' AND {is_forgetting(same, 'public.')} THEN RETURN NEW; END IF;"
        " RAISE EXCEPTION 'request_line is append-only';",
    )
    function(
        "request_line_is_next",
        f"IF {is_next('public.')} THEN RETURN NEW; END IF; RAISE EXCEPTION '{NEXT}';",
    )
    function(
        "fund_request_adds_up",
        f"IF {is_untold(differs, same)} THEN RAISE EXCEPTION '{ENTRY}'; END IF;"
        f" IF {adds_up('public.')} THEN RETURN NEW; END IF; RAISE EXCEPTION '{SUM}';",
    )
    row, statement = "FOR EACH ROW", "FOR EACH STATEMENT"
    for table, name, when, runs in (
        (
            "request_line",
            "request_line_kept",
            "UPDATE OR DELETE",
            f"{row} EXECUTE FUNCTION request_line_changes()",
        ),
        (
            "request_line",
            "request_line_not_emptied",
            "TRUNCATE",
            f"{statement} EXECUTE FUNCTION portal_refuse()",
        ),
        (
            "request_line",
            "request_line_is_next",
            "INSERT",
            f"{row} EXECUTE FUNCTION request_line_is_next()",
        ),
        (
            "fund_request",
            "fund_request_adds_up",
            "UPDATE",
            f"{row} WHEN ({changes(differs)}) EXECUTE FUNCTION fund_request_adds_up()",
        ),
    ):
        op.execute(f"CREATE TRIGGER {name} BEFORE {when} ON {table} {runs}")
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
    op.execute("GRANT SELECT, INSERT ON request_line TO portal_web")
    op.execute(f"GRANT UPDATE ({', '.join(WORDS)}) ON request_line TO portal_web")
    op.execute("GRANT USAGE ON SEQUENCE request_line_id_seq TO portal_web")


def function(name, body):
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql"
        f" SECURITY DEFINER SET search_path = pg_catalog AS $$ BEGIN {body} END $$"
    )
    op.execute(f"REVOKE EXECUTE ON FUNCTION {name} FROM PUBLIC")


def downgrade():
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER fund_request_adds_up")
        op.execute("DROP TRIGGER fund_request_lines_need_entry")
    else:
        op.execute("DROP FUNCTION fund_request_adds_up() CASCADE")
    # Its triggers go with it.
    op.drop_table("request_line")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION request_line_changes()")
        op.execute("DROP FUNCTION request_line_is_next()")
    op.drop_column("fund_request", "lines_version")
