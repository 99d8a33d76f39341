"""people: sessions that the server keeps, failed sign-ins counted, one-time passwords that end"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

ENDINGS = (
    "signed_out",
    "idle",
    "lasted",
    "by_owner",
    "by_administrator",
    "password",
    "deactivated",
)


def moment(name, *, nullable=False):
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade():
    """Everybody signs in anew; a one-time password of before goes on without an end."""
    ending = sa.Enum(*ENDINGS, name="ending", native_enum=False, create_constraint=True, length=40)
    op.create_table(
        "web_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        moment("began_at"),
        moment("seen_at"),
        sa.Column("browser", sa.String(length=20), nullable=False),
        sa.Column("system", sa.String(length=20), nullable=False),
        moment("ended_at", nullable=True),
        sa.Column("ended_for", ending, nullable=True),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_for IS NULL)", name=op.f("ck_web_session_ended_whole")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_web_session_person_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_session")),
        sa.UniqueConstraint("digest", name=op.f("uq_web_session_digest")),
    )
    op.create_index(op.f("ix_web_session_person_id"), "web_session", ["person_id"])
    op.create_table(
        "sign_in_try",
        sa.Column("track", sa.String(length=64), nullable=False),
        moment("forgotten_at"),
        sa.PrimaryKeyConstraint("track", name=op.f("pk_sign_in_try")),
    )
    op.add_column("person", moment("password_until", nullable=True))
    op.drop_column("person", "session_key")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("GRANT SELECT, INSERT, DELETE ON web_session TO portal_web")
        op.execute("GRANT UPDATE (seen_at, ended_at, ended_for) ON web_session TO portal_web")
        op.execute("GRANT USAGE ON SEQUENCE web_session_id_seq TO portal_web")
        op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON sign_in_try TO portal_web")


def downgrade():
    """Everybody signs in anew."""
    key = sa.Column("session_key", sa.String(length=43), server_default="", nullable=False)
    op.add_column("person", key)
    bind = op.get_bind()
    for (person_id,) in bind.execute(sa.text("SELECT id FROM person")).all():
        bind.execute(
            sa.text("UPDATE person SET session_key = :key WHERE id = :id"),
            {"key": secrets.token_urlsafe(32), "id": person_id},
        )
    op.drop_column("person", "password_until")
    op.drop_table("sign_in_try")
    op.drop_table("web_session")
