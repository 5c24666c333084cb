"""The installation that this process belongs to, by its environment."""

from functions import drift_report
from functions.doctor.checks import examine
from functions.doctor.findings import Finding, az, ok, wrong
from shared.runtime import Runtime
from shared.settings import Settings, SettingsError


async def findings_here(*, drift: bool = False) -> list[Finding]:
    """With connections of its own: what the app holds open may be older than what is wrong."""
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
