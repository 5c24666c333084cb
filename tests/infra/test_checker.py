"""The checker itself: each rule is seen to fail on a broken snippet, and to be silent on the same one mended."""

from pathlib import Path

import pytest

from tests.infra.checker.files import BicepFile, Problem, load, parse
from tests.infra.checker.modules import check_modules, check_parameters, unused_outputs
from tests.infra.checker.names import check_names
from tests.infra.checker.resources import check_resources
from tests.infra.checker.values import TemplateFails, Values


def file_of(text: str, path: Path = Path("broken.bicep")) -> BicepFile:
    return parse(text, path)


def told(problems: list[Problem]) -> list[str]:
    return [f"{problem.line} {problem.rule}: {problem.message}" for problem in problems]


VAULT = """
param name string
resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {{
  name: name
  location: resourceGroup().location
  properties: {{
    tenantId: tenant().tenantId
    sku: {{ family: 'A', name: 'standard' }}
    {more}
  }}
}}
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("var a = {\n  b: \n}\n", "syntax"),
        ("resource x 'A/b@2025-01-01' = \n", "syntax"),
        ("param a string\noutput b string = a +\n", "syntax"),
    ],
)
def test_what_is_not_bicep_is_told(text: str, said: str) -> None:
    assert said in {problem.rule for problem in file_of(text).problems}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("output a string = b\n", "1 undefined: b is not declared"),
        ("param p string\noutput a string = '${p}-${q}'\n", "2 undefined: q is not declared"),
        ("output a array = map(['x'], each => other.name)\n", "1 undefined: other is not declared"),
        ("param e bool\nparam m string\noutput a string = e ? m : c!.d\n", "3 undefined: c is not declared"),
        ("param x array\noutput a array = [for each in x: eech.name]\n", "2 undefined: eech is not declared"),
        ("output a array = [first(b), empty('c')]\n", "1 undefined: b is not declared"),
        ("output a array = [first('b'), f(1)]\n", "1 undefined: the function f is not known"),
        ("param a kind\noutput b object = a\n", "1 undefined: the type kind is not declared"),
        ("output a string = toLower('A', 'B')\n", "1 arguments: toLower takes 1 to 1, not 2"),
        ("func f(a string) string => a\noutput b string = f()\n", "2 arguments: f takes 1 to 1, not 0"),
        ("param a string\nvar a = 1\noutput b string = a\n", "2 duplicate: a is declared twice"),
        ("param a string\n", "1 unused: param a is not used"),
        ("var a = 1\n", "1 unused: var a is not used"),
        ("type a = { b: string }\n", "1 unused: type a is not used"),
        (
            "resource a 'Microsoft.KeyVault/vaults@2024-11-01' existing = {\n  name: 'x'\n}\n",
            "1 unused: resource a is not used",
        ),
    ],
)
def test_names_are_declared_used_and_rightly_called(text: str, said: str) -> None:
    assert told(check_names(file_of(text))) == [said]


def test_names_of_lambdas_loops_and_functions_are_known_inside_them_only() -> None:
    right = """
