"""records: guardians, consents by purpose, doubtful pairs, what was done and who read it"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ACTIVITIES = ("education", "employment", "training", "nothing", "unknown")
RELATIONS = (
    "father",
    "mother",
    "grandparent",
    "relative",
    "appointed",
    "institution",
    "other",
)
PURPOSES = ("keep", "pay", "share")
PAGES = ("record", "correction", "guardian", "consent", "pair", "request")
# As SQL, because SQLite adds a column only together with its own constraints.
COLUMNS = {
    "youth": {
        "version": "INTEGER NOT NULL DEFAULT 1",
        "activity": "VARCHAR(40) NOT NULL DEFAULT 'unknown'"
        f" CONSTRAINT ck_youth_activity CHECK (activity IN {ACTIVITIES})",
        "pathway": "VARCHAR(12)",
        "disadvantages": "VARCHAR(200) NOT NULL DEFAULT ''",
        "registered_by_id": "INTEGER CONSTRAINT fk_youth_registered_by_id REFERENCES person (id)",
        "confirmed_at": None,
        "confirmed_by_id": "INTEGER CONSTRAINT fk_youth_confirmed_by_id REFERENCES person (id)",
        "same_as_id": "INTEGER CONSTRAINT fk_youth_same_as_id REFERENCES youth (id)"
        " CONSTRAINT ck_youth_same_as_older CHECK (same_as_id < id)",
    },
    "consent": {
        "purpose": "VARCHAR(40) NOT NULL DEFAULT 'keep'"
        f" CONSTRAINT ck_consent_purpose CHECK (purpose IN {PURPOSES})",
        "signer": "VARCHAR(200) NOT NULL DEFAULT ''",
        "relation": "VARCHAR(20) NOT NULL DEFAULT ''",
        "power_paper": "VARCHAR(200) NOT NULL DEFAULT ''",
        "withdrawn_by_id": "INTEGER CONSTRAINT fk_consent_withdrawn_by_id REFERENCES person (id)"
        " CONSTRAINT ck_consent_withdrawn_by_somebody"
        " CHECK ((withdrawn_at IS NULL) = (withdrawn_by_id IS NULL))",
    },
}
INDEXES = {
    "youth": ("birth_on", "registered_by_id", "same_as_id"),
    "guardian": ("youth_id",),
    "youth_pair": ("younger_id",),
    "youth_act": ("youth_id",),
    "record_read": ("person_id",),
}
# A consent is withdrawn once, and loses its words when the person is erased; nothing else.
CONSENT = ("id", "youth_id", "purpose", "capacity", "recorded_at", "recorded_by_id")
WORDS = ("paper", "signer", "relation", "power_paper")
KEPT = ("youth_act", "record_read")
LASTING = ("youth", "consent", "youth_pair")


def choice(name, values):
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def reference(table, column, to, **options):
    return sa.ForeignKeyConstraint([column], [to], name=op.f(f"fk_{table}_{column}"), **options)


def upgrade():
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    moment = "DATETIME" if is_sqlite else "TIMESTAMP WITH TIME ZONE"
    for table, columns in COLUMNS.items():
        for column, kind in columns.items():
            op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind or moment}")
    tell_what_was_known()
    op.create_table(
        "guardian",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("youth_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("relation", choice("relation", RELATIONS), nullable=False),
        sa.Column("paper", sa.String(length=200), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by_id", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        reference("guardian", "youth_id", "youth.id"),
        reference("guardian", "added_by_id", "person.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guardian")),
    )
    op.create_table(
        "youth_pair",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("older_id", sa.Integer(), nullable=False),
        sa.Column("younger_id", sa.Integer(), nullable=False),
        sa.Column("likeness", choice("likeness", ("spelling", "id_number")), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", choice("verdict", ("same", "two")), nullable=True),
        sa.Column("joined_id", sa.Integer(), nullable=True),
        sa.Column("settled_by_id", sa.Integer(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("older_id < younger_id", name=op.f("ck_youth_pair_older_first")),
        sa.CheckConstraint(
            "(verdict IS NULL) = (settled_at IS NULL)"
            " AND (verdict IS NULL) = (settled_by_id IS NULL)",
            name=op.f("ck_youth_pair_settled_whole"),
        ),
        sa.CheckConstraint(
            "(joined_id IS NOT NULL) = (coalesce(verdict, '') = 'same')",
            name=op.f("ck_youth_pair_joined_if_same"),
        ),
        reference("youth_pair", "older_id", "youth.id"),
        reference("youth_pair", "younger_id", "youth.id"),
        reference("youth_pair", "joined_id", "youth.id"),
        reference("youth_pair", "settled_by_id", "person.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_youth_pair")),
        sa.UniqueConstraint(
            "older_id", "younger_id", name=op.f("uq_youth_pair_older_id_younger_id")
        ),
    )
    op.create_table(
        "youth_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("youth_id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("by_person_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("log_eid", sa.Uuid(as_uuid=False), nullable=False),
        reference("youth_act", "youth_id", "youth.id"),
        reference("youth_act", "by_person_id", "person.id"),
        reference("youth_act", "log_eid", "log_entry.eid", initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_youth_act")),
    )
    op.create_table(
        "record_read",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("youth_id", sa.Integer(), nullable=False),
        sa.Column("page", choice("page", PAGES), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        reference("record_read", "person_id", "person.id"),
        reference("record_read", "youth_id", "youth.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_read")),
    )
    for table, columns in INDEXES.items():
        for column in columns:
            op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    op.create_index(
        "ix_record_read_youth_id_person_id_page_at",
        "record_read",
        ["youth_id", "person_id", "page", "at"],
    )
    if is_sqlite:
        guard_sqlite()
    else:
        guard_postgresql()


def tell_what_was_known():
    """Say who registered whom; a consent so far was one to keep and to pay."""
    first = "FROM fund_request WHERE youth_id = youth.id ORDER BY id LIMIT 1"
    op.execute(
        f"UPDATE youth SET registered_by_id = (SELECT requester_id {first}),"
        f" confirmed_by_id = (SELECT requester_id {first}),"
        f" confirmed_at = (SELECT created_at {first}) WHERE erased_at IS NULL"
    )
    columns = (
        "youth_id, capacity, paper, recorded_at, recorded_by_id, withdrawn_at, withdrawn_by_id"
    )
    op.execute(
        f"INSERT INTO consent (purpose, {columns}) SELECT 'pay', {columns} FROM consent ORDER BY id"
    )


def consent_holds(same, schema=""):
    """Return the condition under which a change of a consent is one of the two it may suffer."""
    kept = " AND ".join(f"NEW.{column} {same} OLD.{column}" for column in CONSENT)
    words = " AND ".join(f"NEW.{column} {same} OLD.{column}" for column in WORDS)
    blank = " AND ".join(f"NEW.{column} = ''" for column in WORDS)
    standing = " AND ".join(
        f"NEW.{column} {same} OLD.{column}" for column in ("withdrawn_at", "withdrawn_by_id")
    )
    is_open = f"EXISTS (SELECT 1 FROM {schema}erasure WHERE done_at IS NULL)"
    return (
        f"{kept} AND ((OLD.withdrawn_at IS NULL AND NEW.withdrawn_at IS NOT NULL AND {words})"
        f" OR ({blank} AND {standing} AND {is_open}))"
    )


def guard_sqlite():
    for table in (*KEPT, *LASTING):
        for verb in ("UPDATE", "DELETE") if table in KEPT else ("DELETE",):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    op.execute(
        "CREATE TRIGGER consent_no_update BEFORE UPDATE ON consent"
        f" WHEN NOT coalesce({consent_holds('IS')}, 0)"
        " BEGIN SELECT RAISE(ABORT, 'consent is append-only'); END"
    )


def guard_postgresql():
    op.execute(
        "CREATE FUNCTION consent_holds() RETURNS trigger LANGUAGE plpgsql"
        " SECURITY DEFINER SET search_path = pg_catalog AS $$ BEGIN"
        f" IF TG_OP = 'UPDATE' AND {consent_holds('IS NOT DISTINCT FROM', 'public.')}"
        " THEN RETURN NEW; END IF; RAISE EXCEPTION 'consent is append-only'; END $$"
    )
    op.execute("REVOKE EXECUTE ON FUNCTION consent_holds FROM PUBLIC")
    for table in (*KEPT, *LASTING):
        changes = table in KEPT or table == "consent"
        refuse = "consent_holds" if table == "consent" else "portal_refuse"
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE {'UPDATE OR ' if changes else ''}DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {refuse}()"
        )
        # Row triggers do not see TRUNCATE.
        op.execute(
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION portal_refuse()"
        )
        for trigger in ("kept", "not_emptied"):
            op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{trigger}")
    op.execute("REVOKE UPDATE (paper) ON consent FROM portal_web")
    for table, privileges in {
        "consent": "UPDATE",
        # A guardian's row goes when the person is erased.
        "guardian": "SELECT, INSERT, UPDATE, DELETE",
        "youth_pair": "SELECT, INSERT, UPDATE",
        "youth_act": "SELECT, INSERT",
        "record_read": "SELECT, INSERT",
    }.items():
        op.execute(f"GRANT {privileges} ON {table} TO portal_web")
        if table != "consent":
            op.execute(f"GRANT USAGE ON SEQUENCE {table}_id_seq TO portal_web")


def downgrade():
    if op.get_bind().dialect.name == "sqlite":
        for table in LASTING:
            op.execute(f"DROP TRIGGER {table}_no_delete")
        op.execute("DROP TRIGGER consent_no_update")
    else:
        for table in ("youth", "consent"):
            for trigger in ("kept", "not_emptied"):
                op.execute(f"DROP TRIGGER {table}_{trigger} ON {table}")
        op.execute("DROP FUNCTION consent_holds")
        op.execute("REVOKE UPDATE ON consent FROM portal_web")
        op.execute("GRANT UPDATE (paper) ON consent TO portal_web")
    # What they keep beside the requests goes with them.
    for table in ("record_read", "youth_act", "youth_pair", "guardian"):
        op.drop_table(table)
    op.execute("DELETE FROM consent WHERE purpose <> 'keep'")
    for column in INDEXES["youth"]:
        op.drop_index(op.f(f"ix_youth_{column}"), "youth")
    for table, columns in COLUMNS.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
