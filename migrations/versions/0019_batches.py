"""batches: payments that go to the bank in one file, the accounts they leave from, the files"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

STATES = ("open", "released", "sent", "dissolved")
KINDS = ("ktb", "pain.001.001.09", "pain.001.001.03", "table")
# A change of one of these columns comes with a new log entry.
AUDITED = {
    "paying_account": ("name_th", "name_en", "bank_code", "account_number", "is_closed"),
    "payment_batch": (
        "state",
        "reference",
        "account_code",
        "count",
        "amount_satang",
        "value_on",
        "file_kind",
        "made_by_id",
        "released_by_id",
        "sent_by_id",
    ),
}


def one_of(name, values):
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def entry_of(table):
    return sa.ForeignKeyConstraint(
        ["log_eid"],
        ["log_entry.eid"],
        name=op.f(f"fk_{table}_log_eid"),
        initially="DEFERRED",
        deferrable=True,
    )


def person(table, column):
    return sa.ForeignKeyConstraint([column], ["person.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade():
    op.create_table(
        "paying_account",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("name_th", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("bank_code", sa.String(length=3), nullable=False),
        sa.Column("account_number", sa.String(length=20), nullable=False),
        sa.Column("company_id", sa.String(length=16), nullable=False),
        sa.Column("is_closed", sa.Boolean(), nullable=False),
        sa.Column("statement_columns", sa.Text(), nullable=False),
        sa.Column("log_eid", sa.Uuid(as_uuid=False), nullable=False),
        entry_of("paying_account"),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_paying_account")),
        sa.UniqueConstraint("account_number", name=op.f("uq_paying_account_account_number")),
    )
    op.create_table(
        "payment_batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=20), nullable=False),
        sa.Column("account_code", sa.String(length=12), nullable=False),
        sa.Column("state", one_of("state", STATES), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("amount_satang", sa.BigInteger(), nullable=False),
        sa.Column("value_on", sa.Date(), nullable=False),
        sa.Column("file_kind", one_of("file_kind", KINDS), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_by_id", sa.Integer(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_by_id", sa.Integer(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("log_eid", sa.Uuid(as_uuid=False), nullable=False),
        sa.CheckConstraint(
            "released_by_id <> made_by_id", name=op.f("ck_payment_batch_released_by_another")
        ),
        sa.CheckConstraint(
            "state NOT IN ('released', 'sent') OR released_by_id IS NOT NULL",
            name=op.f("ck_payment_batch_released_by_somebody"),
        ),
        sa.CheckConstraint(
            "count > 0 AND amount_satang > 0", name=op.f("ck_payment_batch_holds_payments")
        ),
        sa.ForeignKeyConstraint(
            ["account_code"], ["paying_account.code"], name=op.f("fk_payment_batch_account_code")
        ),
        person("payment_batch", "made_by_id"),
        person("payment_batch", "released_by_id"),
        person("payment_batch", "sent_by_id"),
        entry_of("payment_batch"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_batch")),
        sa.UniqueConstraint("reference", name=op.f("uq_payment_batch_reference")),
    )
    op.create_index(op.f("ix_payment_batch_state"), "payment_batch", ["state"], unique=False)
    op.create_table(
        "bank_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("kind", one_of("kind", KINDS), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("log_eid", sa.Uuid(as_uuid=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["payment_batch.id"], name=op.f("fk_bank_file_batch_id")
        ),
        entry_of("bank_file"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_file")),
        sa.UniqueConstraint("batch_id", "kind", name=op.f("uq_bank_file_batch_id_kind")),
    )
    # SQLite adds a column that refers to another table only so.
    op.execute(
        "ALTER TABLE payment ADD COLUMN batch_id INTEGER"
        " CONSTRAINT fk_payment_batch_id REFERENCES payment_batch (id)"
    )
    op.create_index(op.f("ix_payment_batch_id"), "payment", ["batch_id"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        guard_sqlite()
    else:
        guard_postgresql()


def changed(table, differs):
    return " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in AUDITED[table])


def guard_sqlite():
    for table, verbs in {
        "bank_file": ("UPDATE", "DELETE"),
        "payment_batch": ("DELETE",),
        "paying_account": ("DELETE",),
    }.items():
        for verb in verbs:
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    for table in AUDITED:
        op.execute(
            f"CREATE TRIGGER {table}_needs_entry BEFORE UPDATE ON {table}"
            f" WHEN ({changed(table, 'IS NOT')}) AND OLD.log_eid IS NEW.log_eid"
            f" BEGIN SELECT RAISE(ABORT, '{table} changes only with a log entry'); END"
        )


def guard_postgresql():
    for table, verbs in {
        "bank_file": "UPDATE OR DELETE",
        "payment_batch": "DELETE",
        "paying_account": "DELETE",
    }.items():
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE {verbs} ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION portal_refuse()"
        )
        # Row triggers do not see TRUNCATE.
        op.execute(
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION portal_refuse()"
        )
        for trigger in ("kept", "not_emptied"):
            op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{trigger}")
    for table in AUDITED:
        op.execute(
            f"CREATE FUNCTION {table}_needs_entry() RETURNS trigger LANGUAGE plpgsql"
            " SECURITY DEFINER SET search_path = pg_catalog AS $$ BEGIN"
            f" IF ({changed(table, 'IS DISTINCT FROM')})"
            " AND OLD.log_eid IS NOT DISTINCT FROM NEW.log_eid THEN"
            f" RAISE EXCEPTION '{table} changes only with a log entry'; END IF;"
            " RETURN NEW; END $$"
        )
        op.execute(f"REVOKE EXECUTE ON FUNCTION {table}_needs_entry FROM PUBLIC")
        op.execute(
            f"CREATE TRIGGER {table}_needs_entry BEFORE UPDATE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {table}_needs_entry()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_needs_entry")
    op.execute("GRANT SELECT, INSERT ON bank_file TO portal_web")
    op.execute("GRANT SELECT, INSERT, UPDATE ON payment_batch, paying_account TO portal_web")
    op.execute("GRANT USAGE ON SEQUENCE bank_file_id_seq, payment_batch_id_seq TO portal_web")


def downgrade():
    op.drop_index(op.f("ix_payment_batch_id"), "payment")
    op.execute("ALTER TABLE payment DROP COLUMN batch_id")
    for table in ("bank_file", "payment_batch", "paying_account"):
        # Its triggers go with it, but not what they call.
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for table in AUDITED:
            op.execute(f"DROP FUNCTION {table}_needs_entry()")
