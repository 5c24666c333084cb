"""The doctor inside the app: where its identity and its network are, and nobody can open a shell."""

import logging
from uuid import uuid4

import azure.functions as func

from functions.background_work import background_work

log = logging.getLogger(__name__)
blueprint = func.Blueprint()


@blueprint.function_name("doctor")
@blueprint.timer_trigger(arg_name="timer", schedule="0 30 5 1 1 *")
async def doctor(timer: func.TimerRequest) -> None:
    """Started by an operator (docs/operate.md); a timer only because those can be, with the host's key, while nobody
    can sign in. Tells the log a line for each finding that is not well, and one at the end."""
    from functions.doctor.examination import findings_here

    with background_work("doctor", uuid4().hex):
        findings = await findings_here()
        for finding in findings:
            if finding.state in ("wrong", "warning"):
                mend = f" → {finding.mend}" if finding.mend else ""
                log.warning("doctor: %s: %s%s", finding.check, finding.says, mend, extra={"state": finding.state})
        faults = sum(finding.state == "wrong" for finding in findings)
        log.info("doctor: %s of %s checks found something wrong", faults, len(findings))
