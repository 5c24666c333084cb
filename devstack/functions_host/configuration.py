"""What the host is told: `host.json` of the app, a `local.settings.json`, and the environment."""

import json
import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_REFERENCE = re.compile(r"%([^%]+)%")
_LEVELS = {
    "Trace": logging.DEBUG,
    "Debug": logging.DEBUG,
    "Information": logging.INFO,
    "Warning": logging.WARNING,
    "Error": logging.ERROR,
    "Critical": logging.CRITICAL,
    "None": logging.CRITICAL + 1,
}


class ConfigurationError(Exception):
    """The app cannot be served as it is configured; the message says what to change."""


@dataclass(frozen=True, slots=True)
class HostConfiguration:
    """The parts of `host.json` this host obeys, with Azure's defaults.

    `max_outstanding_requests` is -1 for no limit.
    """

    route_prefix: str = "api"
    max_outstanding_requests: int = -1
    custom_headers: Mapping[str, str] = field(default_factory=dict)
    hub_name: str = "LocalHub"
    max_activities: int = 10
    max_orchestrators: int = 5
    default_version: str | None = None
    log_level: int = logging.INFO


def _read_object(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise ConfigurationError(f"{file} must hold a JSON object")
    return content


def read_host_json(app_directory: Path) -> HostConfiguration:
    """Reads `host.json`; `ConfigurationError` when it is absent, broken, or of the wrong version."""
    file = app_directory / "host.json"
    content = _read_object(file)
    if content.get("version") != "2.0":
        raise ConfigurationError(f'{file} must say "version": "2.0"')
    extensions = content.get("extensions") or {}
    http = extensions.get("http") or {}
    durable = extensions.get("durableTask") or {}
    if durable.get("extendedSessionsEnabled"):
        # It caches orchestrators inside the .NET process and silently breaks replay in every other language.
        raise ConfigurationError(f"{file}: durableTask.extendedSessionsEnabled must be off for Python")
    level_name = ((content.get("logging") or {}).get("logLevel") or {}).get("default", "Information")
    if level_name not in _LEVELS:
        raise ConfigurationError(f"{file}: {level_name} is not a log level")
    try:
        return HostConfiguration(
            route_prefix=str(http.get("routePrefix", "api")).strip("/"),
            max_outstanding_requests=int(http.get("maxOutstandingRequests", -1)),
            custom_headers={str(k): str(v) for k, v in (http.get("customHeaders") or {}).items()},
            hub_name=resolve_references(str(durable.get("hubName", "LocalHub")), os.environ),
            max_activities=int(durable.get("maxConcurrentActivityFunctions", 10)),
            max_orchestrators=int(durable.get("maxConcurrentOrchestratorFunctions", 5)),
            default_version=durable.get("defaultVersion"),
            log_level=_LEVELS[level_name],
        )
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"{file}: {error}") from error


def load_settings(file: Path) -> None:
    """Puts the `Values` of a `local.settings.json` into the environment; what is set there already stays.

    That precedence is Core Tools'. `ConfigurationError` when the file is encrypted or not readable.
    """
    content = _read_object(file)
    if content.get("IsEncrypted"):
        raise ConfigurationError(f"{file} is encrypted: only Core Tools can read it")
    values = content.get("Values") or {}
    for name, value in values.items():
        if not isinstance(value, str):
            raise ConfigurationError(f"{file}: the value of {name} must be a string")
        os.environ.setdefault(name, value)


def resolve_references(text: str, settings: Mapping[str, str]) -> str:
    """Replaces every `%NAME%` by the setting NAME; `ConfigurationError` names the one that is missing."""

    def value_of(reference: re.Match[str]) -> str:
        name = reference.group(1)
        if name not in settings:
            raise ConfigurationError(f"'{text}' refers to the setting {name}, which is not set")
        return settings[name]

    return _REFERENCE.sub(value_of, text)


def is_disabled(function_name: str, settings: Mapping[str, str]) -> bool:
    """Whether `AzureWebJobs.NAME.Disabled` (or its form for Linux, with underscores) is true."""
    names = (f"AzureWebJobs.{function_name}.Disabled", f"AzureWebJobs_{function_name}_Disabled")
    return any(settings.get(name, "").lower() in ("true", "1") for name in names)
