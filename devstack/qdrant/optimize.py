"""`python -m devstack.qdrant.optimize FOLDER`: optimises a copied shard; see `Collection.optimize_aside`."""

import os
import sys

import qdrant_edge as engine


def main(folder: str) -> None:
    if hasattr(os, "nice"):
        os.nice(10)
    shard = engine.EdgeShard.load(folder)
    shard.optimize()
    shard.flush()
    shard.close()


if __name__ == "__main__":
    main(sys.argv[1])
