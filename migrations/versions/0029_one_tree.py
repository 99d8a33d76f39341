"""private fields: on SQLite the key itself is the table, so that an act writes one tree less"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

COLUMNS = "eid, field, subject, key_id, nonce, ciphertext"


def upgrade():
    make_anew(with_rowid=False)


def downgrade():
    make_anew(with_rowid=True)


def make_anew(*, with_rowid):
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute("ALTER TABLE private_field RENAME TO private_field_before")
    op.create_table(
        "private_field",
        sa.Column("eid", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("field", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["eid"], ["log_entry.eid"], name=op.f("fk_private_field_eid")),
        sa.PrimaryKeyConstraint("eid", "field", name=op.f("pk_private_field")),
        sqlite_with_rowid=with_rowid,
    )
    op.execute(
        f"INSERT INTO private_field ({COLUMNS})"
        f" SELECT {COLUMNS} FROM private_field_before ORDER BY eid, field"
    )
    # Its trigger goes with it.
    op.drop_table("private_field_before")
    op.execute(
        "CREATE TRIGGER private_field_no_update BEFORE UPDATE ON private_field"
        " BEGIN SELECT RAISE(ABORT, 'private_field is append-only'); END"
    )
