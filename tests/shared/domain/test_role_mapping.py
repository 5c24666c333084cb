"""What Entra's claims make of a person: pure rules."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.identity import EntraIdentity, Role
from shared.domain.role_mapping import MappingError, Meaning, Place, RoleMapping

HR = "11111111-1111-4111-8111-111111111111"
LEADS = "22222222-2222-4222-8222-22222222222a"
MAPPING = RoleMapping.parse(
    json.dumps(
        {
            "roles": {"Nexus.Admin": {"role": "super_admin"}, "Nexus.Manager": {"role": "content_manager"}},
            "groups": {
                HR.upper(): {"department": "HR", "country": "DE"},
                LEADS.upper(): {"department": "Leads", "role": "content_manager"},
            },
        }
    )
)
NOBODY = Place(Role.USER, None, None)


def person(roles: tuple[str, ...] | None = None, groups: tuple[str, ...] | None = None) -> EntraIdentity:
    return EntraIdentity("t", "o", "a@b.example", "A", roles=roles, groups=groups)


@pytest.mark.parametrize(
    ("roles", "groups", "now", "placed"),
    [
        # what is given is given
        (("Nexus.Admin",), (), NOBODY, Place(Role.SUPER_ADMIN, None, None)),
        ((), (HR,), NOBODY, Place(Role.USER, "HR", "DE")),
        # the highest role, the first department in the mapping's order, whatever the order of the claims
        (("Nexus.Manager", "Nexus.Admin"), (LEADS, HR), NOBODY, Place(Role.SUPER_ADMIN, "HR", "DE")),
        # empty claims take away what the mapping governs
        ((), (), Place(Role.SUPER_ADMIN, "HR", "DE"), NOBODY),
        # missing claims change nothing
        (None, None, Place(Role.SUPER_ADMIN, "HR", "DE"), Place(Role.SUPER_ADMIN, "HR", "DE")),
        # groups missing: they may be what the role comes from, so nobody falls; app roles may still raise
        ((), None, Place(Role.CONTENT_MANAGER, "HR", "DE"), Place(Role.CONTENT_MANAGER, "HR", "DE")),
        (("Nexus.Admin",), None, Place(Role.CONTENT_MANAGER, "HR", "DE"), Place(Role.SUPER_ADMIN, "HR", "DE")),
        # app roles missing: departments come from groups alone and follow them
        (None, (), Place(Role.SUPER_ADMIN, "HR", "DE"), Place(Role.SUPER_ADMIN, None, None)),
        # a claim that nobody mapped is like none of the mapped ones
        (("Other.App",), ("33333333-3333-4333-8333-333333333333",), Place(Role.SUPER_ADMIN, "HR", "DE"), NOBODY),
        # app role values are exact, group ids are the same in either case
        (("nexus.admin",), (HR.upper(),), NOBODY, Place(Role.USER, "HR", "DE")),
    ],
)
def test_claims_make_a_place(
    roles: tuple[str, ...] | None, groups: tuple[str, ...] | None, now: Place, placed: Place
) -> None:
    assert MAPPING.place(person(roles, groups), now) == placed


def test_what_no_entry_gives_is_left_to_nexus() -> None:
    mapping = RoleMapping.parse('{"roles": {"Nexus.Admin": {"role": "super_admin"}}}')
    now = Place(Role.USER, "HR", "DE")
    assert mapping.place(person((), ()), now) == now
    assert mapping.place(person(("Nexus.Admin",), ()), now) == Place(Role.SUPER_ADMIN, "HR", "DE")


_keys = st.sampled_from(["Nexus.Admin", "Nexus.Manager", "Other"])
_groups = st.sampled_from([HR, LEADS, "33333333-3333-4333-8333-333333333333"])
_claims = st.none() | st.lists(_keys, max_size=3).map(tuple)
_group_claims = st.none() | st.lists(_groups, max_size=3).map(tuple)
_places = st.builds(
    Place, st.sampled_from(Role), st.none() | st.sampled_from(["HR", "X"]), st.none() | st.sampled_from(["DE", "US"])
)


@settings(deadline=None, database=None, print_blob=True)
@given(_claims, _group_claims, _places, _places)
def test_signing_in_again_with_the_same_claims_changes_nothing_more(
    roles: tuple[str, ...] | None, groups: tuple[str, ...] | None, now: Place, other: Place
) -> None:
    who = person(roles, groups)
    once = MAPPING.place(who, now)
    assert MAPPING.place(who, once) == once
    if roles is not None and groups is not None:
        # with all claims there, where a person was before does not matter at all
        assert MAPPING.place(who, other) == once


@settings(deadline=None, database=None, print_blob=True)
@given(_claims, _group_claims, _places)
def test_nobody_becomes_administrator_without_the_role_for_it(
    roles: tuple[str, ...] | None, groups: tuple[str, ...] | None, now: Place
) -> None:
    placed = MAPPING.place(person(roles, groups), now)
    if placed.role is Role.SUPER_ADMIN:
        assert "Nexus.Admin" in (roles or ()) or (now.role is Role.SUPER_ADMIN and None in (roles, groups))


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("{", ["not valid JSON"]),
        ("[]", ["must be a JSON object"]),
        ("{}", ["names no app role and no group"]),
        ('{"roles": [], "group": {}}', ["roles must be an object", "not 'group'"]),
        ('{"roles": {"A": {"role": "user"}, "A": {"role": "user"}}}', ["says twice what 'A' means"]),
        (
            json.dumps(
                {
                    "roles": {"A": {}, "B": {"role": "owner", "dept": "HR"}, " ": {"role": "user"}},
                    "groups": {"HR": {"department": " ", "country": "XX"}, HR: {"country": "de", "role": None}},
                }
            ),
            [
                "roles['A'] must give at least one",
                "not 'dept'",
                "not 'owner'",
                "roles[' ']: this name is empty",
                "groups['HR']: a group is named by its object id",
                "department must be a name",
                "not 'XX'",
                "not 'de'",
                "role must be super_admin, content_manager or user, not None",
            ],
        ),
    ],
)
def test_every_fault_is_named_at_once(text: str, faults: list[str]) -> None:
    with pytest.raises(MappingError) as error:
        RoleMapping.parse(text)
    for fault in faults:
        assert any(fault in problem for problem in error.value.problems), (fault, error.value.problems)
    assert len(error.value.problems) == len(faults)


def test_names_are_kept_as_written_and_groups_in_lower_case() -> None:
    assert list(MAPPING.groups) == [HR, LEADS]
    assert MAPPING.groups[HR] == Meaning(None, "HR", "DE")


def test_values_of_the_wrong_kind_are_faults_and_no_crash() -> None:
    for wrong in ([], {}, 7, True, None, "\u0000" * 200):
        entry: dict[str, Any] = {"role": wrong, "department": wrong, "country": wrong}
        with pytest.raises(MappingError):
            RoleMapping.parse(json.dumps({"roles": {"A": entry}}))
