"""search: groups of published requests that are alike, their orders, and how long they took"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

KEYS = ("act", "sent", "amount")
COUNTED = ("fiscal_year", "fund", "subcommittee", "category", "kind", "band", "status", "place")
TABLES = ("published_group", "published_order", "published_wait")


def upgrade():
    op.create_table(
        "published_group",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("fund", sa.String(length=12), nullable=False),
        sa.Column("subcommittee", sa.String(length=12), nullable=False),
        sa.Column("category", sa.String(length=12), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("band", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("place", sa.String(length=6), nullable=False),
        sa.Column("is_paid", sa.Boolean(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("satang", sa.BigInteger(), nullable=False),
        sa.Column("paid_satang", sa.BigInteger(), nullable=False),
        *(
            sa.Column(f"{key}_{end}", sa.BigInteger(), nullable=False)
            for key in KEYS
            for end in ("first", "last")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_published_group")),
    )
    for name in COUNTED:
        op.create_index(op.f(f"ix_published_group_{name}"), "published_group", [name, "count"])
    op.create_table(
        "published_order",
        sa.Column("reference", sa.String(length=20), nullable=False),
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("paid_satang", sa.BigInteger(), nullable=False),
        *(sa.Column(f"{key}_key", sa.BigInteger(), nullable=False) for key in KEYS),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_published_order")),
    )
    op.create_index(op.f("ix_published_order_number"), "published_order", ["number"])
    for key in KEYS:
        op.create_index(
            op.f(f"ix_published_order_{key}"), "published_order", ["group_id", f"{key}_key"]
        )
    op.create_table(
        "published_wait",
        sa.Column("subcommittee", sa.String(length=12), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("step", sa.String(length=12), nullable=False),
        sa.Column("minutes", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "subcommittee", "fiscal_year", "step", "minutes", name=op.f("pk_published_wait")
        ),
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.execute(f"GRANT SELECT ON {table} TO portal_web, portal_reader")
            op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO portal_publisher")


def downgrade():
    for table in reversed(TABLES):
        op.drop_table(table)
