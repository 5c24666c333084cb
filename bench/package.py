"""Row: what is deployed against what pip installs, in files and bytes, and what that does to an instance's first start.

The dependencies are installed from requirements.txt as a deployment does it, for Azure's machines; the app is imported
from each folder alone, by an interpreter that writes no bytecode, as an instance whose package is read-only.
"""

import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.measure import child, interleave, versions
from bench.rows import Comparison, Options, Outcome, Table
from infra.deploy import package

INSTALLED, PRUNED, DEPLOYED = "as pip installs it", "pruned", "deployed: pruned, with bytecode"
_IMPORT = """
import pathlib, sys
root = pathlib.Path(sys.argv[1])
sys.path[:0] = [str(root), str(root / ".python_packages/lib/site-packages")]
import function_app
"""


def run(options: Options) -> Sequence[Outcome | Table]:
    with tempfile.TemporaryDirectory(prefix="nexus-bench-package-") as name:
        home = Path(name)
        folders = {
            INSTALLED: home / "installed",
            PRUNED: home / "pruned",
            DEPLOYED: home / "deployed",
        }
        installed = folders[INSTALLED]
        package.copy_own(package.ROOT, installed)
        package.install(package.ROOT / "requirements.txt", installed / package.LIBRARIES)
        shutil.copytree(installed, folders[PRUNED])
        package.prune(folders[PRUNED] / package.LIBRARIES)
        package.build(folders[DEPLOYED], libraries=installed / package.LIBRARIES)
        modules = package.prove(folders[DEPLOYED])
        return [_sizes(folders, modules), _starts(folders, options)]


def _sizes(folders: dict[str, Path], modules: int) -> Table:
    lines = [_line(name, _files(folder)) for name, folder in folders.items()]
    sources_away = [path for path in _files(folders[DEPLOYED]) if path.suffix != ".py"]
    own = [path for path in _files(folders[DEPLOYED]) if package.LIBRARIES.parts[0] not in path.parts]
    return Table(
        "The deployed package",
        ("package", "files", "MB", "zip, MB"),
        (*lines, _line("the same without sources", sources_away), _line("of it ours", own)),
        (
            f"all {modules} modules of ours import from the deployed one alone",
            "without sources is not what is deployed: tracebacks would name no line, and the worker looks for "
            "function_app.py",
            "MB are 10⁶ bytes; zip with deflate, as it is uploaded",
        ),
        versions("msgraph-sdk", "openai", "azure-functions"),
    )


def _starts(folders: dict[str, Path], options: Options) -> Outcome:
    variants = {
        # -B: writes no bytecode; -I -S: nothing of this environment is found
        name: child([sys.executable, "-B", "-I", "-S", "-c", _IMPORT, str(folder)])
        for name, folder in folders.items()
    }
    rounds = interleave(variants, rounds=options.rounds, seed=options.seed)
    return Outcome(
        "Import of the function app from its package",
        rounds,
        "ms a start",
        1e3,
        (
            Comparison(DEPLOYED, INSTALLED, rounds.wall_ratio(DEPLOYED, INSTALLED), "clock"),
            Comparison(DEPLOYED, INSTALLED, rounds.cpu_ratio(DEPLOYED, INSTALLED), "CPU"),
            Comparison(PRUNED, INSTALLED, rounds.wall_ratio(PRUNED, INSTALLED), "clock"),
        ),
        ("a fresh interpreter each time, its own start included; disk cache warm: a first start in Azure reads too",),
        versions("azure-functions", "azurefunctions-extensions-http-fastapi"),
    )


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _line(name: str, files: Iterable[Path]) -> tuple[str, ...]:
    found = list(files)
    size = sum(path.stat().st_size for path in found)
    with tempfile.TemporaryFile() as target:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in found:
                packed.write(path)
        return (name, f"{len(found):,}", f"{size / 1e6:.1f}", f"{target.tell() / 1e6:.1f}")
