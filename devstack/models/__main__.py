"""`python -m devstack.models`: serves the model stand-in on loopback until SIGTERM."""

import argparse
from pathlib import Path

from devstack.models.app import DIMENSIONS, TOKENS_PER_SECOND, create_app
from devstack.models.encoders import ENCODERS
from devstack.serving import run


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m devstack.models", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--home", type=Path, required=True, help="where the vector cache lies")
    parser.add_argument("--embedding", choices=sorted(ENCODERS), default="e5")
    parser.add_argument("--dimensions", type=int, default=DIMENSIONS)
    parser.add_argument("--seed-cache", type=Path, nargs="+", default=[], metavar="FILE", help="vectors to load")
    parser.add_argument("--workers", type=int, help="model processes; default: one a core, two at most")
    parser.add_argument(
        "--tokens-per-second", type=float, default=TOKENS_PER_SECOND, help="pace of answers; 0: as fast as it goes"
    )
    parser.add_argument("--api-key", help="the only key to let in; default: any")
    options = parser.parse_args()
    app = create_app(
        options.home,
        embedding=options.embedding,
        dimensions=options.dimensions,
        seed_cache=options.seed_cache,
        workers=options.workers,
        tokens_per_second=options.tokens_per_second,
        api_key=options.api_key,
    )
    run(app, options.port)


if __name__ == "__main__":
    main()
