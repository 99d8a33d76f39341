"""witnesses: what the pages may claim of outsiders"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column(
        "published_position", sa.Column("witnessed", sa.Text(), nullable=False, server_default="")
    )
    op.create_index("ix_published_act_type", "published_act", ["type", "idx"])


def downgrade():
    op.drop_index("ix_published_act_type", "published_act")
    op.drop_column("published_position", "witnessed")
