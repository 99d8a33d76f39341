"""people: by whom a provider of OpenID Connect means somebody, as a keyed hash"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "person_identity",
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("issuer", sa.String(length=200), nullable=False),
        sa.Column("subject_digest", sa.String(length=64), nullable=False),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_person_identity_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person_identity")),
        sa.UniqueConstraint("subject_digest", name=op.f("uq_person_identity_subject_digest")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("GRANT SELECT, INSERT, DELETE ON person_identity TO portal_web")


def downgrade():
    op.drop_table("person_identity")
