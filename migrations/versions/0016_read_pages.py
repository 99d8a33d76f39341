"""read pages: papers, payments, cases and lists taken as files are read too"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

BEFORE = ("record", "correction", "guardian", "consent", "pair", "request")
PAGES = (*BEFORE, "amendment", "paper", "payment", "case", "list")
INDEXES = (("person_id",), ("youth_id", "person_id", "page", "at"))
COLUMNS = "id, person_id, youth_id, page, at"


def upgrade():
    take(PAGES, "page")


def downgrade():
    # What was read is kept under the page that was known then.
    take(BEFORE, f"CASE WHEN page IN {BEFORE} THEN page ELSE 'request' END")


def take(pages, kept):
    """Let the table take these pages, and keep of the page of each row so much."""
    if op.get_bind().dialect.name == "sqlite":
        make_anew(pages, kept)
        return
    op.execute("ALTER TABLE record_read DROP CONSTRAINT ck_record_read_page")
    if kept != "page":
        op.execute("ALTER TABLE record_read DISABLE TRIGGER record_read_kept")
        op.execute(f"UPDATE record_read SET page = {kept} WHERE page NOT IN {pages}")
        op.execute("ALTER TABLE record_read ENABLE ALWAYS TRIGGER record_read_kept")
    op.execute(
        f"ALTER TABLE record_read ADD CONSTRAINT ck_record_read_page CHECK (page IN {pages})"
    )


def make_anew(pages, kept):
    """Make the table anew, because SQLite changes no constraint of one that is there."""
    op.execute("ALTER TABLE record_read RENAME TO record_read_before")
    for columns in INDEXES:
        op.execute(f"DROP INDEX {name(columns)}")
    page = sa.Enum(*pages, name="page", native_enum=False, create_constraint=True, length=40)
    op.create_table(
        "record_read",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("youth_id", sa.Integer(), nullable=False),
        sa.Column("page", page, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        reference("person_id", "person.id"),
        reference("youth_id", "youth.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_read")),
    )
    op.execute(
        f"INSERT INTO record_read ({COLUMNS})"
        f" SELECT {COLUMNS.replace('page', kept)} FROM record_read_before ORDER BY id"
    )
    # Its triggers go with it.
    op.drop_table("record_read_before")
    for columns in INDEXES:
        op.create_index(name(columns), "record_read", list(columns))
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER record_read_no_{verb.lower()} BEFORE {verb} ON record_read"
            " BEGIN SELECT RAISE(ABORT, 'record_read is append-only'); END"
        )


def reference(column, to):
    return sa.ForeignKeyConstraint([column], [to], name=op.f(f"fk_record_read_{column}"))


def name(columns):
    return "_".join(("ix_record_read", *columns))
