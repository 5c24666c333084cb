"""`python -m devstack COMMAND`: see `devstack.cli.arguments`."""

import sys

from devstack.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
