"""`python -m functions.doctor [--json] [--drift]`: asks every part that Nexus needs, as Nexus asks it.

Run where the app runs, or on a laptop with the app's settings in the environment. Exit code 0 when all is well, 1 when
something is wrong. It makes the passage collection where there is none and asks each model for a word, and changes
nothing else. `--drift` adds the comparison of ledger, index and SharePoint (python -m functions.drift_report).
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from functions import drift_report
from functions.doctor.checks import examine
from functions.doctor.findings import Finding, az, ok, wrong
from shared.runtime import Runtime
from shared.settings import Settings, SettingsError

_SIGNS = {"ok": "ok     ", "warning": "WARNING", "wrong": "WRONG  ", "skipped": "skipped"}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m functions.doctor", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    parser.add_argument("--drift", action="store_true", help="compare ledger, index and SharePoint as well")
    given = parser.parse_args(arguments)
    findings = asyncio.run(_findings(drift=given.drift))
    healthy = not any(finding.state == "wrong" for finding in findings)
    if given.json:
        print(json.dumps({"ok": healthy, "findings": [asdict(finding) for finding in findings]}))
    else:
        print("\n".join(_lines(findings)))
    return 0 if healthy else 1


async def _findings(*, drift: bool) -> list[Finding]:
    try:
        runtime = Runtime(Settings.from_env())
    except SettingsError as error:
        return [_of_setting(problem) for problem in error.problems]
    try:
        findings = [ok("settings", "The settings are complete."), *await examine(runtime)]
        if drift and not any(finding.state == "wrong" for finding in findings):
            findings.append(await _drift(runtime))
    finally:
        await runtime.close()
    return findings


def _of_setting(problem: str) -> Finding:
    name = problem.partition(" ")[0]
    if "Key Vault reference" in problem:
        return wrong("settings", problem, az(f"keyvault secret list --vault-name <vault>  # and the status of {name}"))
    return wrong("settings", problem, az(f"functionapp config appsettings set APP --settings {name}=<value>"))


async def _drift(runtime: Runtime) -> Finding:
    reports = await drift_report.check(runtime, ())
    differences = sum(report.counts.total() for report in reports)
    if differences == 0:
        return ok("drift", "Ledger, passage index and SharePoint agree.")
    says = f"Ledger, passage index and SharePoint differ in {differences} places."
    return wrong("drift", says, "python -m functions.drift_report")


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
