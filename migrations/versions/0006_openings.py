"""openings: who asked to open sealed values, and how it was decided"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PURPOSES = ("audit", "complaint", "data_subject", "legal")


def upgrade():
    op.create_table(
        "opening",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("eid", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("fields", sa.String(length=400), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                *PURPOSES,
                name="purpose",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("case_number", sa.String(length=60), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_granted", sa.Boolean(), nullable=True),
        sa.Column("log_eid", sa.Uuid(as_uuid=False), nullable=True),
        sa.CheckConstraint(
            "decided_by_id <> asked_by_id", name=op.f("ck_opening_different_people")
        ),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (is_granted IS NULL)"
            " AND (decided_at IS NULL) = (decided_by_id IS NULL)",
            name=op.f("ck_opening_decided_whole"),
        ),
        sa.CheckConstraint(
            "(log_eid IS NOT NULL) = coalesce(is_granted, false)", name=op.f("ck_opening_is_told")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["person.id"], name=op.f("fk_opening_asked_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["person.id"], name=op.f("fk_opening_decided_by_id")
        ),
        sa.ForeignKeyConstraint(["eid"], ["log_entry.eid"], name=op.f("fk_opening_eid")),
        sa.ForeignKeyConstraint(
            ["log_eid"],
            ["log_entry.eid"],
            name=op.f("fk_opening_log_eid"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening")),
    )
    op.create_index("ix_opening_asked_by_id", "opening", ["asked_by_id"])
    if op.get_bind().dialect.name == "sqlite":
        for verb, when in (("DELETE", ""), ("UPDATE", " WHEN OLD.decided_at IS NOT NULL")):
            op.execute(
                f"CREATE TRIGGER opening_no_{verb.lower()} BEFORE {verb} ON opening{when}"
                " BEGIN SELECT RAISE(ABORT, 'opening is append-only'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER opening_kept BEFORE DELETE ON opening"
        " FOR EACH ROW EXECUTE FUNCTION portal_refuse()"
    )
    op.execute(
        "CREATE TRIGGER opening_stays_decided BEFORE UPDATE ON opening FOR EACH ROW"
        " WHEN (OLD.decided_at IS NOT NULL) EXECUTE FUNCTION portal_refuse()"
    )
    op.execute(
        "CREATE TRIGGER opening_not_emptied BEFORE TRUNCATE ON opening"
        " FOR EACH STATEMENT EXECUTE FUNCTION portal_refuse()"
    )
    for trigger in ("kept", "stays_decided", "not_emptied"):
        op.execute(f"ALTER TABLE opening ENABLE ALWAYS TRIGGER opening_{trigger}")
    op.execute("GRANT SELECT, INSERT, UPDATE ON opening TO portal_web")
    op.execute("GRANT USAGE ON SEQUENCE opening_id_seq TO portal_web")


def downgrade():
    op.drop_index("ix_opening_asked_by_id", "opening")
    op.drop_table("opening")
