"""private fields: kept by the number of their entry, so that every act writes at the table's end"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

KEPT = "field, subject, key_id, nonce, ciphertext"
# So many numbers belong to one entry, which has a handful of fields.
PLACES = 16
PLACE = "row_number() OVER (PARTITION BY seqno ORDER BY field) - 1"


def upgrade():
    if op.get_bind().dialect.name == "sqlite":
        make_anew(
            [
                sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
                *kept(),
                sa.PrimaryKeyConstraint("number", name=op.f("pk_private_field")),
            ],
            f"INSERT INTO private_field (number, {KEPT})"
            f" SELECT seqno * {PLACES} + {PLACE}, {KEPT}"
            " FROM private_field_before JOIN log_entry USING (eid) ORDER BY 1",
        )
        return
    op.add_column("private_field", sa.Column("number", sa.BigInteger(), nullable=True))
    changed_once(
        f"UPDATE private_field SET number = numbered.number FROM (SELECT eid, field,"
        f" seqno * {PLACES} + {PLACE} AS number FROM private_field JOIN log_entry USING (eid)) numbered"
        " WHERE private_field.eid = numbered.eid AND private_field.field = numbered.field"
    )
    # Its key and what it refers to go with it.
    op.drop_column("private_field", "eid")
    op.alter_column("private_field", "number", nullable=False)
    op.create_primary_key("pk_private_field", "private_field", ["number"])


def downgrade():
    if op.get_bind().dialect.name == "sqlite":
        make_anew(
            [
                sa.Column("eid", sa.Uuid(as_uuid=False), nullable=False),
                *kept(),
                sa.ForeignKeyConstraint(
                    ["eid"], ["log_entry.eid"], name=op.f("fk_private_field_eid")
                ),
                sa.PrimaryKeyConstraint("eid", "field", name=op.f("pk_private_field")),
            ],
            f"INSERT INTO private_field (eid, {KEPT}) SELECT eid, {KEPT}"
            f" FROM private_field_before JOIN log_entry ON seqno = number / {PLACES} ORDER BY eid, field",
            with_rowid=False,
        )
        return
    op.add_column("private_field", sa.Column("eid", sa.Uuid(as_uuid=False), nullable=True))
    changed_once(
        f"UPDATE private_field SET eid = log_entry.eid FROM log_entry WHERE seqno = number / {PLACES}"
    )
    op.drop_column("private_field", "number")
    op.alter_column("private_field", "eid", nullable=False)
    op.create_primary_key("pk_private_field", "private_field", ["eid", "field"])
    op.create_foreign_key("fk_private_field_eid", "private_field", "log_entry", ["eid"], ["eid"])


def kept():
    """Return the columns that stay as they are."""
    return [
        sa.Column("field", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
    ]


def make_anew(columns, fill, *, with_rowid=True):
    """Make the table another, fill it from the one before, and refuse changes as before (SQLite)."""
    op.execute("ALTER TABLE private_field RENAME TO private_field_before")
    op.create_table("private_field", *columns, sqlite_with_rowid=with_rowid)
    op.execute(fill)
    # Its trigger goes with it.
    op.drop_table("private_field_before")
    op.execute(
        "CREATE TRIGGER private_field_no_update BEFORE UPDATE ON private_field"
        " BEGIN SELECT RAISE(ABORT, 'private_field is append-only'); END"
    )


def changed_once(update):
    """Let the one change happen that the table refuses otherwise (PostgreSQL)."""
    op.execute("ALTER TABLE private_field DISABLE TRIGGER private_field_kept")
    op.execute(update)
    op.execute("ALTER TABLE private_field ENABLE ALWAYS TRIGGER private_field_kept")
