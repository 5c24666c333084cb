"""Every name is declared, every function exists and gets as many arguments as it takes, and nothing is declared in
vain."""

from collections.abc import Iterator

from tests.infra.checker.expressions import (
    Array,
    Call,
    Condition,
    Expression,
    Item,
    Lambda,
    Loop,
    Member,
    Name,
    Object,
    Operation,
    Text,
)
from tests.infra.checker.files import BicepFile, Declaration, Kind, Problem

# Bicep's functions that a template of ours may use → fewest and most arguments (None: any number). From the language's
# reference; one that is missing here is added when it is first used.
FUNCTIONS: dict[str, tuple[int, int | None]] = {
    "any": (1, 1), "array": (1, 1), "base64": (1, 1), "bool": (1, 1), "cidrSubnet": (3, 3), "concat": (1, None),
    "contains": (2, 2), "deployer": (0, 0), "empty": (1, 1), "environment": (0, 0), "fail": (1, 1), "filter": (2, 2),
    "first": (1, 1), "format": (1, None), "guid": (1, None), "int": (1, 1), "items": (1, 1), "join": (2, 2),
    "json": (1, 1), "last": (1, 1), "length": (1, 1), "loadTextContent": (1, 2), "map": (2, 2), "max": (1, None),
    "min": (1, None), "newGuid": (0, 0), "range": (2, 2), "readEnvironmentVariable": (1, 2), "reduce": (3, 3),
    "replace": (3, 3), "resourceGroup": (0, 2), "resourceId": (2, None), "split": (2, 2), "startsWith": (2, 2),
    "string": (1, 1), "subscription": (0, 1), "subscriptionResourceId": (2, None), "take": (2, 2), "tenant": (0, 0),
    "toLower": (1, 1), "toObject": (2, 3), "toUpper": (1, 1), "union": (1, None), "uniqueString": (1, None),
}  # fmt: skip
_NAMESPACES = frozenset({"sys", "az"})


def check_names(file: BicepFile) -> list[Problem]:
    problems = _duplicates(file)
    declared = {each.name for each in file.declarations if each.kind is not Kind.OUTPUT}
    functions = file.of(Kind.FUNCTION)
    used: set[str] = set()
    for declaration in file.declarations:
        used |= {name for name in declaration.types if name in declared}
        problems += [
            file.problem(declaration.line, "undefined", f"the type {name} is not declared")
            for name in declaration.types
            if name not in declared
        ]
        if declaration.value is None:
            continue
        for expression, bound in walk(declaration.value, frozenset(declaration.parameters)):
            if isinstance(expression, Name) and expression.name not in bound | _NAMESPACES:
                if expression.name not in declared:
                    problems.append(file.problem(expression.line, "undefined", f"{expression.name} is not declared"))
                elif expression.name != declaration.name or declaration.kind is Kind.OUTPUT:
                    used.add(expression.name)
            if isinstance(expression, Call):
                used.add(expression.function)
                problems += _call(file, expression, functions)
    return problems + _unused(file, used)


def walk(expression: Expression, bound: frozenset[str] = frozenset()) -> Iterator[tuple[Expression, frozenset[str]]]:
    """The expression and all within it, each with the names that lambdas, loops and functions around it bind."""
    yield expression, bound
    match expression:
        case Text(parts=inner) | Array(items=inner) | Operation(operands=inner):
            parts = [(each, bound) for each in inner]
        case Member(of=of):
            parts = [(of, bound)]
        case Item(of=of, key=key):
            parts = [(of, bound), (key, bound)]
        case Call(arguments=arguments, of=of):
            parts = [(each, bound) for each in (*arguments, *([of] if of else []))]
        case Object(properties=properties):
            parts = [(each, bound) for entry in properties for each in (entry.key, entry.value)]
        case Lambda(parameters=parameters, body=body):
            parts = [(body, bound | set(parameters))]
        case Loop(variables=variables, over=over, body=body):
            parts = [(over, bound), (body, bound | set(variables))]
        case Condition(when=when, body=body):
            parts = [(when, bound), (body, bound)]
        case _:
            parts = []
    for part, names in parts:
        yield from walk(part, names)


def _call(file: BicepFile, call: Call, functions: dict[str, Declaration]) -> list[Problem]:
    if call.of is not None and not (isinstance(call.of, Name) and call.of.name in _NAMESPACES):
        return [file.problem(call.line, "undefined", f"{call.function} is called on a value")]
    given = len(call.arguments)
    if call.function in functions:
        taken = len(functions[call.function].parameters)
        fewest, most = taken, taken
    elif call.function in FUNCTIONS:
        fewest, most = FUNCTIONS[call.function]
    else:
        return [file.problem(call.line, "undefined", f"the function {call.function} is not known")]
    if given < fewest or (most is not None and given > most):
        return [file.problem(call.line, "arguments", f"{call.function} takes {fewest} to {most}, not {given}")]
    return []


def _duplicates(file: BicepFile) -> list[Problem]:
    """Outputs have names of their own."""
    seen: set[tuple[bool, str]] = set()
    problems: list[Problem] = []
    for each in file.declarations:
        key = (each.kind is Kind.OUTPUT, each.name)
        if key in seen:
            problems.append(file.problem(each.line, "duplicate", f"{each.name} is declared twice"))
        seen.add(key)
    return problems


def _unused(file: BicepFile, used: set[str]) -> list[Problem]:
    """Of a parameter file nothing: its values are for the template, which `modules.check_parameters` compares."""
    if file.using is not None:
        return []
    return [
        file.problem(each.line, "unused", f"{each.kind} {each.name} is not used")
        for each in file.declarations
        if each.name not in used
        and (
            each.kind in (Kind.PARAMETER, Kind.VARIABLE, Kind.FUNCTION, Kind.IMPORT)
            or (each.kind is Kind.TYPE and not any("export" in text for text in each.decorators))
            or (each.kind is Kind.RESOURCE and each.existing)
        )
    ]
