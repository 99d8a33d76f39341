# ruff: noqa: S608 - every word of these statements is our own
"""What each role in PostgreSQL may do with each table, and that everything else is refused."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest
from sqlalchemy import Connection
from sqlalchemy import Engine
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal.db import BLANKED
from portal.db import KEPT
from portal.db import LASTING
from portal.db import PASSING
from portal.db import Base
from portal.db import db
from tests.logins import PUBLISHER
from tests.logins import READER
from tests.logins import WEB

pytestmark = [
    pytest.mark.usefixtures("portal"),
    pytest.mark.parametrize("portal", ["postgresql"], indirect=True),
]

ROLES = (WEB, PUBLISHER, READER)
# For the pages, the publisher and readers, by the letters that PostgreSQL uses: r(ead), a(dd),
# w(rite over), d(elete). A table without a line here fails.
GRANTED: dict[str, tuple[str, str, str]] = {
    "accepted_voucher": ("ra", "", ""),
    "acting_chair": ("raw", "", ""),
    "advance_voucher": ("raw(item)", "", ""),
    "alembic_version": ("r", "r", ""),
    "allocation": ("ra", "", ""),
    "area": ("r", "", ""),
    "attachment": (
        "raw(file_name)w(removal_log_eid)w(removal_reason)w(removed_at)w(removed_by_id)",
        "",
        "",
    ),
    "authenticator_app": ("rawd", "", ""),
    "balance": ("raw", "", ""),
    "bank_file": ("ra", "", ""),
    "bank_line": ("raw(counter_account)w(description)", "", ""),
    "bank_statement": ("ra", "", ""),
    "case_note": ("raw(words)", "", ""),
    "category": ("ra", "", ""),
    "category_subcommittee": ("ra", "", ""),
    "check_override": ("ra", "", ""),
    "closed_day": ("rad", "", ""),
    "consent": ("raw", "", ""),
    "concern": ("raw", "", ""),
    "concern_act": ("raw(words)", "", ""),
    "counter": ("raw", "", ""),
    "document": ("ra", "", ""),
    "donation": ("raw(donor)", "", ""),
    "erasure": ("raw", "", ""),
    "follow_up": ("raw", "", ""),
    "finding": ("raw", "", ""),
    "finding_act": ("raw(words)", "", ""),
    "foundation": ("rw(id)", "", ""),
    "fund": ("ra", "", ""),
    "fund_request": ("raw", "", ""),
    "guardian": ("rawd", "", ""),
    "import_run": ("ra", "", ""),
    "issued_sheet": ("ra", "", ""),
    "job": ("raw", "", ""),
    "report": ("raw", "", ""),
    "interest": ("ra", "", ""),
    "journal_entry": ("ra", "", ""),
    "letter": ("raw", "", ""),
    "line_match": ("raw(note)", "", ""),
    "log_entry": ("ra", "ra", "r"),
    "log_pending": ("r", "rd", "r"),
    "log_seq": ("r", "ra", "r"),
    "matched_line": ("ra", "", ""),
    "matched_payment": ("ra", "", ""),
    "once": ("rawd", "", ""),
    "opening": ("raw", "", ""),
    "organisation": ("raw(name_en)w(name_th)", "", ""),
    "passkey": ("rawd", "", ""),
    "payee_account": ("raw(account_number)w(holder)", "", ""),
    "paying_account": ("raw", "", ""),
    "payment": ("raw", "", ""),
    "payment_batch": ("raw", "", ""),
    "person": ("raw", "", ""),
    "person_identity": ("rad", "", ""),
    "posting": ("ra", "", ""),
    "private_field": ("rad", "", ""),
    "project": ("ra", "", ""),
    "published_act": ("r", "rawd", "r"),
    "published_concern": ("r", "rawd", "r"),
    "published_count": ("r", "rawd", "r"),
    "published_figure": ("r", "rawd", "r"),
    "published_finding": ("r", "rawd", "r"),
    "published_flow": ("r", "rawd", "r"),
    "published_group": ("r", "rawd", "r"),
    "published_order": ("r", "rawd", "r"),
    "published_limit": ("r", "rawd", "r"),
    "published_name": ("r", "rawd", "r"),
    "published_position": ("r", "rawd", "r"),
    "published_request": ("r", "rawd", "r"),
    "published_wait": ("r", "rawd", "r"),
    "published_report": ("r", "rawd", "r"),
    "purpose": ("ra", "", ""),
    "receipt": ("ra", "", ""),
    "referral": ("raw", "", ""),
    "recovery_code": ("rawd", "", ""),
    "record_read": ("ra", "", ""),
    "ratification": ("raw", "", ""),
    "request_act": ("raw(note)", "", ""),
    "request_duty": ("ra", "", ""),
    "request_line": ("raw(item)w(unit)", "", ""),
    "role_grant": ("raw(ended_at)w(ended_by_id)w(ended_eid)w(ended_for)", "", ""),
    "rule_version": ("ra", "", ""),
    "signature_rule": ("ra", "", ""),
    "sign_in_try": ("rawd", "", ""),
    "subcommittee": ("ra", "", ""),
    "target": ("ra", "", ""),
    "urgent_rule": ("ra", "", ""),
    "web_session": ("raw(ended_at)w(ended_for)w(seen_at)d", "", ""),
    "youth": ("raw", "", ""),
    "youth_act": ("ra", "", ""),
    "youth_pair": ("raw", "", ""),
}
LETTERS = {"SELECT": "r", "INSERT": "a", "UPDATE": "w", "DELETE": "d"}
HELD = """
    SELECT relname AS relation, relkind AS kind, acl.grantee, privilege_type AS privilege, '' part
    FROM pg_class CROSS JOIN LATERAL aclexplode(relacl) AS acl
    WHERE relnamespace = 'public'::regnamespace AND acl.grantee <> relowner
    UNION ALL
    SELECT relname, relkind, acl.grantee, privilege_type, '(' || attname || ')'
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
    CROSS JOIN LATERAL aclexplode(attacl) AS acl
    WHERE relnamespace = 'public'::regnamespace AND acl.grantee <> relowner
