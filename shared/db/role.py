"""What the app's own role may do in the database: less than everything, or something is set up wrongly."""

from dataclasses import dataclass

from shared.db.pool import Connection


@dataclass(frozen=True, slots=True)
class RoleRights:
    """`too_many` are rights that the app must not have, `missing` tables it may not read or write, both in words.
    `revision` is the schema's, None before the first migration."""

    name: str
    too_many: tuple[str, ...]
    missing: tuple[str, ...]
    revision: str | None


RIGHTS = """
    SELECT session_user::text AS name,
           (SELECT rolsuper OR rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = session_user) AS governs,
           has_schema_privilege('public', 'CREATE') AS creates,
           EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public' AND pg_has_role(tableowner, 'MEMBER')) AS owns,
           coalesce(has_table_privilege(to_regclass('public.audit_log')::oid, 'UPDATE, DELETE, TRUNCATE'), false)
               AS rewrites,
           to_regclass('public.alembic_version') IS NOT NULL AS is_migrated
"""
# Tables that the migrations give the app less of, on purpose: what is written there is not taken back.
_LESS = {
    "audit_log": "SELECT, INSERT",
    "forget_jobs": "SELECT, INSERT, UPDATE",
    "retention_settings": "SELECT, UPDATE",
    "usage_answers": "SELECT, INSERT, UPDATE",
    "usage_people": "SELECT, INSERT, UPDATE",
    "usage_subjects": "SELECT, INSERT, UPDATE",
}
# has_table_privilege takes a list as "any of these": each right is asked for by itself.
MISSING = """
    SELECT DISTINCT relname::text AS name
      FROM pg_class
      LEFT JOIN unnest($1::text[], $2::text[]) AS less (name, rights) ON less.name = relname
     CROSS JOIN LATERAL string_to_table(coalesce(less.rights, 'SELECT, INSERT, UPDATE, DELETE'), ', ') AS wanted
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname <> 'alembic_version'
       AND NOT has_table_privilege(oid, wanted)
     ORDER BY name
"""
REVISION = "SELECT max(version_num) FROM alembic_version"
_TOO_MANY = {
    "governs": "it makes roles or databases",
    "creates": "it makes tables",
    "owns": "it owns tables",
    "rewrites": "it rewrites the audit log (S19)",
}


async def rights(connection: Connection) -> RoleRights:
    row = await connection.fetchrow(RIGHTS)
    assert row is not None, "a query without FROM has one row"
    missing = [str(found["name"]) for found in await connection.fetch(MISSING, list(_LESS), list(_LESS.values()))]
    revision: str | None = await connection.fetchval(REVISION) if row["is_migrated"] else None
    return RoleRights(
        str(row["name"]), tuple(told for name, told in _TOO_MANY.items() if row[name]), tuple(missing), revision
    )
