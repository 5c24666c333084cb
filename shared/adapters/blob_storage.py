"""Azure Blob Storage, or Azurite locally."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.domain.blobs import StoredBlob
from shared.errors import NotFound, Unavailable

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.storage.blob.aio import BlobServiceClient, ContainerClient

TIMEOUT_S = 5.0
# A block on its way to the service, or back: all of a file that is in memory at a time.
BLOCK_BYTES = 2 * 1024 * 1024
LIST_PAGE = 1000


class BlobStorage:
    """The port `Blobs` over one container. One client per event loop, made at first use: by connection string
    locally, by `credential` at `account_url` in Azure."""

    def __init__(
        self,
        connection_string: str | None,
        account_url: str | None,
        credential: "AsyncTokenCredential | None" = None,
        container: str = "uploads",
    ) -> None:
        self._connection_string = connection_string
        self._account_url = account_url
        self._credential = credential
        self._container_name = container
        self._client: BlobServiceClient | None = None

    def _service(self) -> "BlobServiceClient":
        if self._client is None:
            from azure.storage.blob.aio import BlobServiceClient

            options: dict[str, Any] = {
                "retry_total": 1,
                "connection_timeout": TIMEOUT_S,
                "read_timeout": TIMEOUT_S,
                # the SDK's own sizes would hold a whole upload of up to 64 MB in memory
                "max_single_put_size": BLOCK_BYTES,
                "max_block_size": BLOCK_BYTES,
                "max_single_get_size": BLOCK_BYTES,
                "max_chunk_get_size": BLOCK_BYTES,
            }
            if self._connection_string:
                self._client = BlobServiceClient.from_connection_string(self._connection_string, **options)
            else:
                self._client = BlobServiceClient(self._account_url or "", self._credential, **options)
        return self._client

    def _container(self) -> "ContainerClient":
        return self._service().get_container_client(self._container_name)

    async def ping(self) -> None:
        """Raises Unavailable("blob") unless the account answers."""
        with _told():
            async with asyncio.timeout(TIMEOUT_S):
                async for _ in self._service().list_containers(results_per_page=1):
                    return

    async def put(self, path: str, source: Path) -> None:
        from azure.core.exceptions import ResourceNotFoundError

        with _told():
            try:
                await self._upload(path, source)
            except ResourceNotFoundError:
                # Bicep makes the container in Azure; a laptop's storage begins empty
                await self._create_container()
                await self._upload(path, source)

    async def _upload(self, path: str, source: Path) -> None:
        with source.open("rb") as content:
            await self._container().upload_blob(path, content, overwrite=True, max_concurrency=1)

    async def _create_container(self) -> None:
        from azure.core.exceptions import ResourceExistsError

        try:
            await self._container().create_container()
        except ResourceExistsError:
            return  # another instance was first

    async def get(self, path: str, target: Path) -> None:
        from azure.core.exceptions import ResourceNotFoundError

        with _told():
            try:
                stream = await self._container().download_blob(path, max_concurrency=1)
                with target.open("wb") as file:
                    async for block in stream.chunks():
                        file.write(block)
            except ResourceNotFoundError as error:
                raise NotFound("stored file") from error

    async def delete(self, path: str) -> None:
        from azure.core.exceptions import ResourceNotFoundError

        with _told():
            try:
                await self._container().delete_blob(path)
            except ResourceNotFoundError:
                return  # gone already: that is what was asked for

    async def all(self) -> AsyncGenerator[list[StoredBlob]]:
        from azure.core.exceptions import ResourceNotFoundError

        pages = self._container().list_blobs(results_per_page=LIST_PAGE).by_page()
        async with aclosing(_pages(pages)) as listed:
            while True:
                with _told():
                    try:
                        page = await anext(listed, None)
                    except ResourceNotFoundError:
                        return  # no container yet: nothing was ever stored
                if page is None:
                    return
                yield page

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None


async def _pages(pages: Any) -> AsyncGenerator[list[StoredBlob]]:
    async for page in pages:
        yield [StoredBlob(str(blob.name), _time(blob.creation_time)) async for blob in page]


def _time(value: datetime | None) -> datetime:
    assert value is not None  # the service always says when
    return value


@contextmanager
def _told() -> Generator[None]:
    """The SDK's errors and the network's in Nexus' words."""
    from azure.core.exceptions import AzureError

    try:
        yield
    except (AzureError, OSError, TimeoutError) as error:
        raise Unavailable("blob") from error
