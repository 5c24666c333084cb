"""What goes into a module and comes out of it is what the module takes and gives; the same for parameter files."""

from collections.abc import Iterator
from pathlib import Path

from tests.infra.checker.expressions import Constant, Item, Member, Name, Object
from tests.infra.checker.files import BicepFile, Declaration, Kind, Problem, load
from tests.infra.checker.names import walk

_OF_A_MODULE = frozenset({"name", "params", "scope", "dependsOn"})


def check_modules(file: BicepFile) -> list[Problem]:
    problems = _imports(file)
    templates: dict[str, BicepFile] = {}
    for module in file.of(Kind.MODULE).values():
        path = file.path.parent / module.target
        if not path.is_file():
            problems.append(file.problem(module.line, "module", f"{module.target} does not exist"))
            continue
        template = templates[module.name] = load(path)
        problems += _inputs(file, module, template)
    return problems + _outputs(file, templates)


def check_parameters(file: BicepFile) -> list[Problem]:
    """A parameter file against the template that it is for."""
    if file.using is None:
        return [file.problem(1, "parameters", "no `using`")]
    path = file.path.parent / file.using
    if not path.is_file():
        return [file.problem(1, "parameters", f"{file.using} does not exist")]
    given = {name: each.line for name, each in file.of(Kind.VARIABLE).items()}
    return _compared(file, 1, given, load(path), "parameters")


def unused_outputs(files: list[BicepFile]) -> list[Problem]:
    """Outputs of modules that no template reads. Those of a template that is nobody's module are for people and
    scripts."""
    read: dict[Path, set[str]] = {}
    for file in files:
        modules = file.of(Kind.MODULE)
        for module in modules.values():
            read.setdefault((file.path.parent / module.target).resolve(), set())
        for module_name, output, _, _ in _reads(file):
            if module_name in modules:
                read[(file.path.parent / modules[module_name].target).resolve()].add(output)
    return [
        file.problem(output.line, "unused", f"nobody reads the output {name}")
        for file in files
        if file.path.resolve() in read
        for name, output in file.of(Kind.OUTPUT).items()
        if name not in read[file.path.resolve()]
    ]


def _inputs(file: BicepFile, module: Declaration, template: BicepFile) -> list[Problem]:
    problems = [
        file.problem(each.line, "module", f"a module has no property {each.key.value!r}")
        for each in module.body.properties
        if isinstance(each.key, Constant) and each.key.value not in _OF_A_MODULE
    ]
    params = module.body.get("params")
    given: dict[str, int] = {}
    if isinstance(params, Object):
        given = {str(each.key.value): each.line for each in params.properties if isinstance(each.key, Constant)}
    elif params is not None:
        problems.append(file.problem(module.line, "module", "params must be an object that can be read"))
    return problems + _compared(file, module.line, given, template, "module")


def _compared(file: BicepFile, line: int, given: dict[str, int], template: BicepFile, rule: str) -> list[Problem]:
    taken = template.of(Kind.PARAMETER)
    unknown = [
        file.problem(at, rule, f"{template.path.name} takes no {name}")
        for name, at in given.items()
        if name not in taken
    ]
    missing = [
        file.problem(line, rule, f"{template.path.name} needs {name}")
        for name, parameter in taken.items()
        if name not in given and not parameter.optional
    ]
    return unknown + missing


def _outputs(file: BicepFile, templates: dict[str, BicepFile]) -> list[Problem]:
    return [
        file.problem(line, "module", f"{templates[module].path.name} has no output {output}")
        for module, output, line, bound in _reads(file)
        if module in templates and module not in bound and output not in templates[module].of(Kind.OUTPUT)
    ]


def _reads(file: BicepFile) -> Iterator[tuple[str, str, int, frozenset[str]]]:
    """(name, output, line, names bound there) of each `name.outputs.output`, also of one of a loop."""
    for declaration in file.declarations:
        for expression, bound in walk(declaration.value) if declaration.value else ():
            match expression:
                case Member(of=Member(of=Name(name=module) | Item(of=Name(name=module)), name="outputs"), name=output):
                    yield module, output, expression.line, bound
                case _:
                    continue


def _imports(file: BicepFile) -> list[Problem]:
    problems: list[Problem] = []
    for each in file.of(Kind.IMPORT).values():
        path: Path = file.path.parent / each.target
        exported = (
            {
                name
                for kind in (Kind.TYPE, Kind.VARIABLE, Kind.FUNCTION)
                for name, found in load(path).of(kind).items()
                if any("export" in text for text in found.decorators)
            }
            if path.is_file()
            else set[str]()
        )
        if each.name not in exported:
            problems.append(file.problem(each.line, "module", f"{each.target} exports no {each.name}"))
    return problems
