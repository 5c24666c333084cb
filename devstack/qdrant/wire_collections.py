"""The bodies that make collections, payload indexes and aliases."""

from typing import Any

from devstack.qdrant.wire import Body


class CreateIndex(Body):
    field_name: str
    field_schema: str | dict[str, Any] | None = None


class CreateAlias(Body):
    collection_name: str
    alias_name: str


class RenameAlias(Body):
    old_alias_name: str
    new_alias_name: str


class DeleteAlias(Body):
    alias_name: str


class AliasAction(Body):
    create_alias: CreateAlias | None = None
    rename_alias: RenameAlias | None = None
    delete_alias: DeleteAlias | None = None


class ChangeAliases(Body):
    actions: list[AliasAction]


class VectorParams(Body):
    size: int
    distance: str
    hnsw_config: dict[str, Any] | None = None
    quantization_config: dict[str, dict[str, Any]] | None = None
    on_disk: bool | None = None
    datatype: str | None = None


class SparseIndex(Body):
    full_scan_threshold: int | None = None
    on_disk: bool | None = None
    datatype: str | None = None


class SparseParams(Body):
    index: SparseIndex | None = None
    modifier: str | None = None


class CreateCollection(Body):
    """`vectors` is one unnamed vector's parameters or a map of names to them; `collection_config` tells which."""

    vectors: dict[str, Any] | None = None
    sparse_vectors: dict[str, SparseParams] | None = None
    on_disk_payload: bool | None = None
    hnsw_config: dict[str, Any] | None = None
    optimizers_config: dict[str, Any] | None = None
    quantization_config: dict[str, dict[str, Any]] | None = None
    wal_config: dict[str, Any] | None = None
    shard_number: int | None = None
    replication_factor: int | None = None
    write_consistency_factor: int | None = None
    sharding_method: None = None
    strict_mode_config: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
