"""Row: what importing the function app costs, against importing every SDK eagerly, each in a fresh interpreter."""

import sys
from collections.abc import Sequence

from bench.measure import child, interleave, versions
from bench.rows import Comparison, Options, Outcome
from bench.servers import REPO

OURS, EAGER, FLOOR = "function_app", "every SDK eagerly", "azure.functions with the FastAPI extension"
_PROGRAMS = {
    OURS: "import function_app",
    EAGER: "import bench.eager_imports",
    FLOOR: "import azure.functions, azurefunctions.extensions.http.fastapi",
}


def run(options: Options) -> Sequence[Outcome]:
    variants = {name: child([sys.executable, "-c", program], cwd=REPO) for name, program in _PROGRAMS.items()}
    rounds = interleave(variants, rounds=options.rounds, seed=options.seed)
    return [
        Outcome(
            "Import of the function app",
            rounds,
            "ms a start",
            1e3,
            (
                Comparison(OURS, EAGER, rounds.cpu_ratio(OURS, EAGER), "CPU"),
                Comparison(OURS, EAGER, rounds.wall_ratio(OURS, EAGER), "clock"),
                Comparison(OURS, FLOOR, rounds.cpu_ratio(OURS, FLOOR), "CPU"),
            ),
            ("a fresh interpreter each time, its own start included; .pyc files and disk cache warm",),
            versions("azure-functions", "azurefunctions-extensions-http-fastapi", "openai", "msgraph-sdk"),
        )
    ]
