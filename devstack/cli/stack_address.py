"""Finds the running stack: reads `.nexus/stack.json`, as any outside tool would."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devstack.cli.api import NexusApi
from devstack.stack.accounts import ADMIN
from devstack.stack.addresses import stack_file
from devstack.stack.configuration import Configuration, SettingsWrong
from devstack.stack.failures import StackError, UsageError

# What people call the parts beside their keys in stack.json.
_ALSO_CALLED = {"models": "openai", "model": "openai", "llm": "openai"}
_STAND_INS = ("graph", "entra", "openai", "anthropic", "notebookllama", "qdrant")


@dataclass(frozen=True, slots=True)
class StackAddress:
    content: Mapping[str, Any]

    @classmethod
    def read(cls, shell: Mapping[str, str]) -> "StackAddress":
        """Raises StackError when no stack is up."""
        configuration, problems = Configuration.read(shell)
        if problems:
            raise SettingsWrong(problems)
        file = stack_file(configuration.home)
        try:
            return cls(json.loads(file.read_text("utf-8")))
        except FileNotFoundError:
            raise StackError(f"The local stack is not up ({file} is not there). Start it with `make up`.") from None
        except ValueError as error:
            raise StackError(f"{file} is damaged ({error}). `make down`, then `make up`, writes it anew.") from error

    @property
    def api(self) -> str:
        return self.content["api"]

    @property
    def entra(self) -> str:
        return self.content["entra"]

    @property
    def graph(self) -> str:
        return self.content["graph"]

    async def sign_in(self, user: str = ADMIN) -> NexusApi:
        return await NexusApi.signed_in(self.api, self.entra, user)

    def stand_in(self, service: str) -> str:
        """The address of a service that takes faults. Raises UsageError for one that does not."""
        name = _ALSO_CALLED.get(service, service)
        if name not in _STAND_INS:
            known = ", ".join(self.stand_ins())
            raise UsageError(f"{service} is no stand-in that can be scripted. These are: {known}.")
        address = self.content.get(name)
        if address is None:
            raise StackError(f"{service} is not part of this stack yet.")
        return address

    def stand_ins(self) -> list[str]:
        return [name for name in _STAND_INS if self.content.get(name)]
