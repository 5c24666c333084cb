"""Everything that a Redis holds, as bytes to search."""

from typing import Any


async def redis_dump(client: Any) -> bytes:
    """Keys and values of all types; fails on a type it does not know. `client` is redis.asyncio's."""
    found: list[bytes] = []

    def keep(value: Any) -> None:
        if isinstance(value, bytes):
            found.append(value)
        elif isinstance(value, dict):
            for pair in value.items():
                keep(pair)
        elif isinstance(value, (list, tuple, set)):
            for item in value:
                keep(item)
        elif value is not None:
            found.append(str(value).encode())

    async for key in client.scan_iter(count=1000):
        keep(key)
        match await client.type(key):
            case b"string":
                keep(await client.get(key))
            case b"hash":
                keep(await client.hgetall(key))
            case b"zset":
                keep(await client.zrange(key, 0, -1, withscores=True))
            case b"set":
                keep(await client.smembers(key))
            case b"list":
                keep(await client.lrange(key, 0, -1))
            case b"stream":
                keep(await client.xrange(key))
            case b"none":
                pass
            case other:
                raise AssertionError(f"{key!r} is a {other!r}")
    return b"\n".join(found)
