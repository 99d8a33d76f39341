"""guards: what was written is never changed, and nothing moves without a log entry"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Rows of these tables are added and never touched again.
KEPT = (
    "log_entry",
    "log_seq",
    "journal_entry",
    "posting",
    "request_act",
    "request_duty",
    "donation",
    "allocation",
    "payee_account",
)
# Rows of these tables change, but are never deleted.
LASTING = ("fund_request", "payment", "balance", "counter")
# A change of one of these columns comes with a new log entry.
AUDITED = {
    "fund_request": ("state", "awarded_satang", "sent_satang", "confirmed_satang"),
    "payment": (
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
    ),
}
# The same, from the moment the request is sent until it comes back.
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
    "area_code",
    "amount_satang",
    "reason",
    "signatures_needed",
    "party_salt",
)


def changes(table, differs):
    """Return the condition under which a change of a row needs a new entry."""
    condition = " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in AUDITED[table])
    if table == "fund_request":
        sent = " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in SENT)
        condition += f" OR (OLD.state NOT IN ('draft', 'returned') AND ({sent}))"
    return condition


def upgrade():
    if op.get_bind().dialect.name == "sqlite":
        upgrade_sqlite()
    else:
        upgrade_postgresql()


def upgrade_sqlite():
    for table in KEPT:
        refuse_sqlite(table, "UPDATE")
        refuse_sqlite(table, "DELETE")
    for table in LASTING:
        refuse_sqlite(table, "DELETE")
    refuse_sqlite("private_field", "UPDATE")
    for table in AUDITED:
        op.execute(
            f"CREATE TRIGGER {table}_needs_entry BEFORE UPDATE ON {table}"
            f" WHEN ({changes(table, 'IS NOT')})"
            " AND (NEW.log_eid IS NULL OR OLD.log_eid IS NEW.log_eid)"
            f" BEGIN SELECT RAISE(ABORT, '{table} changes only with a log entry'); END"
        )
    op.execute(
        "CREATE TRIGGER log_entry_is_new BEFORE INSERT ON log_entry WHEN EXISTS"
        " (SELECT 1 FROM log_entry WHERE eid = NEW.eid OR seqno = NEW.seqno)"
        " BEGIN SELECT RAISE(ABORT, 'log_entry is append-only'); END"
    )
    op.execute(
        "CREATE TRIGGER log_entry_waits AFTER INSERT ON log_entry"
        " BEGIN INSERT INTO log_pending (seqno) VALUES (NEW.seqno); END"
    )
    op.execute(
        "CREATE TRIGGER log_seq_is_next BEFORE INSERT ON log_seq"
        " WHEN NEW.idx <> (SELECT coalesce(max(idx) + 1, 0) FROM log_seq)"
        " OR EXISTS (SELECT 1 FROM log_seq WHERE seqno = NEW.seqno)"
        " BEGIN SELECT RAISE(ABORT, 'log_seq takes only the next index'); END"
    )


def refuse_sqlite(table, verb):
    op.execute(
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}"
        f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


def upgrade_postgresql():
    op.execute(
        "ALTER TABLE log_entry ADD COLUMN leaf bytea"
        " GENERATED ALWAYS AS (sha256('\\x00'::bytea || body)) STORED"
    )
    op.execute(
        "CREATE FUNCTION portal_refuse() RETURNS trigger LANGUAGE plpgsql"
        " SECURITY DEFINER SET search_path = pg_catalog AS"
        " $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in KEPT:
        refuse_postgresql(table, "UPDATE OR DELETE")
    for table in LASTING:
        refuse_postgresql(table, "DELETE")
    refuse_postgresql("private_field", "UPDATE")
    for table in AUDITED:
        changed = changes(table, "IS DISTINCT FROM")
        op.execute(
            f"CREATE FUNCTION {table}_needs_entry() RETURNS trigger LANGUAGE plpgsql"
            " SECURITY DEFINER SET search_path = pg_catalog AS $$ BEGIN"
            f" IF ({changed})"
            " AND (NEW.log_eid IS NULL OR OLD.log_eid IS NOT DISTINCT FROM NEW.log_eid) THEN"
            f" RAISE EXCEPTION '{table} changes only with a log entry'; END IF;"
            " RETURN NEW; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_needs_entry BEFORE UPDATE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {table}_needs_entry()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_needs_entry")
    op.execute(
        "CREATE FUNCTION log_entry_waits() RETURNS trigger LANGUAGE plpgsql"
        " SECURITY DEFINER SET search_path = pg_catalog AS $$ BEGIN"
        " INSERT INTO public.log_pending (seqno) VALUES (NEW.seqno); RETURN NULL; END $$"
    )
    # At commit: a number taken at insert could put an effect before its cause.
    op.execute(
        "CREATE CONSTRAINT TRIGGER log_entry_waits AFTER INSERT ON log_entry"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION log_entry_waits()"
    )
    op.execute("ALTER TABLE log_entry ENABLE ALWAYS TRIGGER log_entry_waits")
    op.execute(
        "CREATE FUNCTION log_seq_is_next() RETURNS trigger LANGUAGE plpgsql"
        " SECURITY DEFINER SET search_path = pg_catalog AS $$ BEGIN"
        " IF NEW.idx <> (SELECT coalesce(max(idx) + 1, 0) FROM public.log_seq) THEN"
        " RAISE EXCEPTION 'log_seq takes only the next index'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER log_seq_is_next BEFORE INSERT ON log_seq"
        " FOR EACH ROW EXECUTE FUNCTION log_seq_is_next()"
    )
    op.execute("ALTER TABLE log_seq ENABLE ALWAYS TRIGGER log_seq_is_next")


def refuse_postgresql(table, verbs):
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


def downgrade():
    if op.get_bind().dialect.name == "sqlite":
        downgrade_sqlite()
    else:
        downgrade_postgresql()


def downgrade_sqlite():
    for table in KEPT:
        op.execute(f"DROP TRIGGER {table}_no_update")
    for table in (*KEPT, *LASTING):
        op.execute(f"DROP TRIGGER {table}_no_delete")
    op.execute("DROP TRIGGER private_field_no_update")
    for table in AUDITED:
        op.execute(f"DROP TRIGGER {table}_needs_entry")
    for trigger in ("log_entry_is_new", "log_entry_waits", "log_seq_is_next"):
        op.execute(f"DROP TRIGGER {trigger}")


def downgrade_postgresql():
    functions = [f"{table}_needs_entry" for table in AUDITED]
    for function in (*functions, "portal_refuse", "log_entry_waits", "log_seq_is_next"):
        op.execute(f"DROP FUNCTION {function} CASCADE")
    op.execute("ALTER TABLE log_entry DROP COLUMN leaf")
