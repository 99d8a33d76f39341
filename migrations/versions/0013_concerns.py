"""concerns: findings of auditors, concerns of the public, and what the public is told of both"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

FINDING_STATES = ("open", "answered", "closed")
CONCERN_STATES = ("received", "looking", "answered", "closed")
TOPICS = (
    "papers",
    "amount",
    "eligibility",
    "duties",
    "conflict",
    "time",
    "books",
    "privacy",
    "other",
)
REMEDIES = ("corrected", "being_corrected", "rule_changed", "money_returned", "explained")
OUTCOMES = ("put_right", "being_put_right", "not_founded", "referred", "cannot_check")
ROLES = (
    "finder",
    "officer",
    "chair",
    "driving_chair",
    "board",
    "treasurer",
    "auditor",
    "administrator",
    "system",
)
CASES = ("finding", "concern")
PUBLISHED = ("published_finding", "published_concern")
# What of a finding or a concern never changes, and what changes only with an entry of its own.
FACTS = {
    "finding": (
        "id",
        "number",
        "eid",
        "fund_request_id",
        "severity",
        "topic",
        "raised_by_id",
        "raised_at",
    ),
    "concern": ("id", "number", "code_hash", "topic", "is_about_house", "received_at"),
}
TOLD = {
    "finding": (
        "state",
        "since",
        "remedy",
        "answered_by_id",
        "answered_at",
        "closed_by_id",
        "closed_at",
    ),
    "concern": (
        "state",
        "since",
        "desk",
        "taken_by_id",
        "outcome",
        "answered_by_id",
        "answered_at",
        "closed_at",
    ),
}
# What an erasure blanks beside the words of the acts.
PRIVATE = {"finding": (), "concern": ("about", "contact")}
ACT = ("id", "act", "role", "by_person_id", "at", "state", "code", "log_eid")


def codes(name, *values, nullable=False):
    """Return a column that holds one of these codes and nothing else."""
    return sa.Column(
        name,
        sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40),
        nullable=nullable,
    )


def moment(name, *, nullable=False):
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def log_entry(table):
    """Return the reference to the newest entry of a row, checked at commit."""
    return sa.ForeignKeyConstraint(
        ["log_eid"],
        ["log_entry.eid"],
        name=op.f(f"fk_{table}_log_eid"),
        initially="DEFERRED",
        deferrable=True,
    )


def reference(table, column, to):
    return sa.ForeignKeyConstraint([column], [to], name=op.f(f"fk_{table}_{column}"))


def rule(table, name, condition):
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def upgrade():
    create_findings()
    create_concerns()
    for case, states in (("finding", FINDING_STATES), ("concern", CONCERN_STATES)):
        create_acts(case, states)
    create_published()
    if op.get_bind().dialect.name == "sqlite":
        guard_sqlite()
    else:
        guard_postgresql()


def create_findings():
    op.create_table(
        "finding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("eid", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("fund_request_id", sa.Integer(), nullable=True),
        codes("severity", "note", "weakness", "serious"),
        codes("topic", *TOPICS),
        codes("state", *FINDING_STATES),
        moment("since"),
        sa.Column("raised_by_id", sa.Integer(), nullable=False),
        moment("raised_at"),
        codes("remedy", *REMEDIES, nullable=True),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        moment("answered_at", nullable=True),
        sa.Column("closed_by_id", sa.Integer(), nullable=True),
        moment("closed_at", nullable=True),
        moment("erased_at", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("log_eid", sa.Uuid(as_uuid=False), nullable=False),
        rule("finding", "answered_by_another", "answered_by_id <> raised_by_id"),
        rule("finding", "closed_by_another", "closed_by_id <> answered_by_id"),
        rule(
            "finding",
            "answered_whole",
            "(state = 'open') = (answered_at IS NULL)"
            " AND (answered_at IS NULL) = (answered_by_id IS NULL)"
            " AND (answered_at IS NULL) = (remedy IS NULL)",
        ),
        rule(
            "finding",
            "closed_whole",
            "(state = 'closed') = (closed_at IS NOT NULL)"
            " AND (closed_at IS NULL) = (closed_by_id IS NULL)",
        ),
        reference("finding", "eid", "log_entry.eid"),
        reference("finding", "fund_request_id", "fund_request.id"),
        reference("finding", "raised_by_id", "person.id"),
        reference("finding", "answered_by_id", "person.id"),
        reference("finding", "closed_by_id", "person.id"),
        log_entry("finding"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
        sa.UniqueConstraint("number", name=op.f("uq_finding_number")),
    )
    op.create_index("ix_finding_fund_request_id", "finding", ["fund_request_id"])
    op.create_index("ix_finding_state", "finding", ["state"])


def create_concerns():
    op.create_table(
        "concern",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        codes("topic", "money", "child", "staff", "information", "other"),
        sa.Column("is_about_house", sa.Boolean(), nullable=False),
        sa.Column("about", sa.String(length=40), nullable=False),
        sa.Column("contact", sa.String(length=200), nullable=False),
        codes("desk", "officers", "auditors", "board"),
        codes("state", *CONCERN_STATES),
        moment("since"),
        moment("received_at"),
        sa.Column("taken_by_id", sa.Integer(), nullable=True),
        codes("outcome", *OUTCOMES, nullable=True),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        moment("answered_at", nullable=True),
        moment("closed_at", nullable=True),
        moment("erased_at", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("log_eid", sa.Uuid(as_uuid=False), nullable=False),
        rule(
            "concern",
            "sensitive_is_apart",
            "desk <> 'officers' OR (topic NOT IN ('child', 'staff') AND is_about_house = false)",
        ),
        rule(
            "concern",
            "answered_whole",
            "(state IN ('answered', 'closed')) = (answered_at IS NOT NULL)"
            " AND (answered_at IS NULL) = (answered_by_id IS NULL)"
            " AND (answered_at IS NULL) = (outcome IS NULL)",
        ),
        rule("concern", "taken_by_somebody", "(state = 'received') = (taken_by_id IS NULL)"),
        rule("concern", "closed_whole", "(state = 'closed') = (closed_at IS NOT NULL)"),
        reference("concern", "taken_by_id", "person.id"),
        reference("concern", "answered_by_id", "person.id"),
        log_entry("concern"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_concern")),
        sa.UniqueConstraint("number", name=op.f("uq_concern_number")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_concern_code_hash")),
    )
    op.create_index("ix_concern_desk", "concern", ["desk"])
    op.create_index("ix_concern_state", "concern", ["state"])


def create_acts(case, states):
    table, is_public = f"{case}_act", case == "concern"
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(f"{case}_id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=60), nullable=False),
        sa.Column(
            "role",
            sa.Enum(*ROLES, name="act_role", native_enum=False, create_constraint=True, length=40),
            nullable=is_public,
        ),
        sa.Column("by_person_id", sa.Integer(), nullable=is_public),
        moment("at"),
        sa.Column(
            "state",
            sa.Enum(
                *states, name="act_state", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("log_eid", sa.Uuid(as_uuid=False), nullable=False),
        reference(table, f"{case}_id", f"{case}.id"),
        reference(table, "by_person_id", "person.id"),
        log_entry(table),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(f"ix_{table}_{case}_id", table, [f"{case}_id"])


def create_published():
    for table, columns in (
        ("published_finding", ("severity", "topic", "state")),
        ("published_concern", ("topic", "desk", "state", "outcome")),
    ):
        told = ("raised_at", "answered_at", "closed_at")
        if table == "published_concern":
            told = ("received_at", "first_answered_at", "answered_at", "closed_at")
        op.create_table(
            table,
            sa.Column("number", sa.String(length=40), nullable=False),
            *(sa.Column(name, sa.String(length=40), nullable=False) for name in columns),
            *(sa.Column(name, sa.String(length=20), nullable=False) for name in told),
            sa.PrimaryKeyConstraint("number", name=op.f(f"pk_{table}")),
        )


def changed(case, columns, differs):
    return " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in columns[case])


def is_open(schema=""):
    """Return the condition that somebody is being erased just now."""
    return f"EXISTS (SELECT 1 FROM {schema}erasure WHERE done_at IS NULL)"


def rewrites(case, differs, schema=""):
    """Return the condition under which an update touches what stays as it was written."""
    blanked = "".join(
        f" OR (OLD.{column} {differs} NEW.{column} AND NOT (NEW.{column} = '' AND {is_open(schema)}))"
        for column in PRIVATE[case]
    )
    return changed(case, FACTS, differs) + blanked


def only_forgets(case, same, schema=""):
    """Return the condition under which an update of an act only blanks its words."""
    kept = " AND ".join(f"NEW.{column} {same} OLD.{column}" for column in (*ACT, f"{case}_id"))
    return f"{kept} AND NEW.words = '' AND {is_open(schema)}"


def has_new_entry(told, schema=""):
    """Return the search for the entry that a row names now: of its own, newer, without a place."""
    return (
        f"EXISTS (SELECT 1 FROM {schema}log_entry WHERE eid = NEW.log_eid"
        f" AND seqno > coalesce((SELECT seqno FROM {schema}log_entry WHERE eid = OLD.log_eid), 0)"
        f" AND NOT EXISTS (SELECT 1 FROM {schema}log_seq WHERE log_seq.seqno = log_entry.seqno)"
        f" AND {told} = NEW.number)"
    )


def guard_sqlite():
    told = "json_extract(CAST(body AS TEXT), '$.pub.number')"
    for case in CASES:
        op.execute(
            f"CREATE TRIGGER {case}_no_delete BEFORE DELETE ON {case}"
            f" BEGIN SELECT RAISE(ABORT, '{case} is append-only'); END"
        )
        op.execute(
            f"CREATE TRIGGER {case}_keeps_facts BEFORE UPDATE ON {case}"
            f" WHEN {rewrites(case, 'IS NOT')}"
            f" BEGIN SELECT RAISE(ABORT, '{case} is append-only'); END"
        )
        op.execute(
            f"CREATE TRIGGER {case}_needs_entry BEFORE UPDATE ON {case}"
            f" WHEN ({changed(case, TOLD, 'IS NOT')} OR OLD.log_eid IS NOT NEW.log_eid)"
            f" AND NOT {has_new_entry(told)}"
            f" BEGIN SELECT RAISE(ABORT, '{case} changes only with a log entry of its own'); END"
        )
        op.execute(
            f"CREATE TRIGGER {case}_act_no_delete BEFORE DELETE ON {case}_act"
            f" BEGIN SELECT RAISE(ABORT, '{case}_act is append-only'); END"
        )
        op.execute(
            f"CREATE TRIGGER {case}_act_no_update BEFORE UPDATE ON {case}_act"
            f" WHEN NOT coalesce({only_forgets(case, 'IS')}, 0)"
            f" BEGIN SELECT RAISE(ABORT, '{case}_act is append-only'); END"
        )


def guard_postgresql():
    told = "convert_from(body, 'UTF8')::jsonb #>> '{pub,number}'"
    differs, same = "IS DISTINCT FROM", "IS NOT DISTINCT FROM"
    for case in CASES:
        make_function(
            f"{case}_needs_entry",
            f" IF {rewrites(case, differs, 'public.')} THEN"
            f" RAISE EXCEPTION '{case} is append-only'; END IF;"
            f" IF ({changed(case, TOLD, differs)} OR OLD.log_eid {differs} NEW.log_eid)"
            f" AND NOT {has_new_entry(told, 'public.')} THEN"
            f" RAISE EXCEPTION '{case} changes only with a log entry of its own'; END IF;"
            " RETURN NEW;",
        )
        make_function(
            f"{case}_act_forgets",
            f" IF TG_OP = 'UPDATE' AND {only_forgets(case, same, 'public.')}"
            f" THEN RETURN NEW; END IF; RAISE EXCEPTION '{case}_act is append-only';",
        )
        for table, name, when, function in (
            (case, "kept", "DELETE", "portal_refuse"),
            (case, "needs_entry", "UPDATE", f"{case}_needs_entry"),
            (f"{case}_act", "kept", "UPDATE OR DELETE", f"{case}_act_forgets"),
        ):
            op.execute(
                f"CREATE TRIGGER {table}_{name} BEFORE {when} ON {table}"
                f" FOR EACH ROW EXECUTE FUNCTION {function}()"
            )
            op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{name}")
        for table in (case, f"{case}_act"):
            # Row triggers do not see TRUNCATE.
            op.execute(
                f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION portal_refuse()"
            )
            op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_not_emptied")
            op.execute(f"GRANT USAGE ON SEQUENCE {table}_id_seq TO portal_web")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {case} TO portal_web")
        op.execute(f"GRANT SELECT, INSERT, UPDATE (words) ON {case}_act TO portal_web")
    for table in PUBLISHED:
        op.execute(f"GRANT SELECT ON {table} TO portal_web, portal_reader")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO portal_publisher")


def make_function(name, body):
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql"
        f" SECURITY DEFINER SET search_path = pg_catalog AS $$ BEGIN{body} END $$"
    )
    op.execute(f"REVOKE EXECUTE ON FUNCTION {name} FROM PUBLIC")


def downgrade():
    # Their triggers go with them.
    for table in (*PUBLISHED, "concern_act", "finding_act", "concern", "finding"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for case in CASES:
            op.execute(f"DROP FUNCTION {case}_needs_entry")
            op.execute(f"DROP FUNCTION {case}_act_forgets")
