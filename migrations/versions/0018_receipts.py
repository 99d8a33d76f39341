"""receipts: the evidence that money arrived, never changed"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

KINDS = ("signed_receipt", "school_receipt", "shop_receipt", "slip")


def upgrade():
    op.create_table(
        "receipt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*KINDS, name="kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("filed_by_id", sa.Integer(), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("log_eid", sa.Uuid(as_uuid=False), nullable=False),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_receipt_payment_id")),
        sa.ForeignKeyConstraint(
            ["filed_by_id"], ["person.id"], name=op.f("fk_receipt_filed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["log_eid"],
            ["log_entry.eid"],
            name=op.f("fk_receipt_log_eid"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint("payment_id", "digest", name=op.f("uq_receipt_payment_id_digest")),
    )
    op.create_index(op.f("ix_receipt_digest"), "receipt", ["digest"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER receipt_no_{verb.lower()} BEFORE {verb} ON receipt"
                " BEGIN SELECT RAISE(ABORT, 'receipt is append-only'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER receipt_kept BEFORE UPDATE OR DELETE ON receipt"
        " FOR EACH ROW EXECUTE FUNCTION portal_refuse()"
    )
    # Row triggers do not see TRUNCATE.
    op.execute(
        "CREATE TRIGGER receipt_not_emptied BEFORE TRUNCATE ON receipt"
        " FOR EACH STATEMENT EXECUTE FUNCTION portal_refuse()"
    )
    for trigger in ("kept", "not_emptied"):
        op.execute(f"ALTER TABLE receipt ENABLE ALWAYS TRIGGER receipt_{trigger}")
    op.execute("GRANT SELECT, INSERT ON receipt TO portal_web")
    op.execute("GRANT USAGE ON SEQUENCE receipt_id_seq TO portal_web")


def downgrade():
    # Its triggers go with it.
    op.drop_table("receipt")
