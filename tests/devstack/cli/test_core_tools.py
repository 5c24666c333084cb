"""local.settings.json for Core Tools: the example's shape with this stack's values."""

import json
from pathlib import Path

from devstack.cli.core_tools import write_settings
from devstack.stack.configuration import ROOT
from devstack.stack.local_stack import LocalStack
from shared.settings import Settings


def test_the_settings_written_for_core_tools_are_complete_and_private(tmp_path: Path) -> None:
    stack = LocalStack({"NEXUS_HOME": str(tmp_path / "home")})
    target = tmp_path / "local.settings.json"
    write_settings(stack.app_environment(), ROOT / "local.settings.example.json", target)
    written = json.loads(target.read_text())
    assert written["IsEncrypted"] is False
    assert written["Values"]["FUNCTIONS_WORKER_RUNTIME"] == "python"
    assert Settings.from_env(written["Values"]).environment == "local"
    # a placeholder of the example would reach the app as if it were a value
    assert not [name for name, value in written["Values"].items() if value.startswith("<")]
    assert target.stat().st_mode & 0o777 == 0o600


def test_what_the_example_sets_beside_the_apps_variables_is_kept(tmp_path: Path) -> None:
    example, target = tmp_path / "example.json", tmp_path / "written.json"
    values = {"NEXUS_POSTGRES_URL": "<address>", "EXTRA": "kept"}
    example.write_text(json.dumps({"IsEncrypted": False, "Values": values, "Host": {"CORS": "*"}}))
    write_settings({"NEXUS_ENV": "local"}, example, target)
    written = json.loads(target.read_text())
    assert written["Host"] == {"CORS": "*"}
    assert written["Values"] == {"FUNCTIONS_WORKER_RUNTIME": "python", "EXTRA": "kept", "NEXUS_ENV": "local"}
