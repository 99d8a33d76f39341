"""cases: referrals between partners, follow-ups, and notes that are kept"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLES = ("referral", "follow_up", "case_note")
OUTCOMES = (
    "in_school",
    "in_training",
    "in_work",
    "looking",
    "lost_contact",
    "moved_away",
    "other",
)
PATHWAYS = ("FORMAL", "S13", "DOLE", "VOC", "SHORT", "CENTER", "HOME", "MOBILE", "WORK", "ECD")
REASONS = (
    "not_our_task",
    "other_area",
    "no_capacity",
    "helped_already",
    "not_reached",
    "other",
)
# What of a row stays as it was written, what moves with a step, and what an erasure blanks.
STAYS = {
    "referral": (
        "id",
        "youth_id",
        "sender_code",
        "receiver_code",
        "earlier_id",
        "sent_by_id",
        "sent_at",
    ),
    "follow_up": ("id", "youth_id", "due_on", "planned_by_id", "planned_at"),
    "case_note": ("id", "youth_id", "referral_id", "by_person_id", "at", "log_eid"),
}
MOVES = {
    "referral": (
        "state",
        "version",
        "answered_by_id",
        "answered_at",
        "reason",
        "ended_by_id",
        "ended_at",
        "log_eid",
    ),
    "follow_up": ("version", "done_on", "done_by_id", "done_at", "outcome", "pathway", "log_eid"),
    "case_note": (),
}
WORDS = {
    "referral": ("asked", "answer", "result"),
    "follow_up": ("note",),
    "case_note": ("words",),
}
# The arrows of a referral, and that a follow-up is done once; answers stay as they were given.
STEPS = {
    "referral": (
        "NEW.asked = OLD.asked AND ("
        "(OLD.state = 'sent' AND NEW.state IN ('accepted', 'declined', 'cancelled'))"
        " OR (OLD.state = 'accepted' AND NEW.state = 'done' AND NEW.answer = OLD.answer"
        " AND NEW.answered_by_id = OLD.answered_by_id AND NEW.answered_at = OLD.answered_at))"
    ),
    "follow_up": "OLD.done_at IS NULL AND NEW.done_at IS NOT NULL",
}
SAYS = {
    "referral": "referral changes only step by step, each with a log entry",
    "follow_up": "follow_up is done once, with a log entry",
    "case_note": "case_note is append-only",
}


def choice(name, *values):
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def refers(table, column, to):
    return sa.ForeignKeyConstraint([column], [to], name=op.f(f"fk_{table}_{column}"))


def logged(table):
    return (
        sa.ForeignKeyConstraint(
            ["log_eid"],
            ["log_entry.eid"],
            name=op.f(f"fk_{table}_log_eid"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.UniqueConstraint("log_eid", name=op.f(f"uq_{table}_log_eid")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def same(table, columns, equals):
    return [f"NEW.{column} {equals} OLD.{column}" for column in columns[table]]


def may_change(table, equals, schema=""):
    """Return the condition under which a row may change: a step with a new entry, or forgetting."""
    forgets = " AND ".join(
        [
            *same(table, STAYS, equals),
            *same(table, MOVES, equals),
            *(f"NEW.{column} = ''" for column in WORDS[table]),
            f"EXISTS (SELECT 1 FROM {schema}erasure WHERE done_at IS NULL)",
        ]
    )
    if table not in STEPS:
        return forgets
    # The entry is newer than the one before and has no place in the log yet: it is of this act.
    is_new = (
        f"EXISTS (SELECT 1 FROM {schema}log_entry WHERE eid = NEW.log_eid"
        f" AND seqno > (SELECT seqno FROM {schema}log_entry WHERE eid = OLD.log_eid)"
        f" AND NOT EXISTS (SELECT 1 FROM {schema}log_seq WHERE log_seq.seqno = log_entry.seqno))"
    )
    step = " AND ".join([*same(table, STAYS, equals), f"({STEPS[table]})", is_new])
    return f"({forgets}) OR ({step})"


def starts(schema=""):
    """Return the condition under which a referral may be sent: as a new one, or once more."""
    return (
        "NEW.state = 'sent' AND (NEW.earlier_id IS NULL OR EXISTS"
        f" (SELECT 1 FROM {schema}referral WHERE id = NEW.earlier_id AND youth_id = NEW.youth_id"
        " AND state = 'declined' AND receiver_code <> NEW.receiver_code))"
    )


def upgrade():
    make_referral()
    make_follow_up()
    make_note()
    if op.get_bind().dialect.name == "sqlite":
        upgrade_sqlite()
    else:
        upgrade_postgresql()


def make_referral():
    is_open = sa.text("state IN ('sent', 'accepted')")
    op.create_table(
        "referral",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("youth_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            choice("state", "sent", "accepted", "declined", "done", "cancelled"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sender_code", sa.String(length=12), nullable=False),
        sa.Column("receiver_code", sa.String(length=12), nullable=False),
        sa.Column("earlier_id", sa.Integer(), nullable=True),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("sent_by_id", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", choice("reason", *REASONS), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("log_eid", sa.Uuid(as_uuid=False), nullable=False),
        sa.CheckConstraint("receiver_code <> sender_code", name=op.f("ck_referral_between_two")),
        sa.CheckConstraint(
            "answered_by_id <> sent_by_id", name=op.f("ck_referral_answered_by_another")
        ),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answered_by_id IS NULL)"
            " AND (answered_at IS NOT NULL) = (state IN ('accepted', 'declined', 'done'))",
            name=op.f("ck_referral_answered_whole"),
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by_id IS NULL)"
            " AND (ended_at IS NOT NULL) = (state IN ('done', 'cancelled'))",
            name=op.f("ck_referral_ended_whole"),
        ),
        sa.CheckConstraint(
            "ended_by_id IS NULL OR (ended_by_id = sent_by_id) = (state = 'cancelled')",
            name=op.f("ck_referral_ended_by_its_side"),
        ),
        sa.CheckConstraint(
            "(reason IS NOT NULL) = (state = 'declined')",
            name=op.f("ck_referral_declined_has_reason"),
        ),
        refers("referral", "youth_id", "youth.id"),
        refers("referral", "sender_code", "organisation.code"),
        refers("referral", "receiver_code", "organisation.code"),
        refers("referral", "earlier_id", "referral.id"),
        refers("referral", "sent_by_id", "person.id"),
        refers("referral", "answered_by_id", "person.id"),
        refers("referral", "ended_by_id", "person.id"),
        sa.UniqueConstraint("earlier_id", name=op.f("uq_referral_earlier_id")),
        sa.UniqueConstraint("id", "youth_id", name=op.f("uq_referral_id_youth_id")),
        *logged("referral"),
    )
    op.create_index("ix_referral_youth_id", "referral", ["youth_id"])
    op.create_index("ix_referral_receiver_code_state", "referral", ["receiver_code", "state"])
    op.create_index("ix_referral_sender_code_state", "referral", ["sender_code", "state"])
    op.create_index(
        "uq_referral_open",
        "referral",
        ["youth_id", "receiver_code"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )


def make_follow_up():
    is_to_do = sa.text("done_at IS NULL")
    op.create_table(
        "follow_up",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("youth_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("planned_by_id", sa.Integer(), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("done_by_id", sa.Integer(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", choice("outcome", *OUTCOMES), nullable=True),
        sa.Column("pathway", choice("pathway", *PATHWAYS), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("log_eid", sa.Uuid(as_uuid=False), nullable=False),
        sa.CheckConstraint(
            "(done_at IS NULL) = (done_on IS NULL) AND (done_at IS NULL) = (done_by_id IS NULL)"
            " AND (done_at IS NULL) = (outcome IS NULL)",
            name=op.f("ck_follow_up_done_whole"),
        ),
        sa.CheckConstraint(
            "pathway IS NULL OR coalesce(outcome, '') IN ('in_school', 'in_training')",
            name=op.f("ck_follow_up_pathway_of_learning"),
        ),
        refers("follow_up", "youth_id", "youth.id"),
        refers("follow_up", "planned_by_id", "person.id"),
        refers("follow_up", "done_by_id", "person.id"),
        *logged("follow_up"),
    )
    op.create_index("ix_follow_up_youth_id", "follow_up", ["youth_id"])
    op.create_index(
        "ix_follow_up_due_on",
        "follow_up",
        ["due_on"],
        sqlite_where=is_to_do,
        postgresql_where=is_to_do,
    )
    op.create_index(
        "uq_follow_up_to_do",
        "follow_up",
        ["youth_id", "due_on"],
        unique=True,
        sqlite_where=is_to_do,
        postgresql_where=is_to_do,
    )


def make_note():
    op.create_table(
        "case_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("youth_id", sa.Integer(), nullable=False),
        sa.Column("referral_id", sa.Integer(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("by_person_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("log_eid", sa.Uuid(as_uuid=False), nullable=False),
        refers("case_note", "youth_id", "youth.id"),
        sa.ForeignKeyConstraint(
            ["referral_id", "youth_id"],
            ["referral.id", "referral.youth_id"],
            name=op.f("fk_case_note_referral_id_youth_id"),
        ),
        refers("case_note", "by_person_id", "person.id"),
        *logged("case_note"),
    )
    op.create_index("ix_case_note_youth_id", "case_note", ["youth_id"])


def upgrade_sqlite():
    for table in TABLES:
        name = "no_update" if table == "case_note" else "moves"
        op.execute(
            f"CREATE TRIGGER {table}_{name} BEFORE UPDATE ON {table}"
            f" WHEN NOT coalesce({may_change(table, 'IS')}, 0)"
            f" BEGIN SELECT RAISE(ABORT, '{SAYS[table]}'); END"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}"
            f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
    op.execute(
        f"CREATE TRIGGER referral_starts BEFORE INSERT ON referral WHEN NOT ({starts()})"
        " BEGIN SELECT RAISE(ABORT, 'referral starts as sent, or after a declined one'); END"
    )


def upgrade_postgresql():
    for table in TABLES:
        guard(
            f"{table}_moves",
            f"BEFORE UPDATE ON {table}",
            may_change(table, "IS NOT DISTINCT FROM", "public."),
            SAYS[table],
        )
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION portal_refuse()"
        )
        # Row triggers do not see TRUNCATE.
        op.execute(
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION portal_refuse()"
        )
        for trigger in ("kept", "not_emptied"):
            op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{trigger}")
        op.execute(f"GRANT USAGE ON SEQUENCE {table}_id_seq TO portal_web")
    guard(
        "referral_starts",
        "BEFORE INSERT ON referral",
        starts("public."),
        "referral starts as sent, or after a declined one",
    )
    for table in ("referral", "follow_up"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO portal_web")
    op.execute("GRANT SELECT, INSERT, UPDATE (words) ON case_note TO portal_web")


def guard(name, when, condition, says):
    table = when.rpartition(" ")[2]
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql"
        " SECURITY DEFINER SET search_path = pg_catalog AS $$ BEGIN"
        f" IF {condition} THEN RETURN NEW; END IF; RAISE EXCEPTION '{says}'; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} {when} FOR EACH ROW EXECUTE FUNCTION {name}()")
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
    op.execute(f"REVOKE EXECUTE ON FUNCTION {name} FROM PUBLIC")


def downgrade():
    # Their triggers go with them.
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for name in (*(f"{table}_moves" for table in TABLES), "referral_starts"):
            op.execute(f"DROP FUNCTION {name}")
