"""Imports only point down, SDKs stay in adapters, nothing in the product knows the local stack."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PRODUCT = [
    path
    for folder in ("functions", "shared")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "migrations" not in path.parts
] + [ROOT / "function_app.py"]

# Lower number = further down. A module may import its own layer and those below.
LAYERS = {
    "shared.errors": 0,
    "shared.domain": 0,
    "shared.settings": 1,
    "shared.settings_reader": 1,
    "shared.setting_groups": 1,
    "shared.variables": 1,
    "shared.ports": 1,
    "shared.ports_notebook": 1,
    "shared.correlation": 1,
    "shared.traces": 1,
    "shared.logs": 1,
    "shared.metrics": 1,
    "shared.tracing": 1,
    "shared.genai": 1,
    "shared.telemetry_exporter": 1,
    "shared.db": 2,
    "shared.services": 3,
    "shared.adapters": 3,
    "shared.runtime": 4,
    "shared.runtime_indexes": 4,
    "shared.runtime_ports": 4,
    "shared.web": 5,
    "functions": 6,
    "function_app": 7,
}
SDKS = {
    "openai", "anthropic", "qdrant_client", "redis", "azure.storage", "azure.identity", "msgraph", "msgraph_core",
    "kiota_abstractions", "jwt", "pypdf", "pypdfium2", "docx", "pptx", "python_calamine", "selectolax", "lxml",
    "httpx", "bpe_openai",
}  # fmt: skip


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer_of(module: str) -> int | None:
    best = max((name for name in LAYERS if module == name or module.startswith(name + ".")), key=len, default=None)
    return LAYERS[best] if best else None


def imports_of(path: Path, *, at_import_time: bool = False) -> list[str]:
    """Names of imported modules; TYPE_CHECKING blocks are left out, they are never run."""
    found: list[str] = []

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            return
        if at_import_time and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return
        if isinstance(node, ast.Import):
            found.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
            found.extend(f"{node.module}.{alias.name}" for alias in node.names)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text()))
    return found


@pytest.mark.parametrize("path", PRODUCT, ids=module_of)
def test_imports_point_down(path: Path) -> None:
    module = module_of(path)
    own = layer_of(module)
    if own is None:
        return
    for imported in imports_of(path):
        target = layer_of(imported)
        if target is None:
            continue
        assert target <= own, f"{module} imports {imported}, which lies above it"
        if imported.startswith("shared.adapters"):
            roots = ("shared.runtime_indexes", "shared.runtime_ports")
            assert module in roots or module.startswith("shared.adapters"), f"{module} imports an adapter"
        if imported.startswith("shared.services"):
            assert not module.startswith("shared.adapters"), f"{module} is an adapter and imports a service"


@pytest.mark.parametrize("path", PRODUCT, ids=module_of)
def test_sdks_are_imported_by_adapters_only_and_the_local_stack_by_nothing(path: Path) -> None:
    module = module_of(path)
    for imported in imports_of(path):
        assert not imported.startswith(("devstack", "tests", "bench", "evals", "infra")), f"{module} imports {imported}"
        if not module.startswith("shared.adapters"):
            assert not any(imported == sdk or imported.startswith(sdk + ".") for sdk in SDKS), (
                f"{module} imports {imported}"
            )


@pytest.mark.parametrize("path", [p for p in PRODUCT if "domain" in p.parts], ids=module_of)
def test_the_domain_does_no_input_or_output(path: Path) -> None:
    banned = ("asyncio", "asyncpg", "socket", "subprocess", "pydantic", "urllib.request", "azure", "os")
    for imported in imports_of(path):
        assert not any(imported == name or imported.startswith(name + ".") for name in banned), imported
