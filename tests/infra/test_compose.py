"""compose.yaml, read by a parser of the Compose specification: no engine is needed."""

import os
import re
import subprocess
from typing import Any

import compose_spec
import pytest
import yaml

from shared.settings import Settings
from tests.infra.templates import ROOT

TEXT = (ROOT / "compose.yaml").read_text("utf-8")
VALUES = {"NEXUS_ACCESS_TOKEN_KEYS": "k1:" + "QUFB" * 11}


def asked_of_the_user() -> set[str]:
    """Variables that compose refuses to go without."""
    return set(re.findall(r"\$\{(\w+):\?", TEXT))


def interpolated() -> str:
    """As `docker compose` reads the file, with a value for whatever must have one."""
    text = re.sub(r"\$\{(\w+):-([^}]*)\}", r"\2", TEXT)
    text = re.sub(r"\$\{(\w+):\?[^}]*\}", lambda found: VALUES.get(found.group(1), f"a{found.group(1).lower()}"), text)
    assert not re.search(r"(?<!\$)\$\{", text)
    return text


def parsed_strictly(text: str) -> Any:
    options = compose_spec.PyOptions()
    options.apply_merge = True
    parsed = options.from_yaml(text)
    parsed.validate()
    return parsed


@pytest.fixture(scope="module")
def compose() -> Any:
    parsed = parsed_strictly(interpolated())
    return yaml.safe_load(parsed.to_yaml())


def test_a_file_that_is_not_compose_is_refused_by_the_parser() -> None:
    with pytest.raises(Exception, match=r"(?i)unknown|invalid|imagee"):
        parsed_strictly("services:\n  a:\n    imagee: x\n")


def test_everything_that_the_app_needs_is_there(compose: Any) -> None:
    assert compose["services"].keys() == {"postgres", "redis", "qdrant", "azurite", "migrations", "api"}
    assert "postgres:16" in compose["services"]["postgres"]["image"]
    assert "redis:7" in compose["services"]["redis"]["image"]


def test_every_service_that_stays_up_says_when_it_is_well(compose: Any) -> None:
    for name, service in compose["services"].items():
        if name != "migrations":
            assert service["healthcheck"]["test"], name
            assert service["restart"] == "unless-stopped", name


def test_the_app_starts_when_the_schema_is_there_and_everything_is_well(compose: Any) -> None:
    waits = {name: each["condition"] for name, each in compose["services"]["api"]["depends_on"].items()}
    assert waits == {
        "migrations": "service_completed_successfully",
        "redis": "service_healthy",
        "qdrant": "service_healthy",
        "azurite": "service_healthy",
    }
    assert compose["services"]["migrations"]["depends_on"]["postgres"]["condition"] == "service_healthy"


def test_images_are_named_with_a_version(compose: Any) -> None:
    for name, service in compose["services"].items():
        if "image" in service:
            assert re.search(r":v?\d[\w.-]*$", service["image"]), f"{name}: {service['image']}"


def test_only_the_api_is_reached_from_outside_and_from_this_machine_alone(compose: Any) -> None:
    published = {name: str(service["ports"]) for name, service in compose["services"].items() if "ports" in service}
    assert published.keys() == {"api"}
    assert "127.0.0.1" in published["api"]


def test_the_app_starts_with_these_settings(compose: Any) -> None:
    settings = Settings.from_env(compose["services"]["api"]["environment"])
    assert settings.postgres_url.startswith("postgresql://nexus_app:")
    assert settings.cors_by_code is True


def test_no_secret_has_a_value_and_each_is_in_the_example() -> None:
    example = (ROOT / "infra/compose/example.env").read_text("utf-8")
    named = dict(line.split("=", 1) for line in example.splitlines() if "=" in line and not line.startswith("#"))
    assert named.keys() == asked_of_the_user()
    assert set(named.values()) == {""}
    for name in re.findall(r"\$\{(\w*(?:PASSWORD|SECRET|KEY|KEYS)):", TEXT):
        assert name in asked_of_the_user(), f"{name} has a default"


def test_files_and_stages_that_are_named_exist(compose: Any) -> None:
    stages = re.findall(r"(?m)^FROM \S+ AS (\w+)$", (ROOT / "Dockerfile").read_text("utf-8"))
    for service in compose["services"].values():
        if "build" in service:
            assert service["build"]["target"] in stages
        for volume in service.get("volumes", []):
            source = volume["source"] if isinstance(volume, dict) else str(volume).split(":")[0]
            assert not str(source).startswith(".") or (ROOT / source).exists(), source


def test_what_the_dockerfile_copies_is_let_through_to_it() -> None:
    let_through = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    copied = re.findall(r"(?m)^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text("utf-8"))
    for source in " ".join(copied).split():
        assert (ROOT / source).exists(), source
        assert any(rule == source or rule.startswith(f"{source}/") for rule in let_through), source


def test_the_image_is_microsofts_for_this_python() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    version = (ROOT / ".python-version").read_text().strip()
    assert f"FROM mcr.microsoft.com/azure-functions/python:4-python{version} AS app" in text
    assert f"FROM python:{version}-slim" in text


def test_shell_scripts_are_shell() -> None:
    for path in sorted((ROOT / "infra").rglob("*.sh")):
        done = subprocess.run(["sh", "-n", str(path)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert os.access(path, os.X_OK), f"{path.name} is not executable"
