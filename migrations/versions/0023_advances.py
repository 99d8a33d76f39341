"""advances: money that is lent, the vouchers of what was spent, and how it was cleared"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

# Constraints come with the columns: SQLite adds neither of them otherwise.
COLUMNS = (
    (
        "advance",
        "advance VARCHAR(40) CONSTRAINT advance CHECK (advance IN ('travel', 'work'))",
    ),
    (
        "advance_ends_on",
        "advance_ends_on DATE CONSTRAINT ck_payment_journeys_end"
        " CHECK ((advance IS NOT NULL AND advance = 'travel') = (advance_ends_on IS NOT NULL))",
    ),
    (
        "cleared_by_id",
        "cleared_by_id INTEGER CONSTRAINT fk_payment_cleared_by_id REFERENCES person (id)"
        " CONSTRAINT ck_payment_cleared_by_another CHECK (cleared_by_id <> released_by_id)",
    ),
    (
        "cleared_at",
        "cleared_at {moment} CONSTRAINT ck_payment_cleared_if_lent"
        " CHECK ((cleared_at IS NULL) = (cleared_by_id IS NULL)"
        " AND (cleared_at IS NULL OR advance IS NOT NULL))",
    ),
)
# A change of one of these columns comes with a new log entry.
BEFORE = (
    "state",
    "reference",
    "amount_satang",
    "fund_request_id",
    "payee_account_id",
    "prepared_by_id",
    "released_by_id",
    "sent_by_id",
    "confirmed_by_id",
    "bank_reference",
    "returned_satang",
    "fee_satang",
)
NOW = (*BEFORE, "advance", "advance_ends_on", "cleared_by_id", "cleared_at")
# What the accepted vouchers of a payment come to.
SPENT = (
    "(SELECT coalesce(sum(v.amount_satang), 0) FROM {schema}accepted_voucher AS a"
    " JOIN {schema}advance_voucher AS v ON v.receipt_id = a.receipt_id"
    " JOIN {schema}receipt AS r ON r.id = v.receipt_id WHERE r.payment_id = NEW.id)"
)
WRONG = "a cleared advance comes to what was lent"


def upgrade():
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    moment = "DATETIME" if is_sqlite else "TIMESTAMP WITH TIME ZONE"
    for _name, column in COLUMNS:
        op.execute(f"ALTER TABLE payment ADD COLUMN {column.format(moment=moment)}")
    op.create_table(
        "advance_voucher",
        sa.Column("receipt_id", sa.Integer(), nullable=False),
        sa.Column("spent_on", sa.Date(), nullable=False),
        sa.Column("amount_satang", sa.BigInteger(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.CheckConstraint("amount_satang > 0", name=op.f("ck_advance_voucher_amount_is_positive")),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["receipt.id"], name=op.f("fk_advance_voucher_receipt_id")
        ),
        sa.PrimaryKeyConstraint("receipt_id", name=op.f("pk_advance_voucher")),
    )
    op.create_table(
        "accepted_voucher",
        sa.Column("receipt_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["receipt_id"],
            ["advance_voucher.receipt_id"],
            name=op.f("fk_accepted_voucher_receipt_id"),
        ),
        sa.PrimaryKeyConstraint("receipt_id", name=op.f("pk_accepted_voucher")),
    )
    if is_sqlite:
        guard_sqlite()
    else:
        guard_postgresql()


def only_blanks(same, schema=""):
    """Return the condition under which an update only blanks what an open erasure may blank."""
    kept = " AND ".join(
        f"NEW.{column} {same} OLD.{column}"
        for column in ("receipt_id", "spent_on", "amount_satang")
    )
    return (
        f"{kept} AND NEW.item = '' AND EXISTS (SELECT 1 FROM {schema}erasure WHERE done_at IS NULL)"
    )


def changes(columns, differs):
    return " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in columns)


def needs_entry_sqlite(columns):
    op.execute("DROP TRIGGER payment_needs_entry")
    op.execute(
        f"CREATE TRIGGER payment_needs_entry BEFORE UPDATE ON payment"
        f" WHEN ({changes(columns, 'IS NOT')})"
        " AND (NEW.log_eid IS NULL OR OLD.log_eid IS NEW.log_eid)"
        " BEGIN SELECT RAISE(ABORT, 'payment changes only with a log entry'); END"
    )


def needs_entry_postgresql(columns):
    op.execute(
        "CREATE OR REPLACE FUNCTION payment_needs_entry() RETURNS trigger LANGUAGE plpgsql"
        " SECURITY DEFINER SET search_path = pg_catalog AS $$ BEGIN"
        f" IF ({changes(columns, 'IS DISTINCT FROM')})"
        " AND (NEW.log_eid IS NULL OR OLD.log_eid IS NOT DISTINCT FROM NEW.log_eid) THEN"
        " RAISE EXCEPTION 'payment changes only with a log entry'; END IF;"
        " RETURN NEW; END $$"
    )


def guard_sqlite():
    needs_entry_sqlite(NOW)
    op.execute(
        "CREATE TRIGGER payment_cleared_whole BEFORE UPDATE OF cleared_at ON payment"
        " WHEN OLD.cleared_at IS NULL AND NEW.cleared_at IS NOT NULL"
        f" AND {SPENT.format(schema='')} <> NEW.amount_satang - NEW.returned_satang"
        f" BEGIN SELECT RAISE(ABORT, '{WRONG}'); END"
    )
    for table in ("advance_voucher", "accepted_voucher"):
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}"
            f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
    op.execute(
        "CREATE TRIGGER advance_voucher_no_update BEFORE UPDATE ON advance_voucher"
        f" WHEN NOT coalesce({only_blanks('IS')}, 0)"
        " BEGIN SELECT RAISE(ABORT, 'advance_voucher is append-only'); END"
    )
    op.execute(
        "CREATE TRIGGER accepted_voucher_no_update BEFORE UPDATE ON accepted_voucher"
        " BEGIN SELECT RAISE(ABORT, 'accepted_voucher is append-only'); END"
    )


def guard_postgresql():
    needs_entry_postgresql(NOW)
    blanks = only_blanks("IS NOT DISTINCT FROM", "public.")
    op.execute(
        "CREATE FUNCTION payment_cleared_whole() RETURNS trigger LANGUAGE plpgsql"
        " SECURITY DEFINER SET search_path = pg_catalog AS $$ BEGIN"
        f" IF {SPENT.format(schema='public.')} <> NEW.amount_satang - NEW.returned_satang"
        f" THEN RAISE EXCEPTION '{WRONG}'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER payment_cleared_whole BEFORE UPDATE OF cleared_at ON payment FOR EACH ROW"
        " WHEN (OLD.cleared_at IS NULL AND NEW.cleared_at IS NOT NULL)"
        " EXECUTE FUNCTION payment_cleared_whole()"
    )
    op.execute("ALTER TABLE payment ENABLE ALWAYS TRIGGER payment_cleared_whole")
    op.execute(
        "CREATE FUNCTION advance_voucher_forgets() RETURNS trigger LANGUAGE plpgsql"
        " SECURITY DEFINER SET search_path = pg_catalog AS $$ BEGIN"
        f" IF TG_OP = 'UPDATE' AND {blanks} THEN RETURN NEW; END IF;"
        " RAISE EXCEPTION 'advance_voucher is append-only'; END $$"
    )
    for function in ("payment_cleared_whole", "advance_voucher_forgets"):
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
    kept_by = {"advance_voucher": "advance_voucher_forgets", "accepted_voucher": "portal_refuse"}
    for table, function in kept_by.items():
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {function}()"
        )
        # Row triggers do not see TRUNCATE.
        op.execute(
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION portal_refuse()"
        )
        for trigger in ("kept", "not_emptied"):
            op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{trigger}")
    op.execute("GRANT SELECT, INSERT, UPDATE (item) ON advance_voucher TO portal_web")
    op.execute("GRANT SELECT, INSERT ON accepted_voucher TO portal_web")


def downgrade():
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute("DROP TRIGGER payment_cleared_whole" + ("" if is_sqlite else " ON payment"))
    # Their triggers go with them, but not what they call.
    op.drop_table("accepted_voucher")
    op.drop_table("advance_voucher")
    if is_sqlite:
        needs_entry_sqlite(BEFORE)
    else:
        op.execute("DROP FUNCTION payment_cleared_whole")
        op.execute("DROP FUNCTION advance_voucher_forgets")
        needs_entry_postgresql(BEFORE)
    # A constraint goes before a column that it speaks of.
    for name, _column in reversed(COLUMNS):
        op.execute(f"ALTER TABLE payment DROP COLUMN {name}")
