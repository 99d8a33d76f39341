"""flows: what the public is shown of the way of money, from a donation to payments"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "published_flow",
        sa.Column("idx", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("leg", sa.String(length=12), nullable=False),
        sa.Column("fund", sa.String(length=12), nullable=False),
        sa.Column("subcommittee", sa.String(length=12), nullable=False),
        sa.Column("category", sa.String(length=12), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("request", sa.String(length=20), nullable=False),
        sa.Column("satang", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("idx", name=op.f("pk_published_flow")),
    )
    op.create_index(
        op.f("ix_published_flow_line"),
        "published_flow",
        ["fund", "leg", "subcommittee", "idx", "satang"],
        unique=False,
    )
    op.create_index(
        op.f("ix_published_flow_reference"), "published_flow", ["reference"], unique=False
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("GRANT SELECT ON published_flow TO portal_web, portal_reader")
        op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON published_flow TO portal_publisher")


def downgrade():
    op.drop_table("published_flow")
