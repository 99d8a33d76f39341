"""erasure: orders to forget somebody, and the only change that rows kept for ever allow"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# table -> (columns that stay for ever, columns that may be blanked while an erasure is open)
BLANKED = {
    "payee_account": (
        ("id", "fund_request_id", "version", "kind", "bank_code"),
        ("holder", "account_number"),
    ),
    "request_act": (
        (
            "id",
            "fund_request_id",
            "act",
            "role",
            "by_person_id",
            "at",
            "state",
            "reason",
            "evidence",
            "log_eid",
        ),
        ("note",),
    ),
    "donation": (
        ("id", "reference", "fund_code", "amount_satang", "received_on", "log_eid"),
        ("donor",),
    ),
}


# What of a request changes only with an entry of its own, but for the blanking of its words.
REQUEST = (
    "state",
    "awarded_satang",
    "sent_satang",
    "confirmed_satang",
    "paying_satang",
    "returned_satang",
)
SENT = (
    "reference",
    "kind",
    "fiscal_year",
    "youth_id",
    "project_id",
    "subcommittee_code",
    "category_code",
    "fund_code",
    "purpose_code",
    "amount_satang",
    "is_urgent",
    "signatures_needed",
    "party_salt",
)
WORDS = ("reason", "urgent_reason", "area_code")


def is_open(schema=""):
    """Return the condition that somebody is being erased just now."""
    return f"EXISTS (SELECT 1 FROM {schema}erasure WHERE done_at IS NULL)"


def is_forgetting(table, same, schema=""):
    """Return the condition under which an update only blanks private columns."""
    kept, blanked = BLANKED[table]
    conditions = [f"NEW.{column} {same} OLD.{column}" for column in kept]
    conditions += [f"NEW.{column} = ''" for column in blanked]
    return " AND ".join([*conditions, is_open(schema)])


def request_changes(differs, schema="", *, forgets):
    """Return the condition under which a change of a request needs a new entry."""
    always = " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in REQUEST)
    sent = " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in SENT)
    words = " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in WORDS)
    if forgets:
        words = f"({words}) AND NOT (NEW.reason = '' AND {is_open(schema)})"
    return f"{always} OR (OLD.state NOT IN ('draft', 'returned') AND ({sent} OR ({words})))"


def request_trigger(*, forgets):
    """Let a sent request change only with an entry; with `forgets`, or lose its words."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER fund_request_needs_entry")
        op.execute(
            "CREATE TRIGGER fund_request_needs_entry BEFORE UPDATE ON fund_request"
            f" WHEN ({request_changes('IS NOT', forgets=forgets)})"
            " AND (NEW.log_eid IS NULL OR OLD.log_eid IS NEW.log_eid)"
            " BEGIN SELECT RAISE(ABORT, 'fund_request changes only with a log entry'); END"
        )
        return
    changed = request_changes("IS DISTINCT FROM", "public.", forgets=forgets)
    op.execute(
        "CREATE OR REPLACE FUNCTION fund_request_needs_entry() RETURNS trigger LANGUAGE plpgsql"
        " SECURITY DEFINER SET search_path = pg_catalog AS $$ BEGIN"
        f" IF ({changed})"
        " AND (NEW.log_eid IS NULL OR OLD.log_eid IS NOT DISTINCT FROM NEW.log_eid) THEN"
        " RAISE EXCEPTION 'fund_request changes only with a log entry'; END IF;"
        " RETURN NEW; END $$"
    )


