"""rules: what each says from which day on, people who are looked after, roles that exclude"""

import json
from datetime import datetime
from datetime import timedelta

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

KINDS = ("subcommittee", "category", "purpose", "fund")
# Rows that are added and never touched again, and rows that change and are never deleted.
KEPT = (
    "rule_version",
    "subcommittee",
    "purpose",
    "category",
    "category_subcommittee",
    "fund",
    "signature_rule",
    "target",
)
LASTING = ("organisation", "person", "role_grant")
# What the pages may do from now on, beside looking.
GRANTED = {
    "rule_version": "SELECT, INSERT",
    "subcommittee": "INSERT",
    "purpose": "INSERT",
    "category": "INSERT",
    "category_subcommittee": "INSERT",
    "fund": "INSERT",
    "signature_rule": "INSERT",
    "target": "INSERT",
    "closed_day": "INSERT, DELETE",
    "donation": "INSERT",
    "allocation": "INSERT",
    "organisation": "INSERT, UPDATE (name_th, name_en)",
    "person": "INSERT",
    "role_grant": "INSERT, UPDATE (ended_at, ended_by_id, ended_eid, ended_for)",
}
NUMBERED = (
    "rule_version",
    "signature_rule",
    "target",
    "donation",
    "allocation",
    "person",
    "role_grant",
)
# Who decides on the rules touches no money, and who audits changes nothing.
ALONE = "('administrator', 'auditor')"
PEOPLE_COLUMNS = ("granted_by_id", "ended_by_id")


