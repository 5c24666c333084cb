"""A listening place nobody outside this machine can reach."""

import socket

LOOPBACK = "127.0.0.1"


def loopback_socket(port: int) -> socket.socket:
    """Binds 127.0.0.1:`port` (0: a free one) without accepting yet; `OSError` when the port is in use.

    Made with the protocol spelt out: asyncio switches off Nagle's algorithm only on sockets that say TCP, and
    every answer of two packets would take 40 ms otherwise.
    """
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((LOOPBACK, port))
    except OSError:
        bound.close()
        raise
    return bound
