"""Azure Blob Storage, or Azurite locally."""

import asyncio
from typing import TYPE_CHECKING, Any

from shared.errors import Unavailable

if TYPE_CHECKING:
    from azure.storage.blob.aio import BlobServiceClient

TIMEOUT_S = 5.0


class BlobStorage:
    """One client per event loop, made at first use: by connection string locally, by identity in Azure."""

    def __init__(self, connection_string: str | None, account_url: str | None) -> None:
        self._connection_string = connection_string
        self._account_url = account_url
        self._client: BlobServiceClient | None = None

    def _service(self) -> "BlobServiceClient":
        if self._client is None:
            from azure.storage.blob.aio import BlobServiceClient

            options: dict[str, Any] = {"retry_total": 1, "connection_timeout": TIMEOUT_S, "read_timeout": TIMEOUT_S}
            if self._connection_string:
                self._client = BlobServiceClient.from_connection_string(self._connection_string, **options)
            else:
                from azure.identity.aio import DefaultAzureCredential

                self._client = BlobServiceClient(self._account_url or "", DefaultAzureCredential(), **options)
        return self._client

    async def ping(self) -> None:
        """Raises Unavailable("blob") unless the account answers."""
        from azure.core.exceptions import AzureError

        try:
            async with asyncio.timeout(TIMEOUT_S):
                async for _ in self._service().list_containers(results_per_page=1):
                    return
        except (AzureError, OSError, TimeoutError) as error:
            raise Unavailable("blob") from error

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None
