"""A client generated from the description compiles, and knows what the API promises.

openapi-typescript makes types and nothing else, openapi-fetch is 6 KB around `fetch` that reads them: no generated code
is shipped, a stream stays the page's to read, and the web app takes its types from the same generator. hey-api would
generate a function per route, which is code to ship and to keep.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import function_app  # noqa: F401 - fills the registry
from devstack.stack.azurite import NODE_FOLDER
from shared.web import openapi
from tests.conftest import ROOT

USAGE = ROOT / "tests" / "functions" / "typescript" / "usage.ts"
STRICT = {
    "strict": True,
    "noUncheckedIndexedAccess": True,
    "noImplicitReturns": True,
    "noFallthroughCasesInSwitch": True,
    "noEmit": True,
    "target": "es2022",
    "module": "nodenext",
    "lib": ["es2022", "dom", "dom.iterable"],
    "types": [],
    # where it is installed, and no link to it: whoever tidies this folder up must not reach the packages
    "paths": {
        "openapi-fetch": [str(NODE_FOLDER.resolve() / "node_modules" / "openapi-fetch" / "dist" / "index.d.mts")]
    },
}


def node(script: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["node", str(NODE_FOLDER / "node_modules" / script), *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def compile_alone(project: Path, file: str) -> subprocess.CompletedProcess[str]:
    (project / "tsconfig.json").write_text(json.dumps({"compilerOptions": STRICT, "files": [file]}))
    return node("typescript/bin/tsc", "--project", "tsconfig.json", cwd=project)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the generated types."""
    if not (NODE_FOLDER / "node_modules" / "openapi-typescript").is_dir():
        pytest.skip("openapi-typescript is not installed: `make up`, or `npm ci --ignore-scripts` in devstack/node")
    folder = tmp_path_factory.mktemp("typescript")
    (folder / "openapi.json").write_bytes(openapi.document())
    (folder / "package.json").write_text('{"type": "module"}')
    # a field with a default may be left out of a request; replies are described without defaults, all fields sent
    arguments = ("openapi.json", "--output", "schema.d.ts", "--default-non-nullable=false")
    made = node("openapi-typescript/bin/cli.js", *arguments, cwd=folder)
    assert made.returncode == 0, made.stdout + made.stderr
    return folder


def test_the_generated_client_compiles_strictly_and_catches_mistakes(project: Path) -> None:
    shutil.copy(USAGE, project / "usage.ts")
    compiled = compile_alone(project, "usage.ts")
    assert compiled.returncode == 0, compiled.stdout


def test_a_wrong_use_does_not_compile(project: Path) -> None:
    """The check above could not fail if everything were `any`."""
    (project / "wrong.ts").write_text(
        'import type { components } from "./schema.js";\n'
        'export const role: components["schemas"]["Role"] = "emperor";\n'
        'export const shown = (user: components["schemas"]["UserView"]): string => user.email;\n'
    )
    compiled = compile_alone(project, "wrong.ts")
    assert compiled.returncode != 0
    assert '"emperor"' in compiled.stdout
    assert "wrong.ts(3," in compiled.stdout


def test_every_schema_has_its_name_in_the_types(project: Path) -> None:
    types = (project / "schema.d.ts").read_text()
    described, _ = openapi.described(openapi.registered())
    for name in described["components"]["schemas"]:
        assert f"\n        {name}: " in types, name
    models = types.partition("\n    schemas: {")[2].partition("\n    };")[0]
    assert "Record<string, never>" not in models, "an object of any fields must not become one of none"
