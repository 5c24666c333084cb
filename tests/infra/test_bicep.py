"""Every Bicep file is right, as far as a machine without Bicep can tell. CI's `bicep build`, `lint` and what-if see
more: types of values, functions' results, what a region offers, what a subscription allows."""

import re
from pathlib import Path

import pytest

from tests.infra.checker.expressions import Constant
from tests.infra.checker.files import Kind, load
from tests.infra.checker.modules import check_modules, check_parameters, unused_outputs
from tests.infra.checker.names import check_names
from tests.infra.checker.resources import check_resources, resource_types
from tests.infra.templates import BICEP, PARAMETER_FILES, TEMPLATES, resources


def named(path: Path) -> str:
    return path.relative_to(BICEP).as_posix()


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_a_template_is_right(path: Path) -> None:
    file = load(path)
    problems = file.problems + check_names(file) + check_modules(file) + check_resources(file)
    assert [str(problem) for problem in problems] == []


@pytest.mark.parametrize("path", PARAMETER_FILES, ids=named)
def test_a_parameter_file_fits_its_template(path: Path) -> None:
    file = load(path)
    problems = file.problems + check_names(file) + check_parameters(file)
    assert [str(problem) for problem in problems] == []


def test_there_is_a_parameter_file_for_each_stage() -> None:
    assert [path.name for path in PARAMETER_FILES] == ["main.dev.bicepparam", "main.prod.bicepparam"]


def test_every_output_of_a_module_is_read_by_someone() -> None:
    assert [str(problem) for problem in unused_outputs([load(path) for path in TEMPLATES])] == []


def test_every_module_is_used() -> None:
    used = {
        (path.parent / module.target).resolve() for path in TEMPLATES for module in load(path).of(Kind.MODULE).values()
    }
    assert {path.resolve() for path in (BICEP / "modules").glob("*.bicep")} == used


def test_the_table_of_types_holds_nothing_that_is_not_used() -> None:
    used = {each.target.lower() for path in TEMPLATES for each in load(path).of(Kind.RESOURCE).values()}
    assert set(resource_types()) - used == set()


def test_one_type_is_used_at_one_version() -> None:
    versions: dict[str, set[str]] = {}
    for path in TEMPLATES:
        for resource in load(path).of(Kind.RESOURCE).values():
            name, _, version = resource.target.partition("@")
            versions.setdefault(name.lower(), set()).add(version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_whatever_can_be_tagged_is_tagged() -> None:
    """Costs are told apart by tags."""
    untagged = [
        f"{file.path.name}: {resource.name}"
        for file, resource in resources()
        if "tags" in (resource_types()[resource.target.lower()].takes.properties or {})
        and not resource.target.startswith("Microsoft.Graph/")
        and "tags" not in resource.body
        # children carry their parent's, and take tags of another kind
        and "parent" not in resource.body
    ]
    assert untagged == []


# Categories that say what people asked or wrote are left out on purpose, and are not to come back.
_OF_CONTENT = {"RequestResponse", "Trace"}


def test_every_service_tells_the_workspace_what_it_does_and_none_what_people_wrote() -> None:
    told: dict[str, str] = {}
    for path in TEMPLATES:
        for resource in load(path).of(Kind.RESOURCE).values():
            if resource.target.startswith("Microsoft.Insights/diagnosticSettings@"):
                told[path.stem] = path.read_text("utf-8")
    assert told.keys() == {"function-app", "key-vault", "openai", "postgres", "qdrant-vm", "redis", "storage"}
    for name, text in told.items():
        assert "workspaceId: workspaceId" in text, name
        for category in _OF_CONTENT:
            assert f"category: '{category}'" not in text, name
        assert name != "openai" or "categoryGroup" not in text, "a group would bring them all"


def test_no_file_names_a_module_of_a_registry() -> None:
    """Raw resources at pinned versions: what is deployed is what is read here."""
    for path in TEMPLATES:
        for module in load(path).of(Kind.MODULE).values():
            assert not module.target.startswith(("br:", "br/", "ts:")), f"{path.name}: {module.target}"


def test_nested_deployments_have_names_of_their_own() -> None:
    """Two modules of one name in one resource group overwrite each other's deployment."""
    names = [
        name.value
        for path in TEMPLATES
        for module in load(path).of(Kind.MODULE).values()
        if isinstance(name := module.body.get("name"), Constant)
    ]
    assert sorted(names) == sorted(set(names))


def test_every_path_that_a_comment_or_description_names_exists() -> None:
    for path in [*TEMPLATES, *PARAMETER_FILES]:
        for named_path in re.findall(
            r"\b((?:infra|docs|tests|shared)/[\w./-]+\.(?:md|py|bicep))", path.read_text("utf-8")
        ):
            assert (BICEP.parent.parent / named_path).is_file(), f"{named(path)} names {named_path}"
