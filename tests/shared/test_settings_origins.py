"""S17: origins are written as browsers send them, and CORS is done in one place."""

import pytest

from shared.settings import Settings, SettingsError
from tests.shared.test_settings import COMPLETE


def origins(value: str) -> tuple[str, ...]:
    return Settings.from_env(COMPLETE | {"NEXUS_CORS_ORIGINS": value}).cors_origins


def test_origins_are_read() -> None:
    assert origins("") == ()
    several = ("https://app.corp.com", "http://localhost:4280", "http://127.0.0.1:4280", "http://[::1]:4280")
    assert origins(", ".join(several)) == several


@pytest.mark.parametrize(
    "wrong",
    ["*", "https://*.corp.com", "https://app.corp.com/", "https://app.corp.com/x", "app.corp.com", "null",
     "https://App.corp.com", "ftp://app.corp.com", "https://u@app.corp.com", "https://app.corp.com:port"],
)  # fmt: skip
def test_s17_what_no_browser_sends_as_an_origin_is_named(wrong: str) -> None:
    with pytest.raises(SettingsError) as caught:
        origins(f"https://app.corp.com,{wrong}")
    assert [problem.split()[0] for problem in caught.value.problems] == ["NEXUS_CORS_ORIGINS"]


@pytest.mark.parametrize(
    ("environment", "by_code"),
    [
        ({}, False),
        ({"NEXUS_ENV": "local"}, True),
        ({"NEXUS_ENV": "local", "NEXUS_CORS_BY_CODE": "false"}, False),
        ({"NEXUS_CORS_BY_CODE": "True"}, True),
    ],
)
def test_the_code_does_cors_on_local_stacks_and_where_it_is_told_to(environment: dict[str, str], by_code: bool) -> None:
    assert Settings.from_env(COMPLETE | environment).cors_by_code is by_code


def test_a_flag_is_true_or_false() -> None:
    with pytest.raises(SettingsError, match="NEXUS_CORS_BY_CODE must be true or false"):
        Settings.from_env(COMPLETE | {"NEXUS_CORS_BY_CODE": "yes"})
