"""public pages: what they look up first and last has an index, and waits are counted coarser"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_published_request_latest": ("published_request", ["status", "last_index"]),
    "ix_published_request_paid": ("published_request", ["status", "paid_at"]),
    "ix_published_request_sent": ("published_request", ["status", "subcommittee", "sent_at"]),
    "ix_published_flow_leg": ("published_flow", ["leg", "idx", "satang"]),
    "ix_published_flow_reference": ("published_flow", ["reference", "leg"]),
    "ix_published_group_tally": (
        "published_group",
        ["kind", "status", "is_paid", "count", "satang"],
    ),
}


def upgrade():
    op.drop_index("ix_published_request_status", "published_request")
    op.drop_index("ix_published_flow_reference", "published_flow")
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns)
    make_waits()


def downgrade():
    make_waits(sa.Column("fiscal_year", sa.Integer(), autoincrement=False, nullable=False))
    for name, (table, _) in INDEXES.items():
        op.drop_index(name, table)
    op.create_index("ix_published_request_status", "published_request", ["status"])
    op.create_index("ix_published_flow_reference", "published_flow", ["reference"])


def make_waits(*more):
    """Make the table anew: the fold of another version fills it with the next publishing."""
    op.drop_table("published_wait")
    key = ("subcommittee", *(column.name for column in more), "step", "minutes")
    op.create_table(
        "published_wait",
        sa.Column("subcommittee", sa.String(length=12), nullable=False),
        *more,
        sa.Column("step", sa.String(length=12), nullable=False),
        sa.Column("minutes", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(*key, name="pk_published_wait"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("GRANT SELECT ON published_wait TO portal_web, portal_reader")
        op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON published_wait TO portal_publisher")
