"""Builds what is deployed: `python -m infra.deploy.package <target.zip>`. Prints its size and number of files.

The package carries its dependencies and their bytecode: an instance that must compile first takes twice as long to
import the app (`python -m bench package`, in bench/RESULTS.md). What the app does not load, a third of what pip
installs, stays out; that nothing is missing is seen by importing all of it from the package alone.
"""

import argparse
import compileall
import fnmatch
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode

ROOT = Path(__file__).parent.parent.parent
SHIPPED = ("function_app.py", "host.json", "functions", "shared", "requirements.txt")
LIBRARIES = Path(".python_packages/lib/site-packages")
# Of our own: what runs at deploy time, on a developer's machine, or on an operator's.
LEFT_OUT = ("shared/db/migrations/*", "functions/role_matrix.py", "*/__pycache__/*")
# Of the libraries: tests and samples that two of Microsoft's packages install at the top level, the 16,000 typed models
# of Graph that shared/adapters/graph_pipeline.py goes without, types and sources that Python does not read.
PRUNED = (
    "tests/*", "samples/*", "bin/*", "*/tests/*", "msgraph/generated/*/*", "msgraph/generated/*.txt",
    "*.pyi", "*.pyx", "*.pxd", "*.c", "*.h", "*.a",
    "*.dist-info/RECORD", "*.dist-info/direct_url.json", "*/__pycache__/*",
)  # fmt: skip
# Flex Consumption's image; wheels that its C library loads.
PLATFORMS = ("manylinux2014_x86_64", "manylinux_2_17_x86_64", "manylinux_2_28_x86_64")
# One moment for all files: the same sources give the same package.
MOMENT = (2020, 1, 1, 0, 0, 0)

IMPORT_ALL = """
import importlib, pathlib, sys
root = pathlib.Path(sys.argv[1])
sys.path[:0] = [str(root), str(root / ".python_packages/lib/site-packages")]
names = []
for path in sorted([*root.glob("functions/**/*.py"), *root.glob("shared/**/*.py"), root / "function_app.py"]):
    names.append(".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"))
for name in names:
    importlib.import_module(name)
print(len(names))
"""


@dataclass(frozen=True, slots=True)
class Size:
    files: int
    bytes: int

    @classmethod
    def of(cls, folder: Path) -> "Size":
        sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
        return cls(len(sizes), sum(sizes))

    def __str__(self) -> str:
        return f"{self.files:>6} files {self.bytes / 1_000_000:>7.1f} MB"


class Incomplete(Exception):
    """Something that the app imports is not in the package."""


def build(folder: Path, *, root: Path = ROOT, libraries: Path | None = None) -> None:
    """Everything that is deployed, in `folder`. `libraries`: installed already, instead of asking a registry."""
    copy_own(root, folder)
    target = folder / LIBRARIES
    if libraries is None:
        install(root / "requirements.txt", target)
    else:
        shutil.copytree(libraries, target)
    prune(target)
    # never compared with their sources, whose times a package does not keep
    done = compileall.compile_dir(
        folder, quiet=1, workers=0, stripdir=str(folder), invalidation_mode=PycInvalidationMode.UNCHECKED_HASH
    )
    if not done:
        print("Some files do not compile; Python says which above.", file=sys.stderr)


def copy_own(root: Path, folder: Path) -> None:
    for name in SHIPPED:
        source = root / name
        for path in sorted([source] if source.is_file() else source.rglob("*")):
            inside = path.relative_to(root).as_posix()
            if path.is_file() and not any(fnmatch.fnmatch(inside, pattern) for pattern in LEFT_OUT):
                (folder / inside).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, folder / inside)


def install(requirements: Path, target: Path) -> None:
    """Wheels for Azure's machines, whatever machine this is. Raises CalledProcessError."""
    platforms = [part for platform in PLATFORMS for part in ("--platform", platform)]
    subprocess.run(
        [
            sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--require-hashes", "--no-deps",
            "--only-binary", ":all:", "--python-version", "3.13", "--implementation", "cp", *platforms,
            "--target", str(target), "--requirement", str(requirements),
        ],
        check=True,
    )  # fmt: skip


def prune(libraries: Path) -> None:
    for path in sorted(libraries.rglob("*"), reverse=True):
        inside = path.relative_to(libraries).as_posix()
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif any(fnmatch.fnmatch(inside, pattern) for pattern in PRUNED):
            path.unlink()


def prove(folder: Path) -> int:
    """Imports every module of ours from the package and nothing else: how many. Raises Incomplete."""
    done = subprocess.run(
        # isolated and without this environment's own packages, or a missing one would be found there
        [sys.executable, "-I", "-S", "-c", IMPORT_ALL, str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Incomplete(done.stderr.strip().rpartition("\n")[2])
    return int(done.stdout)


def pack(folder: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), MOMENT)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                package.writestr(entry, path.read_bytes())


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", type=Path, help="the package to write")
    parser.add_argument("--libraries", type=Path, help="a folder of installed dependencies to take")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="nexus-package-") as name:
        folder = Path(name)
        try:
            build(folder, libraries=asked.libraries)
            modules = prove(folder)
        except subprocess.CalledProcessError as error:
            print(f"The dependencies could not be installed (pip ended with {error.returncode}).", file=sys.stderr)
            return 1
        except Incomplete as error:
            print(f"The package is not complete: {error}", file=sys.stderr)
            return 1
        pack(folder, asked.target)
        whole, libraries = Size.of(folder), Size.of(folder / LIBRARIES)
    own = Size(whole.files - libraries.files, whole.bytes - libraries.bytes)
    print(f"ours      {own}\nlibraries {libraries}\ntogether  {whole}")
    print(f"{asked.target} {asked.target.stat().st_size / 1_000_000:.1f} MB, {modules} modules import from it alone")
    return 0


if __name__ == "__main__":
    sys.exit(main())
