"""`python -m functions.doctor [--json] [--drift]`: asks every part that Nexus needs, as Nexus asks it.

Run on a machine with the app's settings in the environment; inside the app it is the function `doctor`. Exit code 0
when all is well, 1 when something is wrong. As the app does at its start it makes the passage collection where there is
none and notes how the embedding model is reached; it asks each model for a word, and changes nothing else. `--drift`
adds the comparison of ledger, index and SharePoint (python -m functions.drift_report).
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from functions.doctor.examination import findings_here
from functions.doctor.findings import Finding

_SIGNS = {"ok": "ok     ", "warning": "WARNING", "wrong": "WRONG  ", "skipped": "skipped"}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m functions.doctor", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    parser.add_argument("--drift", action="store_true", help="compare ledger, index and SharePoint as well")
    given = parser.parse_args(arguments)
    findings = asyncio.run(findings_here(drift=given.drift))
    healthy = not any(finding.state == "wrong" for finding in findings)
    if given.json:
        print(json.dumps({"ok": healthy, "findings": [asdict(finding) for finding in findings]}))
    else:
        print("\n".join(_lines(findings)))
    return 0 if healthy else 1


def _lines(findings: Sequence[Finding]) -> list[str]:
    lines: list[str] = []
    for finding in findings:
        lines.append(f"{_SIGNS[finding.state]}  {finding.check}: {finding.says}")
        if finding.mend is not None:
            lines.append(f"         → {finding.mend}")
    faults = sum(finding.state == "wrong" for finding in findings)
    return [*lines, "", "All is well." if faults == 0 else f"{faults} of {len(findings)} checks found something wrong."]


if __name__ == "__main__":
    sys.exit(main())
