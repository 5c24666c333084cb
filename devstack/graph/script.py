"""`POST /_control/script`: what the next answers shall be.

Any of: resync (kind, for the next delta with a token) · empty_page (true, for the next delta) · page_size (n, null)
· duplicate_items (bool) · deleted_descendants (bool) · expire_downloads_after_s (n, null) · deny_site and
allow_site (name or path). Nothing of it outlives the process.
"""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from devstack.graph.api import Api
from devstack.graph.delta import RESYNC_KINDS
from devstack.graph.downloads import DEFAULT_LIFETIME_S
from devstack.graph.libraries import site_path
from devstack.graph.records import NotThere, Refused


class GraphScript:
    def __init__(self, api: Api) -> None:
        self._api = api

    async def __call__(self, given: dict[str, Any]) -> None:
        """Raises `ValueError` for what it does not know; then nothing of `given` holds."""
        for step in [self._step(key, value) for key, value in given.items()]:
            step()

    def _step(self, key: str, value: Any) -> Callable[[], None]:
        delta = self._api.delta.script
        number = isinstance(value, int | float) and not isinstance(value, bool)
        match key:
            case "resync" if value is None or value in RESYNC_KINDS:
                return partial(setattr, delta, key, value)
            case "page_size" if value is None or (number and value >= 1):
                return partial(setattr, delta, key, None if value is None else int(value))
            case "empty_page" | "duplicate_items" if isinstance(value, bool):
                return partial(setattr, delta, key, value)
            case "deleted_descendants" if isinstance(value, bool):
                return partial(setattr, self._api.tree, key, value)
            case "expire_downloads_after_s" if value is None or number:
                lifetime_s = DEFAULT_LIFETIME_S if value is None else value
                return partial(setattr, self._api.downloads, "lifetime_s", lifetime_s)
            case "deny_site" if isinstance(value, str):
                return partial(self._api.denied_sites.add, self._site_id(value))
            case "allow_site" if isinstance(value, str):
                return partial(self._api.denied_sites.discard, self._site_id(value))
            case _:
                raise ValueError(f"the script does not know {key} = {json.dumps(value)}")

    def _site_id(self, site: str) -> str:
        try:
            return self._api.libraries.site_by_path(site_path(site)).id
        except (NotThere, Refused) as error:
            raise ValueError(str(error)) from error
