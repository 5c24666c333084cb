"""Which orchestrators and activities the app has."""

from collections.abc import Mapping

from devstack.functions_host.durable_episode import OrchestrationBroken
from devstack.functions_host.durable_model import TaskKind
from devstack.functions_host.worker import Function

_TRIGGERS = {
    TaskKind.ACTIVITY: ("activityTrigger", "an activity", "activity"),
    TaskKind.SUB_ORCHESTRATION: ("orchestrationTrigger", "an orchestrator", "orchestrator"),
}


class UnknownFunction(OrchestrationBroken):
    """No function of this name and kind; the message is the Durable extension's, with the known ones."""


class FunctionNames:
    """`check` before anything is scheduled: a misspelt name fails at once instead of waiting for ever."""

    def __init__(self, functions: Mapping[str, Function]) -> None:
        self._known = {
            kind: sorted(f.name for f in functions.values() if f.trigger_type == trigger)
            for kind, (trigger, _, _) in _TRIGGERS.items()
        }

    def check(self, kind: TaskKind, name: str) -> None:
        """`UnknownFunction` when the app has no activity or orchestrator `name`."""
        if name not in self._known[kind]:
            _, article, word = _TRIGGERS[kind]
            known = ", ".join(f"'{n}'" for n in self._known[kind]) or "none"
            raise UnknownFunction(
                f"The function '{name}' doesn't exist, is disabled, or is not {article} function. "
                f"Additional info: The following are the known {word} functions: {known}."
            )
