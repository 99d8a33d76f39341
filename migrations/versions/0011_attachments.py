"""attachments: papers that people sent with a request; taken off once, blanked when erased"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KINDS = ("consent", "account_page", "id_card", "certificate", "quotation", "photo", "other")
MEDIA_TYPES = ("image/jpeg", "application/pdf")
REASONS = ("not_of_request", "unclear", "replaced", "not_needed")
KEPT = (
    "id",
    "fund_request_id",
    "kind",
    "digest",
    "media_type",
    "size_bytes",
    "added_by_id",
    "added_at",
    "log_eid",
)
REMOVAL = ("removed_by_id", "removed_at", "removal_reason", "removal_log_eid")


def one_of(name, values):
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def is_allowed(same, schema=""):
    """Return the condition under which an update takes a paper off, or only blanks its name."""
    kept = " AND ".join(f"NEW.{column} {same} OLD.{column}" for column in KEPT)
    removal = " AND ".join(f"NEW.{column} {same} OLD.{column}" for column in REMOVAL)
    removes = (
        "OLD.removed_at IS NULL AND NEW.removed_at IS NOT NULL"
        f" AND NEW.file_name {same} OLD.file_name"
    )
    is_open = f"EXISTS (SELECT 1 FROM {schema}erasure WHERE done_at IS NULL)"
    blanks = f"{removal} AND NEW.file_name = '' AND {is_open}"
    return f"{kept} AND (({removes}) OR ({blanks}))"


def upgrade():
    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fund_request_id", sa.Integer(), nullable=False),
        sa.Column("kind", one_of("kind", KINDS), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("media_type", one_of("media_type", MEDIA_TYPES), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=120), nullable=False),
        sa.Column("added_by_id", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("log_eid", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("removed_by_id", sa.Integer(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removal_reason", one_of("removal_reason", REASONS), nullable=True),
        sa.Column("removal_log_eid", sa.Uuid(as_uuid=False), nullable=True),
        sa.CheckConstraint(
            "size_bytes BETWEEN 1 AND 10485760", name=op.f("ck_attachment_size_is_bounded")
        ),
        sa.CheckConstraint(
            "(removed_at IS NULL) = (removed_by_id IS NULL)"
            " AND (removed_at IS NULL) = (removal_reason IS NULL)"
            " AND (removed_at IS NULL) = (removal_log_eid IS NULL)",
            name=op.f("ck_attachment_removed_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_request_id"], ["fund_request.id"], name=op.f("fk_attachment_fund_request_id")
        ),
        sa.ForeignKeyConstraint(
            ["added_by_id"], ["person.id"], name=op.f("fk_attachment_added_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["removed_by_id"], ["person.id"], name=op.f("fk_attachment_removed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["log_eid"],
            ["log_entry.eid"],
            name=op.f("fk_attachment_log_eid"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["removal_log_eid"],
            ["log_entry.eid"],
            name=op.f("fk_attachment_removal_log_eid"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    # A paper is once on a request, until it is taken off.
    op.create_index(
        "uq_attachment_once",
        "attachment",
        ["fund_request_id", "digest"],
        unique=True,
        sqlite_where=sa.text("removed_at IS NULL"),
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_index("ix_attachment_fund_request_id", "attachment", ["fund_request_id"])
    op.create_index("ix_attachment_digest", "attachment", ["digest"])
    if op.get_bind().dialect.name == "sqlite":
        upgrade_sqlite()
    else:
        upgrade_postgresql()


def upgrade_sqlite():
    for verb, when in (
        ("DELETE", ""),
        ("UPDATE", f" WHEN NOT coalesce({is_allowed('IS')}, 0)"),
    ):
        op.execute(
            f"CREATE TRIGGER attachment_no_{verb.lower()} BEFORE {verb} ON attachment{when}"
            " BEGIN SELECT RAISE(ABORT, 'attachment is append-only'); END"
        )


def upgrade_postgresql():
    op.execute(
        "CREATE FUNCTION attachment_changes() RETURNS trigger LANGUAGE plpgsql"
        " SECURITY DEFINER SET search_path = pg_catalog AS $$ BEGIN"
        f" IF TG_OP = 'UPDATE' AND {is_allowed('IS NOT DISTINCT FROM', 'public.')}"
        " THEN RETURN NEW; END IF; RAISE EXCEPTION 'attachment is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER attachment_kept BEFORE UPDATE OR DELETE ON attachment"
        " FOR EACH ROW EXECUTE FUNCTION attachment_changes()"
    )
    op.execute(
        "CREATE TRIGGER attachment_not_emptied BEFORE TRUNCATE ON attachment"
        " FOR EACH STATEMENT EXECUTE FUNCTION portal_refuse()"
    )
    for trigger in ("kept", "not_emptied"):
        op.execute(f"ALTER TABLE attachment ENABLE ALWAYS TRIGGER attachment_{trigger}")
    op.execute("REVOKE EXECUTE ON FUNCTION attachment_changes FROM PUBLIC")
    op.execute("GRANT SELECT, INSERT ON attachment TO portal_web")
    columns = ", ".join((*REMOVAL, "file_name"))
    op.execute(f"GRANT UPDATE ({columns}) ON attachment TO portal_web")
    op.execute("GRANT USAGE ON SEQUENCE attachment_id_seq TO portal_web")


def downgrade():
    # Its triggers go with it.
    op.drop_table("attachment")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION attachment_changes()")
