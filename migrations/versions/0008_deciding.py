"""deciding: interests, acting chairs, the urgent lane, and answering for checks"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Rows that are added and never touched again, and rows that change but are never deleted.
KEPT = ("interest", "check_override", "urgent_rule")
LASTING = ("acting_chair", "ratification")
CHECKS = (
    "money",
    "consent",
    "ceiling",
    "usual",
    "same_help",
    "same_paper",
    "shared_account",
    "account_holder",
)


def upgrade():
    op.create_table(
        "interest",
        sa.Column("id", big_id(), nullable=False),
        sa.Column("fund_request_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("is_related", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        entry_column(),
        refers("interest", "fund_request_id", "fund_request.id"),
        refers("interest", "person_id", "person.id"),
        tells("interest"),
        sa.PrimaryKeyConstraint("id", name="pk_interest"),
    )
    op.create_index("ix_interest_fund_request_id", "interest", ["fund_request_id"])
    op.create_table(
        "check_override",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fund_request_id", sa.Integer(), nullable=False),
        sa.Column("code", one_of("check_code", CHECKS), nullable=False),
        sa.Column("by_person_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        entry_column(),
        refers("check_override", "fund_request_id", "fund_request.id"),
        refers("check_override", "by_person_id", "person.id"),
        tells("check_override"),
        sa.PrimaryKeyConstraint("id", name="pk_check_override"),
    )
    op.create_index("ix_check_override_fund_request_id", "check_override", ["fund_request_id"])
    op.create_table(
        "urgent_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("ceiling_satang", sa.BigInteger(), nullable=False),
        sa.Column("ratify_within_days", sa.Integer(), nullable=False),
        entry_column(),
        sa.CheckConstraint("ceiling_satang > 0", name=op.f("ck_urgent_rule_ceiling_is_positive")),
        sa.CheckConstraint("ratify_within_days > 0", name=op.f("ck_urgent_rule_days_are_positive")),
        tells("urgent_rule"),
        sa.PrimaryKeyConstraint("id", name="pk_urgent_rule"),
    )
    op.create_table(
        "acting_chair",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("subcommittee_code", sa.String(length=12), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("order_number", sa.String(length=100), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("appointed_by_id", sa.Integer(), nullable=False),
        sa.Column("appointed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        entry_column(),
        sa.CheckConstraint("from_on <= to_on", name=op.f("ck_acting_chair_days_in_order")),
        sa.CheckConstraint(
            "person_id <> appointed_by_id", name=op.f("ck_acting_chair_appointed_by_another")
        ),
        refers("acting_chair", "person_id", "person.id"),
        refers("acting_chair", "appointed_by_id", "person.id"),
        tells("acting_chair"),
        sa.PrimaryKeyConstraint("id", name="pk_acting_chair"),
        sa.UniqueConstraint("number", name="uq_acting_chair_number"),
    )
    op.create_index("ix_acting_chair_person_id", "acting_chair", ["person_id"])
    op.create_index("ix_acting_chair_subcommittee_code", "acting_chair", ["subcommittee_code"])
    op.create_table(
        "ratification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fund_request_id", sa.Integer(), nullable=False),
        sa.Column("subcommittee_code", sa.String(length=12), nullable=False),
        sa.Column("approved_by_id", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("verdict", one_of("verdict", ("ratify", "refuse")), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        entry_column(),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (verdict IS NULL)"
            " AND (decided_at IS NULL) = (decided_by_id IS NULL)",
            name=op.f("ck_ratification_decided_whole"),
        ),
        sa.CheckConstraint(
            "decided_by_id <> approved_by_id", name=op.f("ck_ratification_different_people")
        ),
        refers("ratification", "fund_request_id", "fund_request.id"),
        refers("ratification", "subcommittee_code", "subcommittee.code"),
        refers("ratification", "approved_by_id", "person.id"),
        refers("ratification", "decided_by_id", "person.id"),
        tells("ratification"),
        sa.PrimaryKeyConstraint("id", name="pk_ratification"),
        sa.UniqueConstraint("fund_request_id", name="uq_ratification_fund_request_id"),
    )
    if op.get_bind().dialect.name == "sqlite":
        guard_sqlite()
    else:
        guard_postgresql()


def big_id():
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def entry_column():
    return sa.Column("log_eid", sa.Uuid(as_uuid=False), nullable=False)


def one_of(name, values):
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def refers(table, column, to):
    return sa.ForeignKeyConstraint([column], [to], name=f"fk_{table}_{column}")


def tells(table):
    return sa.ForeignKeyConstraint(
        ["log_eid"],
        ["log_entry.eid"],
        name=f"fk_{table}_log_eid",
        initially="DEFERRED",
        deferrable=True,
    )


def guard_sqlite():
    for table in KEPT:
        refuse_sqlite(table, "UPDATE")
    for table in (*KEPT, *LASTING):
        refuse_sqlite(table, "DELETE")


def refuse_sqlite(table, verb):
    op.execute(
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}"
        f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


def guard_postgresql():
    for table in (*KEPT, *LASTING):
        verbs = "UPDATE OR DELETE" if table in KEPT else "DELETE"
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE {verbs} ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION portal_refuse()"
        )
        # Row triggers do not see TRUNCATE.
        op.execute(
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION portal_refuse()"
        )
        for trigger in ("kept", "not_emptied"):
            op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{trigger}")
        may = "SELECT, INSERT" if table in KEPT else "SELECT, INSERT, UPDATE"
        op.execute(f"GRANT {may} ON {table} TO portal_web")
        op.execute(f"GRANT USAGE ON SEQUENCE {table}_id_seq TO portal_web")


def downgrade():
    # Their triggers and indexes go with them.
    for table in (*LASTING, *KEPT):
        op.drop_table(table)
