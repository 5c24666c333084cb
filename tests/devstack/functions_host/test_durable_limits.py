"""The limits of `extensions.durableTask` in host.json."""

from pathlib import Path

import pytest

from tests.devstack.functions_host.conftest import served_durable_app, until


@pytest.mark.parametrize(("activities", "most"), [(2, 2), (10, 6)])
def test_no_more_activities_run_at_once_than_host_json_allows(tmp_path: Path, activities: int, most: int) -> None:
    with served_durable_app(tmp_path, {"maxConcurrentActivityFunctions": activities}) as served:
        instance_id = served.start("gate", 6)
        until(lambda: len(served.noted()) >= most, "the first ones have begun")
        # A further round trip gives a seventh line the time to appear, were the limit not kept.
        served.run("chain") if activities > 6 else served.status(instance_id)
        assert [line.split()[0] for line in served.noted()].count("begin") == most
        served.gate.touch()
        assert served.output(instance_id) == list(range(6))


def test_host_json_limits_the_orchestrators_at_once_and_names_the_version(tmp_path: Path) -> None:
    settings = {"maxConcurrentOrchestratorFunctions": 1, "defaultVersion": "7"}
    with served_durable_app(tmp_path, settings) as served:
        started = [served.start("busy") for _ in range(4)]
        assert [served.output(instance_id) for instance_id in started] == ["done"] * 4
        assert served.noted() == ["turn begins", "turn ends"] * 4
        assert served.run("which_version") == "7"
