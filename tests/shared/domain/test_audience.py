"""Who may read what: department × country, and null is everyone."""

from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.audience import Audience, Scope
from shared.domain.identity import Caller, Role
from shared.domain.ids import CountryId, DepartmentId, UserId

# Few values, so that they meet.
_ids = st.integers(1, 3).map(lambda number: UUID(int=number))
_departments = st.none() | _ids.map(DepartmentId)
_countries = st.none() | _ids.map(CountryId)
_scopes = st.builds(Scope, _departments, _countries)
_callers = st.builds(Caller, st.just(UserId(UUID(int=9))), st.sampled_from(Role), _departments, _countries)
_quick = settings(deadline=None, database=None, print_blob=True, max_examples=300)


@_quick
@given(_callers, _scopes)
def test_a_scope_is_read_by_those_whose_department_and_country_it_names(caller: Caller, scope: Scope) -> None:
    readers = {
        (department, country)
        for department in (None, *(UUID(int=number) for number in (1, 2, 3)))
        for country in (None, *(UUID(int=number) for number in (1, 2, 3)))
        if scope.department_id in (None, department) and scope.country_id in (None, country)
    }
    assert Audience.of(caller).covers(scope) == ((caller.department_id, caller.country_id) in readers)


@_quick
@given(_callers)
def test_what_is_for_everyone_is_for_everyone_and_no_role_reads_more(caller: Caller) -> None:
    audience = Audience.of(caller)
    assert audience.covers(Scope(None, None))
    for role in Role:
        other = Caller(caller.user_id, role, caller.department_id, caller.country_id)
        assert Audience.of(other) == audience


@_quick
@given(_scopes)
def test_who_belongs_nowhere_reads_only_what_is_for_everyone(scope: Scope) -> None:
    nobody = Audience(None, None)
    assert nobody.covers(scope) == (scope == Scope(None, None))


@_quick
@given(_callers, _scopes)
def test_narrowing_a_scope_never_lets_more_people_in(caller: Caller, scope: Scope) -> None:
    audience = Audience.of(caller)
    if audience.covers(scope):
        assert audience.covers(Scope(None, scope.country_id))
        assert audience.covers(Scope(scope.department_id, None))
