"""The route table, as ASP.NET reads templates."""

import pytest

from devstack.functions_host.routing import Match, Route, RouteError, RouteTable


def table(**routes: str) -> RouteTable:
    return RouteTable(Route.read(template, ["get"], name) for name, template in routes.items())


def find(routes: RouteTable, path: str, method: str = "GET") -> tuple[str, dict[str, str]] | None:
    found = routes.find(method, path)
    return (found.function_name, found.parameters) if isinstance(found, Match) else None


def test_a_literal_goes_before_a_parameter_wherever_it_was_declared() -> None:
    routes = table(one="api/docs/{id}", latest="api/docs/latest", rest="api/{*rest}")
    assert find(routes, "/api/docs/latest") == ("latest", {})
    assert find(routes, "/api/docs/7") == ("one", {"id": "7"})
    assert find(routes, "/api/other/7") == ("rest", {"rest": "other/7"})


def test_precedence_is_decided_by_the_first_segment_that_differs() -> None:
    routes = table(deep="{a}/edit/now", literal="docs/{b}/{c}")
    assert find(routes, "/docs/edit/now") == ("literal", {"b": "edit", "c": "now"})


def test_a_constrained_parameter_goes_before_a_plain_one_and_lets_others_through() -> None:
    routes = table(name="x/{name}", number="x/{number:int}", key="x/{key:guid}")
    assert find(routes, "/x/12") == ("number", {"number": "12"})
    assert find(routes, "/x/12a") == ("name", {"name": "12a"})
    key = "0b6f7d1c-3ce0-4a3a-9a53-0c4a6d1d9b11"
    assert find(routes, f"/x/{key}") == ("key", {"key": key})


@pytest.mark.parametrize(
    ("constraint", "accepted", "refused"),
    [
        ("int", "-2147483648", "2147483648"),
        ("long", "2147483648", "9223372036854775808"),
        ("bool", "TRUE", "yes"),
        ("alpha", "abc", "ab1"),
        ("decimal", "-1.5", "1e5"),
        ("double", "1e5", "one"),
        ("length(3)", "abc", "ab"),
        ("length(2,3)", "ab", "abcd"),
        ("minlength(2)", "ab", "a"),
        ("maxlength(2)", "ab", "abc"),
        ("min(5)", "5", "4"),
        ("max(5)", "5", "6"),
        ("range(2,4)", "4", "5"),
        ("int:min(1)", "1", "0"),
        ("guid", "0b6f7d1c3ce04a3a9a530c4a6d1d9b11", "0b6f7d1c"),
    ],
)
def test_a_constraint_decides_whether_the_route_exists(constraint: str, accepted: str, refused: str) -> None:
    routes = table(it="x/{value:" + constraint + "}")
    assert find(routes, f"/x/{accepted}") == ("it", {"value": accepted})
    assert find(routes, f"/x/{refused}") is None


def test_an_optional_parameter_may_be_absent_and_is_then_left_out() -> None:
    routes = table(it="x/{id?}")
    assert find(routes, "/x") == ("it", {})
    assert find(routes, "/x/") == ("it", {})
    assert find(routes, "/x/7") == ("it", {"id": "7"})
    assert find(routes, "/x/7/8") is None


def test_an_optional_parameter_with_a_constraint_is_checked_when_present() -> None:
    routes = table(it="x/{id:int?}")
    assert find(routes, "/x") == ("it", {})
    assert find(routes, "/x/a") is None


def test_the_rest_takes_slashes_and_may_be_empty() -> None:
    routes = table(it="files/{*path}")
    assert find(routes, "/files/a/b.txt") == ("it", {"path": "a/b.txt"})
    assert find(routes, "/files") == ("it", {})


def test_a_segment_may_mix_text_and_parameters() -> None:
    routes = table(it="files/{name}.{extension}")
    assert find(routes, "/files/a.b.txt") == ("it", {"name": "a.b", "extension": "txt"})
    assert find(routes, "/files/a") is None


def test_literals_ignore_case_and_values_are_decoded_except_for_the_slash() -> None:
    routes = table(it="Docs/{id}")
    assert find(routes, "/dOCS/%C3%A4%20b%2Fc") == ("it", {"id": "ä b%2Fc"})


def test_an_empty_segment_is_not_a_value() -> None:
    assert find(table(it="x/{id}/y"), "/x//y") is None


def test_a_path_of_another_method_says_which_ones_it_takes() -> None:
    routes = RouteTable(
        [Route.read("x", ["GET"], "read"), Route.read("x", ["PUT", "DELETE"], "write"), Route.read("y", [], "y")]
    )
    assert routes.find("POST", "/x") == {"GET", "PUT", "DELETE"}
    assert routes.find("POST", "/z") == frozenset()
    assert routes.find("DELETE", "/x") == Match("write", {})
    assert routes.find("PATCH", "/y") == Match("y", {})


def test_a_less_specific_route_serves_the_method_the_specific_one_lacks() -> None:
    routes = RouteTable([Route.read("x/y", ["GET"], "read"), Route.read("x/{id}", ["PUT"], "write")])
    assert routes.find("PUT", "/x/y") == Match("write", {"id": "y"})


@pytest.mark.parametrize(
    "template", ["x/{id:wrong}", "x/{id", "x/{*rest}/y", "{a?}/b", "x/a{b?}", "x/{n:range(1)}", "x/{n:min(a)}"]
)
def test_a_template_that_is_not_understood_is_refused(template: str) -> None:
    with pytest.raises(RouteError):
        Route.read(template, [], "it")