"""


def held(*kinds: str) -> dict[str, dict[str, str]]:
    """Return what others than the owner may do with each table or sequence: role to letters."""
    grantee = "CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END"
    statement = f"SELECT relation, {grantee} AS role, privilege, part FROM ({HELD}) AS held"
    told: dict[str, dict[str, str]] = defaultdict(lambda: defaultdict(str))
    with db.engine.connect() as connection:
        rows = connection.execute(
            text(f"{statement} WHERE kind = ANY(:kinds)"), {"kinds": [*kinds]}
        ).all()
    for row in sorted(rows, key=lambda row: ("SIUD".find(row.privilege[0]), row.part)):
        told[row.relation][row.role] += LETTERS.get(row.privilege, row.privilege) + row.part
    return told


def test_every_table_is_granted_what_is_written_here_and_nothing_else() -> None:
    assert GRANTED.keys() == Base.metadata.tables.keys() | {"alembic_version"}
    assert held("r", "v", "m", "p", "f") == {
        table: {role: may for role, may in zip(ROLES, roles, strict=True) if may}
        for table, roles in GRANTED.items()
        if any(roles)
    }


def test_who_adds_rows_takes_their_numbers_and_nobody_else_does() -> None:
    look = inspect(db.engine)
    numbers = {
        table: re.findall(r"nextval\('(\w+)'", str(column["default"]))
        for table in GRANTED
        for column in look.get_columns(table)
        if str(column["default"]).startswith("nextval")
    }
    assert held("S") == {
        sequence: {
            role: "USAGE" for role, may in zip(ROLES, GRANTED[table], strict=True) if "a" in may
        }
        for table, (sequence,) in numbers.items()
        if "a" in "".join(GRANTED[table])
    }


def test_only_the_owner_owns_and_nobody_adds_a_table_or_calls_a_trigger() -> None:
    for what, statement in {
        "owned by a role": (
            "SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) = ANY(:roles)"
        ),
        "with a login": "SELECT rolname FROM pg_roles WHERE rolname = ANY(:roles) AND rolcanlogin",
        "making tables": "SELECT 1 WHERE has_schema_privilege('public', 'public', 'CREATE')",
        "called by others": (
            "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            " AND (has_function_privilege('public', oid, 'EXECUTE') OR NOT prosecdef"
            " OR proconfig IS DISTINCT FROM ARRAY['search_path=pg_catalog'])"
        ),
    }.items():
        with db.engine.connect() as connection:
            found = connection.scalars(text(statement), {"roles": [*ROLES]}).all()
        assert (what, found) == (what, [])


def test_nobody_is_granted_to_touch_what_is_kept() -> None:
    # An erasure blanks these, and a trigger refuses whatever else.
    blanked = {f"w({column})" for _table, column in BLANKED}
    passed_over = "|".join((*map(re.escape, blanked), r"\(\w+\)"))
    granted = {
        table: set(re.sub(passed_over, "", "".join(roles))) for table, roles in GRANTED.items()
    }
    assert [table for table in KEPT if granted[table] - set("ra")] == []
    assert [table for table in LASTING if "d" in granted[table]] == []
    assert [table for table in PASSING if "w" in granted[table]] == []


# By the letter without which it is refused; nobody has the last.
STATEMENTS = {
    "r": "SELECT * FROM {table}",
    "a": "INSERT INTO {table} DEFAULT VALUES",
    "w": "UPDATE {table} SET {column} = {column}",
    "d": "DELETE FROM {table}",
    "TRUNCATE": "TRUNCATE {table}",
}
OWNERS = {
    "ALTER TABLE log_entry DISABLE TRIGGER log_entry_kept": "must be owner of table log_entry",
    "ALTER TABLE log_seq DISABLE TRIGGER ALL": "must be owner of table log_seq",
    "ALTER TABLE payment DROP CONSTRAINT ck_payment_released_by_another": "must be owner of table",
    "DROP TRIGGER payment_needs_entry ON payment": "must be owner of relation payment",
    "DROP TABLE log_pending": "must be owner of table log_pending",
    "DROP FUNCTION portal_refuse CASCADE": "must be owner of function portal_refuse",
    "CREATE TRIGGER mine BEFORE INSERT ON log_entry EXECUTE FUNCTION portal_refuse()": (
        "permission denied for table log_entry"
    ),
    "CREATE TABLE public.mine (id integer)": "permission denied for schema public",
    "CREATE FUNCTION public.mine() RETURNS integer RETURN 1": "permission denied for schema public",
    "SELECT log_entry_waits()": "permission denied for function log_entry_waits",
    "SELECT nextval('log_pending_pno_seq')": "permission denied for sequence log_pending_pno_seq",
    "SELECT setval('log_entry_seqno_seq', 1)": "permission denied for sequence log_entry_seqno_seq",
    "SELECT setval('payment_id_seq', 1)": "permission denied for sequence payment_id_seq",
    "UPDATE foundation SET code = code": "permission denied for table foundation",
    "ALTER TABLE log_entry OWNER TO CURRENT_USER": "must be owner of table log_entry",
    "SET session_replication_role = replica": "permission denied to set parameter",
    "SET ROLE pg_database_owner": "permission denied to set role",
}


def test_whatever_is_not_granted_is_refused(
    as_web: Engine, as_publisher: Engine, as_reader: Engine
) -> None:
    for place, engine in enumerate((as_web, as_publisher, as_reader)):
        refused = dict(OWNERS)
        for table, roles in GRANTED.items():
            column = inspect(db.engine).get_columns(table)[0]["name"]
            refused |= {
                statement.format(table=table, column=column): f"permission denied for table {table}"
                for letter, statement in STATEMENTS.items()
                if letter not in roles[place]
            }
        with engine.connect() as connection:
            said = {statement: refusal(connection, statement) for statement in refused}
        assert {
            statement: said[statement]
            for statement, sentence in refused.items()
            if not said[statement].startswith(sentence)
        } == {}


def refusal(connection: Connection, statement: str) -> str:
    """Return what PostgreSQL says to this statement, and nothing when it lets it pass."""
    try:
        with connection.begin():
            connection.execute(text(statement))
    except DBAPIError as error:
        return str(error.orig).partition("\n")[0]
    return ""
