"""documents: papers that were issued, never changed"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fund_request_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("decision", name="kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("facts", sa.String(length=64), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by_id", sa.Integer(), nullable=False),
        sa.Column("log_eid", sa.Uuid(as_uuid=False), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_document_number_is_positive")),
        sa.ForeignKeyConstraint(
            ["fund_request_id"], ["fund_request.id"], name=op.f("fk_document_fund_request_id")
        ),
        sa.ForeignKeyConstraint(
            ["issued_by_id"], ["person.id"], name=op.f("fk_document_issued_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["log_eid"],
            ["log_entry.eid"],
            name=op.f("fk_document_log_eid"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("digest", name=op.f("uq_document_digest")),
        sa.UniqueConstraint(
            "fund_request_id",
            "kind",
            "number",
            name=op.f("uq_document_fund_request_id_kind_number"),
        ),
        sa.UniqueConstraint(
            "fund_request_id", "kind", "facts", name=op.f("uq_document_fund_request_id_kind_facts")
        ),
    )
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER document_no_{verb.lower()} BEFORE {verb} ON document"
                " BEGIN SELECT RAISE(ABORT, 'document is append-only'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER document_kept BEFORE UPDATE OR DELETE ON document"
        " FOR EACH ROW EXECUTE FUNCTION portal_refuse()"
    )
    # Row triggers do not see TRUNCATE.
    op.execute(
        "CREATE TRIGGER document_not_emptied BEFORE TRUNCATE ON document"
        " FOR EACH STATEMENT EXECUTE FUNCTION portal_refuse()"
    )
    for trigger in ("kept", "not_emptied"):
        op.execute(f"ALTER TABLE document ENABLE ALWAYS TRIGGER document_{trigger}")
    op.execute("GRANT SELECT, INSERT ON document TO portal_web")
    op.execute("GRANT USAGE ON SEQUENCE document_id_seq TO portal_web")


def downgrade():
    # Its triggers go with it.
    op.drop_table("document")
