"""form key: a form that is sent twice is one request"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("fund_request", sa.Column("form_key", sa.String(length=36), nullable=True))
    # An index, because SQLite adds no constraint to a table that is there.
    op.create_index(
        "uq_fund_request_requester_id_form_key",
        "fund_request",
        ["requester_id", "form_key"],
        unique=True,
    )


def downgrade():
    op.drop_index("uq_fund_request_requester_id_form_key", "fund_request")
    op.drop_column("fund_request", "form_key")
