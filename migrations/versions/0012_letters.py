"""letters: what people are told by mail, an address for it, and since when a step of a request runs"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

KINDS = (
    "to_decide",
    "to_correct",
    "to_pay",
    "approved",
    "rejected",
    "due",
    "late",
    "escalated",
    "digest",
    "receipt_due",
    "receipt_late",
    "receipt_escalated",
)
IS_WAITING = sa.text("sent_at IS NULL AND failed_at IS NULL AND sent_with_id IS NULL")


def upgrade():
    op.add_column("person", sa.Column("email", sa.String(length=254), nullable=True))
    op.add_column(
        "fund_request", sa.Column("step_since", sa.DateTime(timezone=True), nullable=True)
    )
    # A request came into its state with its first act after the last one that left it elsewhere.
    op.execute(
        "UPDATE fund_request SET step_since = (SELECT min(act.at) FROM request_act AS act"
        " WHERE act.fund_request_id = fund_request.id AND act.state = fund_request.state"
        " AND act.id > coalesce((SELECT max(other.id) FROM request_act AS other"
        " WHERE other.fund_request_id = fund_request.id AND other.state <> fund_request.state), 0))"
    )
    big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "letter",
        sa.Column("id", big_id, nullable=False),
        sa.Column("to_person_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*KINDS, name="kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("reference", sa.String(length=20), nullable=True),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subject", sa.String(length=400), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=40), nullable=True),
        sa.Column("sent_with_id", big_id, nullable=True),
        sa.CheckConstraint(
            "sent_at IS NULL OR failed_at IS NULL", name=op.f("ck_letter_sent_or_failed")
        ),
        sa.CheckConstraint(
            "sent_at IS NULL OR body IS NOT NULL", name=op.f("ck_letter_sent_is_written")
        ),
        sa.CheckConstraint(
            "(subject IS NULL) = (body IS NULL)", name=op.f("ck_letter_written_whole")
        ),
        sa.CheckConstraint("attempts BETWEEN 0 AND 8", name=op.f("ck_letter_attempts_end")),
        sa.CheckConstraint(
            "sent_with_id IS NULL OR (sent_with_id <> id AND sent_at IS NULL AND attempts = 0)",
            name=op.f("ck_letter_sent_with_another"),
        ),
        sa.ForeignKeyConstraint(
            ["to_person_id"], ["person.id"], name=op.f("fk_letter_to_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["sent_with_id"], ["letter.id"], name=op.f("fk_letter_sent_with_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint("key", name=op.f("uq_letter_key")),
    )
    op.create_index("ix_letter_to_person_id_id", "letter", ["to_person_id", "id"])
    op.create_index(
        "ix_letter_waiting",
        "letter",
        ["due_at"],
        sqlite_where=IS_WAITING,
        postgresql_where=IS_WAITING,
    )
    if op.get_bind().dialect.name == "postgresql":
        # The pages make them and the worker, which logs in as the pages do, sends them.
        op.execute("GRANT SELECT, INSERT, UPDATE ON letter TO portal_web")
        op.execute("GRANT USAGE ON SEQUENCE letter_id_seq TO portal_web")


def downgrade():
    op.drop_index("ix_letter_waiting", "letter")
    op.drop_index("ix_letter_to_person_id_id", "letter")
    op.drop_table("letter")
    op.drop_column("fund_request", "step_since")
    op.drop_column("person", "email")
