"""What is deployed: complete, without what it does not need, with bytecode, and the same each time."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra.deploy import package


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A little app that needs one library."""
    root = tmp_path / "app"
    for name, text in {
        "function_app.py": "import functions.hello\n",
        "host.json": "{}",
        "requirements.txt": "library==1\n",
        "functions/__init__.py": "",
        "functions/hello.py": "import library\nfrom shared.words import HELLO\n",
        "functions/role_matrix.py": "import tests\n",
        "shared/__init__.py": "",
        "shared/words.py": "HELLO = 'hello'\n",
        "shared/__pycache__/words.cpython-313.pyc": "old",
        "shared/db/migrations/env.py": "import alembic\n",
        "tests/test_hello.py": "",
        "local.settings.json": '{"secret": 1}',
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture
def libraries(tmp_path: Path) -> Path:
    folder = tmp_path / "libraries"
    for name in (
        "library/__init__.py", "library/inner.pyi", "library/tests/test_it.py", "tests/conftest.py", "samples/app.py",
        "msgraph/generated/users/item.py", "msgraph/generated/base.py", "msgraph/_version.py",
        "msgraph/generated/dom-export.txt", "library-1.dist-info/METADATA", "library-1.dist-info/RECORD",
    ):  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    return folder


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_package_holds_the_app_its_libraries_and_their_bytecode_and_nothing_else(
    root: Path, libraries: Path, tmp_path: Path
) -> None:
    built = tmp_path / "built"
    package.build(built, root=root, libraries=libraries)
    sources = {name for name in names(built) if not name.endswith(".pyc")}
    site = package.LIBRARIES.as_posix()
    assert sources == {
        "function_app.py", "host.json", "requirements.txt", "functions/__init__.py", "functions/hello.py",
        "shared/__init__.py", "shared/words.py", f"{site}/library/__init__.py", f"{site}/msgraph/_version.py",
        f"{site}/msgraph/generated/base.py", f"{site}/library-1.dist-info/METADATA",
    }  # fmt: skip
    compiled = {name for name in names(built) if name.endswith(".pyc")}
    assert len(compiled) == sum(name.endswith(".py") for name in sources)
    assert package.prove(built) == 5


def test_bytecode_is_taken_without_a_look_at_the_sources_time(root: Path, libraries: Path, tmp_path: Path) -> None:
    built = tmp_path / "built"
    package.build(built, root=root, libraries=libraries)
    header = next((built / "shared/__pycache__").glob("words.*.pyc")).read_bytes()[4:8]
    # PEP 552: hash-based, and not to be checked
    assert int.from_bytes(header, "little") == 0b01


def test_a_library_that_is_left_out_by_mistake_is_told(root: Path, libraries: Path, tmp_path: Path) -> None:
    (libraries / "library/__init__.py").unlink()
    (libraries / "library/inner.pyi").unlink()
    (root / "functions/hello.py").write_text("import library.inner\n")
    built = tmp_path / "built"
    package.build(built, root=root, libraries=libraries)
    with pytest.raises(package.Incomplete, match="library"):
        package.prove(built)


def test_the_same_sources_give_the_same_package(root: Path, libraries: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        built = tmp_path / name
        package.build(built, root=root, libraries=libraries)
        package.pack(built, tmp_path / f"{name}.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as packed:
        assert "function_app.py" in packed.namelist()
        assert not any("local.settings" in name for name in packed.namelist())


def test_our_own_part_of_the_real_package_needs_nothing_that_is_left_out(tmp_path: Path) -> None:
    """With the libraries of this environment: what is shipped of ours is whole."""
    package.copy_own(package.ROOT, tmp_path)
    assert not (tmp_path / "shared/db/migrations").exists()
    done = subprocess.run(
        [sys.executable, "-c", package.IMPORT_ALL, str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
