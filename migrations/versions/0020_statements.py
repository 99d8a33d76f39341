"""statements: the bank's lines, and what people confirmed them to be; blanked when erased"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

NATURES = ("plain", "fee", "return")
MEANINGS = ("payment", "fee", "return", "other")
KEPT = ("bank_statement", "matched_line", "matched_payment")
# What an erasure blanks in a row, and what it leaves.
BLANKED = {
    "bank_line": (
        ("description", "counter_account"),
        (
            "id",
            "statement_id",
            "account_code",
            "fingerprint",
            "booked_on",
            "value_on",
            "amount_satang",
            "bank_reference",
            "end_to_end_id",
            "nature",
            "balance_satang",
        ),
    ),
    "line_match": (("note",), ("id", "meaning", "by_person_id", "at", "log_eid")),
}
NUMBERED = ("bank_statement", "bank_line", "line_match")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def one_of(name, values):
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def foreign(table, column, target, **more):
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [target], name=name, **more)


def entry_of(table):
    return foreign(table, "log_eid", "log_entry.eid", initially="DEFERRED", deferrable=True)


def upgrade():
    op.create_table(
        "bank_statement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_code", sa.String(length=12), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("opening_satang", sa.BigInteger(), nullable=True),
        sa.Column("closing_satang", sa.BigInteger(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("imported_by_id", sa.Integer(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("log_eid", sa.Uuid(as_uuid=False), nullable=False),
        foreign("bank_statement", "account_code", "paying_account.code"),
        foreign("bank_statement", "imported_by_id", "person.id"),
        entry_of("bank_statement"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_statement")),
    )
    op.create_index(op.f("ix_bank_statement_account_code"), "bank_statement", ["account_code"])
    op.create_table(
        "bank_line",
        sa.Column("id", ID, nullable=False),
        sa.Column("statement_id", sa.Integer(), nullable=False),
        sa.Column("account_code", sa.String(length=12), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("value_on", sa.Date(), nullable=False),
        sa.Column("amount_satang", sa.BigInteger(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("bank_reference", sa.Text(), nullable=False),
        sa.Column("end_to_end_id", sa.Text(), nullable=False),
        sa.Column("counter_account", sa.String(length=40), nullable=False),
        sa.Column("nature", one_of("nature", NATURES), nullable=False),
        sa.Column("balance_satang", sa.BigInteger(), nullable=True),
        foreign("bank_line", "statement_id", "bank_statement.id"),
        foreign("bank_line", "account_code", "paying_account.code"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_line")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_bank_line_fingerprint")),
    )
    op.create_index(op.f("ix_bank_line_statement_id"), "bank_line", ["statement_id"])
    op.create_index(
        "ix_bank_line_account_code_booked_on", "bank_line", ["account_code", "booked_on"]
    )
    op.create_table(
        "line_match",
        sa.Column("id", ID, nullable=False),
        sa.Column("meaning", one_of("meaning", MEANINGS), nullable=False),
        sa.Column("by_person_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("log_eid", sa.Uuid(as_uuid=False), nullable=False),
        foreign("line_match", "by_person_id", "person.id"),
        entry_of("line_match"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_match")),
    )
    op.create_table(
        "matched_line",
        sa.Column("bank_line_id", ID, nullable=False),
        sa.Column("line_match_id", ID, nullable=False),
        foreign("matched_line", "bank_line_id", "bank_line.id"),
        foreign("matched_line", "line_match_id", "line_match.id"),
        sa.PrimaryKeyConstraint("bank_line_id", name=op.f("pk_matched_line")),
    )
    op.create_index(op.f("ix_matched_line_line_match_id"), "matched_line", ["line_match_id"])
    op.create_table(
        "matched_payment",
        sa.Column("line_match_id", ID, nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        foreign("matched_payment", "line_match_id", "line_match.id"),
        foreign("matched_payment", "payment_id", "payment.id"),
        sa.PrimaryKeyConstraint("line_match_id", "payment_id", name=op.f("pk_matched_payment")),
    )
    op.create_index(op.f("ix_matched_payment_payment_id"), "matched_payment", ["payment_id"])
    if op.get_bind().dialect.name == "sqlite":
        guard_sqlite()
    else:
        guard_postgresql()


def only_blanks(table, same, schema=""):
    """Return the condition under which an update only blanks what an open erasure may blank."""
    blanked, kept = BLANKED[table]
    conditions = [f"NEW.{column} {same} OLD.{column}" for column in kept]
    conditions += [f"NEW.{column} = ''" for column in blanked]
    is_open = f"EXISTS (SELECT 1 FROM {schema}erasure WHERE done_at IS NULL)"
    return " AND ".join([*conditions, is_open])


def guard_sqlite():
    for table in (*KEPT, *BLANKED):
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}"
            f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
    for table in KEPT:
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}"
            f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
    for table in BLANKED:
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}"
            f" WHEN NOT coalesce({only_blanks(table, 'IS')}, 0)"
            f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def guard_postgresql():
    same = "IS NOT DISTINCT FROM"
    for table, (blanked, _kept) in BLANKED.items():
        op.execute(
            f"CREATE FUNCTION {table}_forgets() RETURNS trigger LANGUAGE plpgsql"
            " SECURITY DEFINER SET search_path = pg_catalog AS $$ BEGIN"
            f" IF TG_OP = 'UPDATE' AND {only_blanks(table, same, 'public.')}"
            f" THEN RETURN NEW; END IF; RAISE EXCEPTION '{table} is append-only'; END $$"
        )
        op.execute(f"REVOKE EXECUTE ON FUNCTION {table}_forgets FROM PUBLIC")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ({', '.join(blanked)}) ON {table} TO portal_web")
    for table in (*KEPT, *BLANKED):
        function = f"{table}_forgets" if table in BLANKED else "portal_refuse"
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
    op.execute(f"GRANT SELECT, INSERT ON {', '.join(KEPT)} TO portal_web")
    for table in NUMBERED:
        op.execute(f"GRANT USAGE ON SEQUENCE {table}_id_seq TO portal_web")


def downgrade():
    # Their triggers go with them, but not what they call.
    for table in ("matched_payment", "matched_line", "line_match", "bank_line", "bank_statement"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for table in BLANKED:
            op.execute(f"DROP FUNCTION {table}_forgets()")
