"""search: requests counted by all that is counted by, which is a sixth of the groups"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

# What was counted by reading an index of the groups.
COUNTED = ("fiscal_year", "fund", "subcommittee", "category", "kind", "band", "status")
TALLY = ["kind", "status", "is_paid", "count", "satang"]


def upgrade():
    """Make the table; the fold of another version fills it with the next publishing."""
    op.create_table(
        "published_count",
        sa.Column("fiscal_year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fund", sa.String(length=12), nullable=False),
        sa.Column("subcommittee", sa.String(length=12), nullable=False),
        sa.Column("category", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("band", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("is_paid", sa.Boolean(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("satang", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(*COUNTED, "is_paid", name=op.f("pk_published_count")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("GRANT SELECT ON published_count TO portal_web, portal_reader")
        op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON published_count TO portal_publisher")
    for name in COUNTED:
        op.drop_index(f"ix_published_group_{name}", "published_group")
        op.create_index(f"ix_published_count_{name}", "published_count", [name, "count"])
    op.drop_index("ix_published_group_tally", "published_group")


def downgrade():
    op.create_index("ix_published_group_tally", "published_group", TALLY)
    for name in COUNTED:
        op.create_index(f"ix_published_group_{name}", "published_group", [name, "count"])
    op.drop_table("published_count")