param items array
func named(prefix string, name string) string => '${prefix}-${name}'
output a array = map(filter(items, each => each.on), each => named('x', each.name))
output b array = [for (each, index) in items: '${each.name}${index}']
"""
    assert told(check_names(file_of(right))) == []
    outside = "param items array\noutput a array = concat(map(items, each => each), each)\n"
    assert told(check_names(file_of(outside))) == ["2 undefined: each is not declared"]


@pytest.fixture
def template(tmp_path: Path) -> Path:
    (tmp_path / "part.bicep").write_text(
        "param needed string\nparam optional string = 'x'\nparam nothing string?\n"
        "@export()\ntype shape = { a: string }\ntype own = { a: string }\n"
        "output given string = '${needed}${optional}${nothing}'\n"
    )
    return tmp_path / "whole.bicep"


@pytest.mark.parametrize(
    ("params", "after", "said"),
    [
        ("needed: 'a'", "output o string = part.outputs.given", []),
        ("needed: 'a', optional: 'b'", "output o string = part!.outputs.given", []),
        ("optional: 'b'", "", ["1 module: part.bicep needs needed"]),
        ("needed: 'a', other: 'b'", "", ["3 module: part.bicep takes no other"]),
        ("needed: 'a'", "output o string = part.outputs.gone", ["5 module: part.bicep has no output gone"]),
        ("needed: 'a'", "var o = true ? 'a' : part!.outputs.gone", ["5 module: part.bicep has no output gone"]),
        ("needed: 'a'", "import { shape } from 'part.bicep'", []),
        ("needed: 'a'", "import { own } from 'part.bicep'", ["5 module: part.bicep exports no own"]),
    ],
)
def test_what_goes_into_a_module_and_comes_out_of_it_fits(
    template: Path, params: str, after: str, said: list[str]
) -> None:
    text = f"module part 'part.bicep' = {{\n  name: 'part'\n  params: {{ {params} }}\n}}\n{after}\n"
    assert told(check_modules(file_of(text, template))) == said


def test_a_module_that_is_not_there_or_has_properties_of_a_resource_is_told(template: Path) -> None:
    gone = "module a 'gone.bicep' = {\n  name: 'a'\n}\n"
    placed = "module b 'part.bicep' = {\n  name: 'b'\n  location: 'x'\n  params: { needed: 'x' }\n}\n"
    text = gone + placed
    assert told(check_modules(file_of(text, template))) == [
        "1 module: gone.bicep does not exist",
        "6 module: a module has no property 'location'",
    ]


def test_an_output_that_nobody_reads_is_told(template: Path) -> None:
    template.write_text("module part 'part.bicep' = {\n  name: 'part'\n  params: { needed: 'x' }\n}\n")
    files = [load(template), load(template.parent / "part.bicep")]
    assert told(unused_outputs(files)) == ["7 unused: nobody reads the output given"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("using 'part.bicep'\nparam needed = 'x'\n", []),
        ("using 'part.bicep'\nparam optional = 'x'\n", ["1 parameters: part.bicep needs needed"]),
        ("using 'part.bicep'\nparam needed = 'x'\nparam other = 1\n", ["3 parameters: part.bicep takes no other"]),
        ("using 'gone.bicep'\n", ["1 parameters: gone.bicep does not exist"]),
        ("param needed = 'x'\n", ["1 parameters: no `using`"]),
    ],
)
def test_a_parameter_file_is_compared_with_its_template(template: Path, text: str, said: list[str]) -> None:
    assert told(check_parameters(file_of(text, template.parent / "whole.bicepparam"))) == said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("enableRbacAuthorization: true", []),
        ("enableRbac: true", ["takes no enableRbac"]),
        ("networkAcls: { bypass: 'AzureService' }", ["is one of AzureServices, None, not 'AzureService'"]),
        ("networkAcls: true ? { default: 'Deny' } : {}", ["takes no default"]),
        ("networkAcls: { ipRules: [{ ip: '1.2.3.4' }] }", ["takes no ip", "needs value"]),
        ("networkAcls: { ipRules: [for ip in ['1.2.3.4']: { address: ip }] }", ["takes no address", "needs value"]),
    ],
)
def test_a_property_that_its_type_does_not_take_is_told(more: str, said: list[str]) -> None:
    found = told(check_resources(file_of(VAULT.format(more=more))))
    assert len(found) == len(said), found
    assert all(part in line for part, line in zip(said, found, strict=True)), found


def test_a_required_property_an_unknown_type_and_an_unknown_version_are_told() -> None:
    text = VAULT.format(more="").replace("    tenantId: tenant().tenantId\n", "")
    assert told(check_resources(file_of(text))) == [
        "6 property: Microsoft.KeyVault/vaults@2024-11-01.properties needs tenantId"
    ]
    other = VAULT.format(more="").replace("2024-11-01", "2015-06-01")
    assert told(check_resources(file_of(other))) == ["3 type: Microsoft.KeyVault/vaults@2015-06-01 is not in the table"]


@pytest.mark.parametrize(
    ("read", "said"),
    [
        ("vault.id", []),
        ("vault.properties.vaultUri", []),
        ("vault.properties.sku.name", []),
        ("vault.properties.uri", ["gives no properties.uri"]),
        ("vault.uri", ["gives no uri"]),
    ],
)
def test_what_is_read_of_a_resource_is_something_it_gives(read: str, said: list[str]) -> None:
    found = told(check_resources(file_of(VAULT.format(more="") + f"output o string = {read}\n")))
    assert len(found) == len(said)
    assert all(part in line for part, line in zip(said, found, strict=True)), found


def test_values_are_worked_out_as_bicep_would() -> None:
    file = file_of("""
param names array
param on bool = true
func hello(name string) string => 'hello ${name}'
var long = filter(names, name => length(name) > 2)
var all = union({ a: 1, b: 2 }, on ? { b: 3 } : {})
output greetings array = map(long, name => hello(toLower(name)))
output flag string = '${on}${all.b}${names[0]}'
output joined string = join([for (name, i) in names: '${i}${name}'], ',')
output refused string = on ? fail('no') : 'yes'
output lazy string = !on && fail('never') ? 'a' : 'b'
param one object
output bound bool = on && one.two == 'x' || on == one.two
output bound2 string = !on ? 'a' : one!.two == 'x' ? names[1] : 'c'
output grouped bool = (on && one.two) == 'x'
""")
    values = Values(file, {"names": ["AB", "ABC"], "one": {"two": "x"}})
    assert values.output("greetings") == ["hello abc"]
    assert values.output("flag") == "true3AB"
    assert values.output("joined") == "0AB,1ABC"
    assert values.output("lazy") == "b"
    assert values.output("bound") is True
    assert values.output("bound2") == "ABC"
    assert values.output("grouped") is False
    with pytest.raises(TemplateFails, match="no"):
        values.output("refused")
