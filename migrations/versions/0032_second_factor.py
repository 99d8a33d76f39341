"""people: a second factor: the secret of an app, passkeys, recovery codes, wrong codes in a row"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

TABLES = ("authenticator_app", "passkey", "recovery_code")
COLUMNS = ("has_factor", "wrong_codes", "codes_wait_until")


def moment(name, *, nullable):
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def person(table):
    return sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f(f"fk_{table}_person_id"))


def upgrade():
    for column in (
        sa.Column("has_factor", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("wrong_codes", sa.Integer(), nullable=False, server_default="0"),
        moment("codes_wait_until", nullable=True),
    ):
        op.add_column("person", column)
    make_tables()
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO portal_web")
        op.execute("GRANT USAGE ON SEQUENCE passkey_id_seq TO portal_web")


def make_tables():
    op.create_table(
        "authenticator_app",
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("wrapped_secret", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        moment("added_at", nullable=False),
        person("authenticator_app"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_authenticator_app")),
    )
    op.create_table(
        "passkey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        moment("added_at", nullable=False),
        moment("used_at", nullable=True),
        sa.CheckConstraint("sign_count >= 0", name=op.f("ck_passkey_sign_count_counts")),
        person("passkey"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index(op.f("ix_passkey_person_id"), "passkey", ["person_id"])
    op.create_table(
        "recovery_code",
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        moment("used_at", nullable=True),
        sa.CheckConstraint(
            "number BETWEEN 1 AND 10", name=op.f("ck_recovery_code_number_on_the_list")
        ),
        person("recovery_code"),
        sa.PrimaryKeyConstraint("person_id", "number", name=op.f("pk_recovery_code")),
    )


def downgrade():
    for table in TABLES:
        op.drop_table(table)
    for column in COLUMNS:
        op.drop_column("person", column)
