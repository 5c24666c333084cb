"""How far a content manager's hand reaches: their own scope, if they have one, on libraries, documents and syncs."""

from itertools import product
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devstack.stack.postgres import Database
from devstack.stack.redis import Redis
from shared.db import libraries, scopes, sync_runs
from shared.domain.audience import Audience, Scope
from shared.domain.documents import LibraryAddress
from shared.domain.identity import Caller, Role
from shared.domain.ids import CountryId, DepartmentId, LibraryId, UserId, document_id
from shared.errors import NotFound
from shared.web.reach import reach_of, require_reach
from tests.security.in_process import Api, Someone, in_process

# Few values, so that they meet.
_ids = st.integers(1, 3).map(lambda number: UUID(int=number))
_scopes = st.builds(Scope, st.none() | _ids.map(DepartmentId), st.none() | _ids.map(CountryId))
_callers = st.builds(
    Caller,
    st.just(UserId(UUID(int=9))),
    st.sampled_from(Role),
    st.none() | _ids.map(DepartmentId),
    st.none() | _ids.map(CountryId),
)


def reaches(caller: Caller, scope: Scope) -> bool:
    try:
        require_reach(caller, scope, "library")
    except NotFound:
        return False
    return True


@settings(deadline=None, database=None, print_blob=True, max_examples=300)
@given(_callers, _scopes)
def test_an_administrator_reaches_all_and_a_manager_their_own_scope_if_they_have_one(
    caller: Caller, scope: Scope
) -> None:
    reached = reaches(caller, scope)
    if caller.role is Role.SUPER_ADMIN:
        assert reached
        assert reach_of(caller) == Scope(None, None)
        return
    own = Scope(caller.department_id, caller.country_id)
    assert reaches(caller, own)
    # an axis the manager has must be the very same: what is for everyone is not theirs to steer
    axes = ((own.department_id, scope.department_id), (own.country_id, scope.country_id))
    assert reached == all(mine is None or mine == theirs for mine, theirs in axes)


async def made(api: Api) -> dict[LibraryId, Scope]:
    """A library with a document and a sync run for every scope there can be of two departments and two countries."""
    async with api.runtime.db.transaction() as connection:
        departments = [None, *[(await scopes.add_department(connection, name)).id for name in ("HR", "Sales")]]
        countries = [None, *[(await scopes.add_country(connection, code, code)).id for code in ("DE", "US")]]
        found: dict[LibraryId, Scope] = {}
        for number, (department, country) in enumerate(product(departments, countries)):
            address = LibraryAddress("site", f"drive{number}", f"L{number}", f"https://sp.example/{number}")
            scope = Scope(department, country)
            library = await libraries.add(connection, address, scope, enabled=True)
            await sync_runs.add(connection, library.id, "manual", is_full=False, started_by=None)
            await connection.execute(
                "INSERT INTO sharepoint_documents (id, sharepoint_id, file_name, file_url, library_url, department_id,"
                " country_id, file_type, drive_id, library_id, status)"
                " VALUES ($1, 'item', $2, 'u', 'l', $3, $4, 't', $5, $6, 'indexed')",
                document_id(f"drive{number}", "item"), f"{number}.txt", department, country, f"drive{number}",
                library.id,
            )  # fmt: skip
            found[library.id] = scope
    return found


async def listed(person: Someone, path: str, field: str) -> set[UUID]:
    reply = await person.call("GET", path, params={"limit": 100})
    assert reply.status_code == 200, reply.text
    return {UUID(item[field]) for item in reply.json()["items"]}


async def test_every_list_shows_a_manager_what_is_within_reach_and_nothing_else(
    database: Database, redis_server: Redis
) -> None:
    async with in_process(database, redis_server) as api:
        by_library = await made(api)
        places = set(by_library.values())
        for number, (role, place) in enumerate(product((Role.CONTENT_MANAGER, Role.SUPER_ADMIN), places)):
            person = await api.person(f"manager{number}", role, place.department_id, place.country_id)
            within = {library for library, scope in by_library.items() if reaches(person.user.caller, scope)}
            assert within
            assert await listed(person, "admin/libraries", "id") == within
            assert await listed(person, "admin/documents", "library_id") == within
            assert await listed(person, "admin/sync-runs", "library_id") == within


@settings(
    max_examples=10,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
async def test_a_document_opens_for_its_audience_only_whatever_the_role(
    database: Database, redis_server: Redis, data: st.DataObject
) -> None:
    async with in_process(database, redis_server) as api:
        async with api.runtime.db.transaction() as connection:
            await connection.execute("DELETE FROM sharepoint_sync_state")
            await connection.execute("DELETE FROM users")
            await connection.execute("DELETE FROM departments")
            await connection.execute("DELETE FROM countries")
        by_library = await made(api)
        place = data.draw(st.sampled_from(list(by_library.values())), label="place")
        role = data.draw(st.sampled_from(Role), label="role")
        person = await api.person("reader", role, place.department_id, place.country_id)
        for number, scope in enumerate(by_library.values()):
            reply = await person.call("GET", f"documents/{document_id(f'drive{number}', 'item')}")
            may = Audience(place.department_id, place.country_id).covers(scope)
            assert reply.status_code == (200 if may else 404), (role, place, scope)


async def test_a_manager_cannot_give_a_library_to_a_scope_out_of_reach(database: Database, redis_server: Redis) -> None:
    async with in_process(database, redis_server) as api:
        by_library = await made(api)
        for number, own in enumerate(set(by_library.values())):
            manager = await api.person(f"m{number}", Role.CONTENT_MANAGER, own.department_id, own.country_id)
            library = next(library for library, scope in by_library.items() if scope == own)
            for scope in set(by_library.values()):
                change = {
                    "department_id": str(scope.department_id) if scope.department_id else None,
                    "country_id": str(scope.country_id) if scope.country_id else None,
                }
                reply = await manager.call("PATCH", f"admin/libraries/{library}", json=change)
                inside = reaches(manager.user.caller, scope)
                assert reply.status_code == (200 if inside else 404), (own, scope, reply.text)
                back = {
                    "department_id": str(own.department_id) if own.department_id else None,
                    "country_id": str(own.country_id) if own.country_id else None,
                }
                await manager.call("PATCH", f"admin/libraries/{library}", json=back)
