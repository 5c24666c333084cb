"""`python -m devstack COMMAND`: see `devstack.cli.arguments`."""

import signal
import sys

from devstack.cli.main import main

if __name__ == "__main__":
    # A cancelled CI job or a closed terminal ends a command like Ctrl-C does: `up` stops what it has started.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    sys.exit(main())