def upgrade():
    op.create_table(
        "erasure",
        sa.Column("ticket", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("log_eid", sa.Uuid(as_uuid=False), nullable=True),
        sa.CheckConstraint(
            "(done_at IS NULL) = (subject IS NOT NULL)", name=op.f("ck_erasure_done_is_forgotten")
        ),
        sa.ForeignKeyConstraint(
            ["log_eid"],
            ["log_entry.eid"],
            name=op.f("fk_erasure_log_eid"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("ticket", name=op.f("pk_erasure")),
    )
    op.add_column("youth", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    # It cost every act, and only an erasure looked.
    op.drop_index("ix_private_field_subject", table_name="private_field")
    if op.get_bind().dialect.name == "sqlite":
        upgrade_sqlite()
    else:
        upgrade_postgresql()
    request_trigger(forgets=True)


def upgrade_sqlite():
    for table in BLANKED:
        op.execute(f"DROP TRIGGER {table}_no_update")
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}"
            f" WHEN NOT coalesce({is_forgetting(table, 'IS')}, 0)"
            f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
    op.execute(
        "CREATE TRIGGER erasure_no_delete BEFORE DELETE ON erasure"
        " BEGIN SELECT RAISE(ABORT, 'erasure is append-only'); END"
    )
    op.execute(
        "CREATE TRIGGER erasure_no_update BEFORE UPDATE ON erasure WHEN OLD.done_at IS NOT NULL"
        " BEGIN SELECT RAISE(ABORT, 'erasure is append-only'); END"
    )


def upgrade_postgresql():
    for table in BLANKED:
        op.execute(
            f"CREATE FUNCTION {table}_forgets() RETURNS trigger LANGUAGE plpgsql"
            " SECURITY DEFINER SET search_path = pg_catalog AS $$ BEGIN"
            f" IF TG_OP = 'UPDATE' AND {is_forgetting(table, 'IS NOT DISTINCT FROM', 'public.')}"
            f" THEN RETURN NEW; END IF; RAISE EXCEPTION '{table} is append-only'; END $$"
        )
        op.execute(f"DROP TRIGGER {table}_kept ON {table}")
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {table}_forgets()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_kept")
    op.execute(
        "CREATE TRIGGER erasure_kept BEFORE DELETE ON erasure"
        " FOR EACH ROW EXECUTE FUNCTION portal_refuse()"
    )
    op.execute(
        "CREATE TRIGGER erasure_stays_done BEFORE UPDATE ON erasure FOR EACH ROW"
        " WHEN (OLD.done_at IS NOT NULL) EXECUTE FUNCTION portal_refuse()"
    )
    op.execute(
        "CREATE TRIGGER erasure_not_emptied BEFORE TRUNCATE ON erasure"
        " FOR EACH STATEMENT EXECUTE FUNCTION portal_refuse()"
    )
    for trigger in ("kept", "stays_done", "not_emptied"):
        op.execute(f"ALTER TABLE erasure ENABLE ALWAYS TRIGGER erasure_{trigger}")
    # The pages finish an erasure that was cut off.
    op.execute("GRANT SELECT, INSERT, UPDATE ON erasure TO portal_web")
    op.execute("GRANT UPDATE (paper) ON consent TO portal_web")
    for table, (_, blanked) in BLANKED.items():
        op.execute(f"GRANT UPDATE ({', '.join(blanked)}) ON {table} TO portal_web")
        op.execute(f"REVOKE EXECUTE ON FUNCTION {table}_forgets FROM PUBLIC")


def downgrade():
    request_trigger(forgets=False)
    if op.get_bind().dialect.name == "sqlite":
        downgrade_sqlite()
    else:
        downgrade_postgresql()
    op.create_index("ix_private_field_subject", "private_field", ["subject"])
    op.drop_column("youth", "erased_at")
    op.drop_table("erasure")


def downgrade_sqlite():
    for table in BLANKED:
        op.execute(f"DROP TRIGGER {table}_no_update")
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}"
            f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def downgrade_postgresql():
    for table in BLANKED:
        op.execute(f"DROP FUNCTION {table}_forgets() CASCADE")
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION portal_refuse()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_kept")
        _, blanked = BLANKED[table]
        op.execute(f"REVOKE UPDATE ({', '.join(blanked)}) ON {table} FROM portal_web")
    op.execute("REVOKE UPDATE (paper) ON consent FROM portal_web")
