"""reports: of a month, a quarter or a year, and what the public is told of them"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

STATES = ("prepared", "answered", "published")
OPINIONS = ("agrees", "agrees_with_remarks", "disagrees")
DIGESTS = ("th_pdf", "en_pdf", "pack")
# What of a report never changes, and what changes only with an entry of its own.
FACTS = (
    "id",
    "reference",
    "period",
    "edition",
    "log_size",
    "log_root",
    *DIGESTS,
    "party_salt",
    "prepared_by_id",
    "prepared_at",
)
TOLD = (
    "state",
    "answered_by_id",
    "answered_at",
    "opinion",
    "words",
    "published_by_id",
    "published_at",
    "log_eid",
)


def one_of(name, values):
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def person(column):
    return sa.ForeignKeyConstraint([column], ["person.id"], name=op.f(f"fk_report_{column}"))


def rule(name, condition):
    return sa.CheckConstraint(condition, name=op.f(f"ck_report_{name}"))


def upgrade():
    make_report()
    make_published_report()
    if op.get_bind().dialect.name == "sqlite":
        guard_sqlite()
    else:
        guard_postgresql()


def make_report():
    op.create_table(
        "report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("period", sa.String(length=20), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("log_size", sa.BigInteger(), nullable=False),
        sa.Column("log_root", sa.String(length=64), nullable=False),
        *(sa.Column(name, sa.String(length=64), nullable=False) for name in DIGESTS),
        sa.Column("party_salt", sa.LargeBinary(), nullable=False),
        sa.Column("state", one_of("report_state", STATES), nullable=False),
        sa.Column("prepared_by_id", sa.Integer(), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opinion", one_of("opinion", OPINIONS), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("published_by_id", sa.Integer(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("log_eid", sa.Uuid(as_uuid=False), nullable=False),
        rule("numbers_are_positive", "edition > 0 AND log_size > 0"),
        rule("answered_by_another", "answered_by_id <> prepared_by_id"),
        rule(
            "published_by_another",
            "published_by_id <> prepared_by_id AND published_by_id <> answered_by_id",
        ),
        rule(
            "answered_whole",
            "(state = 'prepared') = (answered_at IS NULL)"
            " AND (answered_at IS NULL) = (answered_by_id IS NULL)"
            " AND (answered_at IS NULL) = (opinion IS NULL)",
        ),
        rule(
            "published_whole",
            "(state = 'published') = (published_at IS NOT NULL)"
            " AND (published_at IS NULL) = (published_by_id IS NULL)",
        ),
        person("prepared_by_id"),
        person("answered_by_id"),
        person("published_by_id"),
        sa.ForeignKeyConstraint(
            ["log_eid"],
            ["log_entry.eid"],
            name=op.f("fk_report_log_eid"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("reference", name=op.f("uq_report_reference")),
        sa.UniqueConstraint("period", "edition", name=op.f("uq_report_period_edition")),
    )


def make_published_report():
    def text(name, length):
        return sa.Column(name, sa.String(length=length), nullable=False)

    op.create_table(
        "published_report",
        text("reference", 40),
        text("period", 40),
        sa.Column("edition", sa.Integer(), nullable=False),
        text("state", 40),
        sa.Column("size", sa.BigInteger(), nullable=False),
        text("root", 64),
        *(text(name, 64) for name in DIGESTS),
        text("prepared_at", 20),
        text("prepared_by", 40),
        text("answered_at", 20),
        text("answered_by", 40),
        text("opinion", 40),
        sa.Column("remarks", sa.BigInteger(), nullable=False),
        text("published_at", 20),
        text("supersedes", 40),
        text("superseded_by", 40),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_published_report")),
    )


def changed(columns, differs):
    return " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in columns)


def has_new_entry(told, schema=""):
    """Return the search for the entry that a row names now: of its own, newer, without a place."""
    return (
        f"EXISTS (SELECT 1 FROM {schema}log_entry WHERE eid = NEW.log_eid"
        f" AND seqno > coalesce((SELECT seqno FROM {schema}log_entry WHERE eid = OLD.log_eid), 0)"
        f" AND NOT EXISTS (SELECT 1 FROM {schema}log_seq WHERE log_seq.seqno = log_entry.seqno)"
        f" AND {told} = NEW.reference)"
    )


def guard_sqlite():
    told = "json_extract(CAST(body AS TEXT), '$.pub.reference')"
    for name, when, why in (
        ("no_delete", "DELETE ON report", "report is append-only"),
        (
            "keeps_facts",
            f"UPDATE ON report WHEN {changed(FACTS, 'IS NOT')}",
            "report is append-only",
        ),
        (
            "needs_entry",
            f"UPDATE ON report WHEN ({changed(TOLD, 'IS NOT')}) AND NOT {has_new_entry(told)}",
            "report changes only with a log entry of its own",
        ),
    ):
        op.execute(
            f"CREATE TRIGGER report_{name} BEFORE {when} BEGIN SELECT RAISE(ABORT, '{why}'); END"
        )


def guard_postgresql():
    told, differs = "convert_from(body, 'UTF8')::jsonb #>> '{pub,reference}'", "IS DISTINCT FROM"
    op.execute(
        "CREATE FUNCTION report_needs_entry() RETURNS trigger LANGUAGE plpgsql"
        " SECURITY DEFINER SET search_path = pg_catalog AS $$ BEGIN"
        f" IF {changed(FACTS, differs)} THEN RAISE EXCEPTION 'report is append-only'; END IF;"
        f" IF ({changed(TOLD, differs)}) AND NOT {has_new_entry(told, 'public.')} THEN"
        " RAISE EXCEPTION 'report changes only with a log entry of its own'; END IF;"
        " RETURN NEW; END $$"
    )
    op.execute("REVOKE EXECUTE ON FUNCTION report_needs_entry FROM PUBLIC")
    for name, when, each, function in (
        ("kept", "DELETE", "ROW", "portal_refuse"),
        ("needs_entry", "UPDATE", "ROW", "report_needs_entry"),
        # Row triggers do not see TRUNCATE.
        ("not_emptied", "TRUNCATE", "STATEMENT", "portal_refuse"),
    ):
        op.execute(
            f"CREATE TRIGGER report_{name} BEFORE {when} ON report"
            f" FOR EACH {each} EXECUTE FUNCTION {function}()"
        )
        op.execute(f"ALTER TABLE report ENABLE ALWAYS TRIGGER report_{name}")
    op.execute("GRANT SELECT, INSERT, UPDATE ON report TO portal_web")
    op.execute("GRANT USAGE ON SEQUENCE report_id_seq TO portal_web")
    op.execute("GRANT SELECT ON published_report TO portal_web, portal_reader")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON published_report TO portal_publisher")


def downgrade():
    op.drop_table("published_report")
    # Its triggers go with it.
    op.drop_table("report")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION report_needs_entry")
