"""search: each order of all requests has an index of its own"""

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

KEYS = ("act", "sent", "amount")


def upgrade():
    for key in KEYS:
        op.create_index(f"ix_published_order_all_by_{key}", "published_order", [f"{key}_key"])


def downgrade():
    for key in KEYS:
        op.drop_index(f"ix_published_order_all_by_{key}", "published_order")
