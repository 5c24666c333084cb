"""Whom to count a call of nobody in particular for.

X-Forwarded-For is a list to which every proxy appends whom it saw. Only the entries that our own proxies appended
can be believed, and Azure's front end appends the last one; everything before it is what the caller claims. Without
the header (the local stack) it is the connection's other end.
"""

import ipaddress
import re

UNKNOWN = "unknown"


def client_address(forwarded_for: str | None, peer: str | None, *, proxy_hops: int) -> str:
    """An IPv4 address or an IPv6 /64, which is what one household or one attacker gets. What is no address is
    counted as one caller: it must not be a way around the limit."""
    hops = [hop.strip() for hop in (forwarded_for or "").split(",")]
    claimed = hops[-proxy_hops:][0] if forwarded_for and forwarded_for.strip() else peer or ""
    # "1.2.3.4:5678" and "[::1]:5678", as App Service writes them
    match = re.fullmatch(r"\[([0-9a-fA-F:.]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+)(?::\d+)?", claimed)
    try:
        address = ipaddress.ip_address((match.group(1) or match.group(2)) if match else claimed)
    except ValueError:
        return UNKNOWN
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(address), 64), strict=False))
