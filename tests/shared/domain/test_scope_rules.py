"""Rules by folder: which one holds, and what is no rule."""

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.audience import Scope
from shared.domain.ids import DepartmentId
from shared.domain.scope_rules import MOST_RULES, ScopeRule, ScopeRules
from shared.errors import Invalid

BOARD, HR = (Scope(DepartmentId(UUID(int=number)), None) for number in (1, 2))
EVERYONE = Scope(None, None)


def rules(**given: Scope) -> ScopeRules:
    return ScopeRules.of([ScopeRule(prefix, scope) for prefix, scope in given.items()])


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("a.txt", None),
        ("Board/a.txt", BOARD),
        ("Board/2024/a.txt", BOARD),
        ("Board/People/a.txt", HR),
        ("Board/People/Public/a.txt", EVERYONE),
        ("Board/People/Publicity/a.txt", HR),
        ("Boardroom/a.txt", None),
        ("Board2/a.txt", None),
        ("Other/Board/a.txt", None),
        ("board/PEOPLE/a.txt", HR),
        ("BOARD/people/PUBLIC/deep/er/a.txt", EVERYONE),
        # what is called like the folder is what the administrator meant
        ("Board", BOARD),
    ],
)
def test_the_deepest_folder_with_a_rule_decides_by_whole_names(path: str, scope: Scope | None) -> None:
    made = rules(**{"Board": BOARD, "Board/People": HR, "Board/People/Public": EVERYONE})
    assert made.of_path(path) == scope


def test_names_are_compared_as_sharepoint_does_whatever_their_case_and_however_accents_are_written() -> None:
    composed, decomposed = "Gehälter/Vergütung", "Geha\u0308lter/VERGU\u0308TUNG"
    for written, found in ((composed, decomposed), (decomposed, composed)):
        assert rules(**{written: HR}).of_path(f"{found}/a.txt") == HR


@pytest.mark.parametrize("written", ["/Board/", "Board/", " /Board ", "Board"])
def test_slashes_and_spaces_around_a_folder_say_nothing(written: str) -> None:
    (rule,) = rules(**{written: HR}).rules
    assert rule.path_prefix == "Board"


@pytest.mark.parametrize(
    "written",
    ["", "/", "  ", "..", "a/../b", "./a", "a//b", "a\\b", "a/ b", "a|b", "a*", "a:b", "a\nb", "a\0b", "x" * 401],
)
def test_what_no_folder_in_sharepoint_is_called_is_refused_by_its_place(written: str) -> None:
    with pytest.raises(Invalid) as refused:
        ScopeRules.of([ScopeRule("fine", HR), ScopeRule(written, HR)])
    assert refused.value.code == "scope_rules_invalid"
    assert [error.pointer for error in refused.value.errors] == ["/scope_rules/1/path_prefix"]


@pytest.mark.parametrize("second", ["Board", "/board/", "BOARD", "Geha\u0308lter"])
def test_a_folder_has_one_rule(second: str) -> None:
    first = "Gehälter" if "\u0308" in second else "Board"
    with pytest.raises(Invalid):
        ScopeRules.of([ScopeRule(first, HR), ScopeRule(second, BOARD)])


def test_the_number_of_rules_is_bounded() -> None:
    many = [ScopeRule(f"folder {number}", HR) for number in range(MOST_RULES + 1)]
    assert len(ScopeRules.of(many[1:]).rules) == MOST_RULES
    with pytest.raises(Invalid):
        ScopeRules.of(many)


def test_changed_folders_are_those_with_another_scope_in_either() -> None:
    before = rules(a=HR, b=HR, c=HR)
    after = rules(A=HR, b=BOARD, d=HR)
    assert sorted(before.changed_folders(after)) == ["b", "c", "d"]


_names = st.sampled_from(["a", "A", "b", "ab", "a b"])
_paths = st.lists(_names, min_size=1, max_size=4).map("/".join)


@settings(deadline=None, database=None, print_blob=True)
@given(st.dictionaries(_paths, st.sampled_from([BOARD, HR, EVERYONE]), max_size=6), _paths)
def test_a_rule_holds_exactly_for_what_lies_at_or_below_it(written: dict[str, Scope], path: str) -> None:
    """Against the plainest reading: the longest of all prefixes that the path begins with, name by name."""
    by_folder = {prefix.lower(): scope for prefix, scope in written.items()}
    made = rules(**by_folder)
    matching = [prefix for prefix in by_folder if f"{path.lower()}/".startswith(f"{prefix}/")]
    assert made.of_path(path) == (by_folder[max(matching, key=len)] if matching else None)
