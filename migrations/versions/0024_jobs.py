"""jobs: what the worker is asked to do, and the papers of the treasury that it issues"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

STATES = ("waiting", "working", "done", "dead")
SHEETS = (
    "withdrawal",
    "memo",
    "voucher",
    "receipt",
    "remittance",
    "advance",
    "clearing",
    "reconciliation",
    "thanks",
)
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
LIVING = sa.text("state <> 'dead'")
OPEN = sa.text("state IN ('waiting', 'working')")


def one_of(name, values):
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def person(table, column):
    return sa.ForeignKeyConstraint([column], ["person.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade():
    make_job()
    make_issued_sheet()
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER issued_sheet_no_{verb.lower()} BEFORE {verb} ON issued_sheet"
                " BEGIN SELECT RAISE(ABORT, 'issued_sheet is append-only'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER issued_sheet_kept BEFORE UPDATE OR DELETE ON issued_sheet"
        " FOR EACH ROW EXECUTE FUNCTION portal_refuse()"
    )
    # Row triggers do not see TRUNCATE.
    op.execute(
        "CREATE TRIGGER issued_sheet_not_emptied BEFORE TRUNCATE ON issued_sheet"
        " FOR EACH STATEMENT EXECUTE FUNCTION portal_refuse()"
    )
    for trigger in ("kept", "not_emptied"):
        op.execute(f"ALTER TABLE issued_sheet ENABLE ALWAYS TRIGGER issued_sheet_{trigger}")
    op.execute("GRANT SELECT, INSERT ON issued_sheet TO portal_web")
    # The pages ask for jobs and the worker, which logs in as the pages do, takes them up.
    op.execute("GRANT SELECT, INSERT, UPDATE ON job TO portal_web")
    for table in ("job", "issued_sheet"):
        op.execute(f"GRANT USAGE ON SEQUENCE {table}_id_seq TO portal_web")


def make_job():
    big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "job",
        sa.Column("id", big_id, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", one_of("job_state", STATES), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("steps_done", sa.Integer(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("result", sa.String(length=40), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(state = 'done') = (result IS NOT NULL)", name=op.f("ck_job_done_has_result")
        ),
        sa.CheckConstraint("attempts BETWEEN 0 AND 5", name=op.f("ck_job_attempts_end")),
        sa.CheckConstraint("steps_done BETWEEN 0 AND steps", name=op.f("ck_job_steps_are_bounded")),
        sa.CheckConstraint(
            "state <> 'dead' OR trouble <> ''", name=op.f("ck_job_dead_has_trouble")
        ),
        person("job", "asked_by_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    op.create_index(op.f("ix_job_asked_by_id"), "job", ["asked_by_id"])
    op.create_index(
        "uq_job_living",
        "job",
        ["kind", "digest"],
        unique=True,
        sqlite_where=LIVING,
        postgresql_where=LIVING,
    )
    op.create_index("ix_job_open", "job", ["lease_until"], sqlite_where=OPEN, postgresql_where=OPEN)


def make_issued_sheet():
    op.create_table(
        "issued_sheet",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", one_of("sheet_kind", SHEETS), nullable=False),
        sa.Column("about", sa.String(length=60), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("fund_request_id", sa.Integer(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("facts", sa.String(length=64), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by_id", sa.Integer(), nullable=False),
        sa.Column("role", one_of("sheet_role", ROLES), nullable=False),
        sa.Column("log_eid", sa.Uuid(as_uuid=False), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_issued_sheet_number_is_positive")),
        sa.ForeignKeyConstraint(
            ["fund_request_id"], ["fund_request.id"], name=op.f("fk_issued_sheet_fund_request_id")
        ),
        person("issued_sheet", "issued_by_id"),
        sa.ForeignKeyConstraint(
            ["log_eid"],
            ["log_entry.eid"],
            name=op.f("fk_issued_sheet_log_eid"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issued_sheet")),
        sa.UniqueConstraint("digest", name=op.f("uq_issued_sheet_digest")),
        sa.UniqueConstraint(
            "kind", "about", "number", name=op.f("uq_issued_sheet_kind_about_number")
        ),
        sa.UniqueConstraint(
            "kind", "about", "facts", name=op.f("uq_issued_sheet_kind_about_facts")
        ),
        sa.UniqueConstraint(
            "kind", "reference", "number", name=op.f("uq_issued_sheet_kind_reference_number")
        ),
    )
    for column in ("about", "fund_request_id"):
        op.create_index(op.f(f"ix_issued_sheet_{column}"), "issued_sheet", [column])


def downgrade():
    # Its triggers go with it.
    op.drop_table("issued_sheet")
    op.drop_index("ix_job_open", "job")
    op.drop_index("uq_job_living", "job")
    op.drop_table("job")