def upgrade():
    make_rule_version()
    keep_what_was_set_up()
    remake_published_name(by_day=True)
    op.add_column(
        "person",
        sa.Column("must_change_password", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column("person", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    add_to_role_grant()
    if op.get_bind().dialect.name == "sqlite":
        guard_sqlite()
    else:
        guard_postgresql()


def make_rule_version():
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    ceiling = (
        "json_extract(facts, '$.ceiling_satang')"
        if is_sqlite
        else "(facts ->> 'ceiling_satang')::bigint"
    )
    op.create_table(
        "rule_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*KINDS, name="kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("is_retired", sa.Boolean(), nullable=False),
        sa.Column("log_eid", sa.Uuid(as_uuid=False), nullable=False),
        sa.CheckConstraint(
            f"kind <> 'category' OR {ceiling} > 0",
            name=op.f("ck_rule_version_ceiling_is_positive"),
        ),
        sa.ForeignKeyConstraint(
            ["log_eid"],
            ["log_entry.eid"],
            name=op.f("fk_rule_version_log_eid"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_version")),
    )
    op.create_index("ix_rule_version_rule", "rule_version", ["kind", "code", "valid_from"])


def keep_what_was_set_up():
    """Write down what holds from the day on which the foundation was set up."""
    bind = op.get_bind()
    row = bind.execute(
        sa.text(
            "SELECT foundation.log_eid, log_entry.body FROM foundation"
            " JOIN log_entry ON log_entry.eid = foundation.log_eid"
        )
    ).one_or_none()
    if row is None:
        return
    founded_at = datetime.fromisoformat(json.loads(bytes(row.body))["at"].replace("Z", "+00:00"))
    versions = sa.table(
        "rule_version",
        sa.column("kind", sa.String),
        sa.column("code", sa.String),
        sa.column("valid_from", sa.Date),
        sa.column("facts", sa.JSON),
        sa.column("is_retired", sa.Boolean),
        sa.column("log_eid", sa.Uuid(as_uuid=False)),
    )
    links = bind.execute(
        sa.text("SELECT category_code, subcommittee_code FROM category_subcommittee ORDER BY 2")
    ).all()
    for kind in KINDS:
        for found in bind.execute(sa.text(f"SELECT * FROM {kind} ORDER BY code")).mappings():
            facts = {name: value for name, value in found.items() if name != "code"}
            for name in ("usual_satang", "papers"):
                if name in facts:
                    facts[name] = json.loads(facts[name])
            for name in ("is_urgent", "is_restricted"):
                if name in facts:
                    facts[name] = bool(facts[name])
            if kind == "category":
                facts["subcommittees"] = [sc for code, sc in links if code == found["code"]]
            bind.execute(
                versions.insert().values(
                    kind=kind,
                    code=found["code"],
                    valid_from=(founded_at + timedelta(hours=7)).date(),
                    facts=facts,
                    is_retired=False,
                    log_eid=str(row.log_eid),
                )
            )
    if bind.dialect.name != "sqlite":
        # PostgreSQL alters no table while a check of its rows is put off.
        op.execute("SET CONSTRAINTS fk_rule_version_log_eid IMMEDIATE")


def remake_published_name(*, by_day):
    """Make the table anew: the fold fills it again, as its version says something else."""
    op.drop_table("published_name")
    columns = [
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
    ]
    key = ["kind", "code"]
    if by_day:
        columns.append(sa.Column("valid_from", sa.Date(), nullable=False))
        key.append("valid_from")
    columns += [
        sa.Column("name_th", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("more", sa.Text(), nullable=False),
    ]
    if by_day:
        columns.append(sa.Column("is_retired", sa.Boolean(), nullable=False))
    op.create_table(
        "published_name", *columns, sa.PrimaryKeyConstraint(*key, name=op.f("pk_published_name"))
    )
    # What the other fold told does not fit any more.
    op.execute("UPDATE published_position SET fold_version = 0")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("GRANT SELECT ON published_name TO portal_web, portal_reader")
        op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON published_name TO portal_publisher")


def add_to_role_grant():
    op.add_column("role_grant", sa.Column("granted_for", sa.String(length=40), nullable=True))
    op.add_column("role_grant", sa.Column("ended_for", sa.String(length=40), nullable=True))
    # In the words of the database: one statement for what SQLite cannot add afterwards.
    uuid = "CHAR(32)" if op.get_bind().dialect.name == "sqlite" else "UUID"
    op.execute(
        f"ALTER TABLE role_grant ADD COLUMN ended_eid {uuid} CONSTRAINT fk_role_grant_ended_eid"
        " REFERENCES log_entry (eid)"
    )
    for column in PEOPLE_COLUMNS:
        op.execute(
            f"ALTER TABLE role_grant ADD COLUMN {column} INTEGER"
            f" CONSTRAINT fk_role_grant_{column} REFERENCES person (id)"
            f" CONSTRAINT ck_role_grant_{column.removesuffix('_id')}_another"
            f" CHECK ({column} <> person_id)"
        )


def excludes(held, new):
    """Return the condition that two roles of one person exclude each other."""
    return f"{held}.role <> {new}.role AND ({held}.role IN {ALONE} OR {new}.role IN {ALONE})"


def guard_sqlite():
    for table in KEPT:
        refuse_sqlite(table, "UPDATE")
    for table in (*KEPT, *LASTING):
        refuse_sqlite(table, "DELETE")
    for verb in ("INSERT", "UPDATE"):
        op.execute(
            f"CREATE TRIGGER role_grant_excludes_{verb.lower()} BEFORE {verb} ON role_grant"
            " WHEN NEW.ended_at IS NULL AND EXISTS (SELECT 1 FROM role_grant AS held"
            " WHERE held.person_id = NEW.person_id AND held.ended_at IS NULL"
            f" AND held.id IS NOT NEW.id AND {excludes('held', 'NEW')})"
            " BEGIN SELECT RAISE(ABORT, 'role_grant: these roles exclude each other'); END"
        )


def refuse_sqlite(table, verb):
    op.execute(
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}"
        f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


def guard_postgresql():
    for table in KEPT:
        refuse_postgresql(table, "UPDATE OR DELETE")
    for table in LASTING:
        refuse_postgresql(table, "DELETE")
    # The lock keeps two people from giving two roles at the same moment.
    op.execute(
        "CREATE FUNCTION role_grant_excludes() RETURNS trigger LANGUAGE plpgsql"
        " SECURITY DEFINER SET search_path = pg_catalog AS $$ BEGIN"
        " PERFORM 1 FROM public.person WHERE id = NEW.person_id FOR NO KEY UPDATE;"
        " IF NEW.ended_at IS NULL AND EXISTS (SELECT 1 FROM public.role_grant AS held"
        " WHERE held.person_id = NEW.person_id AND held.ended_at IS NULL"
        f" AND held.id <> NEW.id AND {excludes('held', 'NEW')}) THEN"
        " RAISE EXCEPTION 'role_grant: these roles exclude each other'; END IF;"
        " RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER role_grant_excludes BEFORE INSERT OR UPDATE ON role_grant"
        " FOR EACH ROW EXECUTE FUNCTION role_grant_excludes()"
    )
    op.execute("ALTER TABLE role_grant ENABLE ALWAYS TRIGGER role_grant_excludes")
    op.execute("REVOKE EXECUTE ON FUNCTION role_grant_excludes FROM PUBLIC")
    for table, privileges in GRANTED.items():
        op.execute(f"GRANT {privileges} ON {table} TO portal_web")
    for table in NUMBERED:
        op.execute(f"GRANT USAGE ON SEQUENCE {table}_id_seq TO portal_web")


def refuse_postgresql(table, verbs):
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


def downgrade():
    kept = [table for table in KEPT if table != "rule_version"]
    if op.get_bind().dialect.name == "sqlite":
        for table in kept:
            op.execute(f"DROP TRIGGER {table}_no_update")
        for table in (*kept, *LASTING):
            op.execute(f"DROP TRIGGER {table}_no_delete")
        for verb in ("insert", "update"):
            op.execute(f"DROP TRIGGER role_grant_excludes_{verb}")
    else:
        op.execute("DROP FUNCTION role_grant_excludes CASCADE")
        for table in (*kept, *LASTING):
            for trigger in ("kept", "not_emptied"):
                op.execute(f"DROP TRIGGER {table}_{trigger} ON {table}")
        for table, privileges in GRANTED.items():
            if table != "rule_version":
                op.execute(f"REVOKE {privileges} ON {table} FROM portal_web")
        for table in NUMBERED[1:]:
            op.execute(f"REVOKE USAGE ON SEQUENCE {table}_id_seq FROM portal_web")
    for column in (*PEOPLE_COLUMNS, "ended_eid", "ended_for", "granted_for"):
        op.drop_column("role_grant", column)
    op.drop_column("person", "version")
    op.drop_column("person", "must_change_password")
    remake_published_name(by_day=False)
    op.drop_index("ix_rule_version_rule", "rule_version")
    op.drop_table("rule_version")
