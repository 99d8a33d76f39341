"""books: a year of the books, and a ledger, are added up from an index"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

WHOLE = {
    "ix_journal_entry_year": ("journal_entry", ("at", "id", "kind")),
    "ix_posting_entry": ("posting", ("journal_entry_id", "balance_id", "satang")),
    "ix_posting_account": ("posting", ("balance_id", "journal_entry_id", "satang")),
}
# What an index above begins with needs none of its own.
SHORT = {
    "ix_posting_journal_entry_id": ("posting", ("journal_entry_id",)),
    "ix_posting_balance_id": ("posting", ("balance_id",)),
}


def replace(old, new):
    for name, (table, columns) in new.items():
        op.create_index(op.f(name), table, list(columns), unique=False)
    for name, (table, _) in old.items():
        op.drop_index(op.f(name), table)


def upgrade():
    replace(SHORT, WHOLE)


def downgrade():
    replace(WHOLE, SHORT)
