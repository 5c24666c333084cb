"""Whose address a call is counted for (S18)."""

import pytest

from shared.web.client_address import UNKNOWN, client_address


@pytest.mark.parametrize(
    ("forwarded_for", "peer", "hops", "expected"),
    [
        (None, "127.0.0.1", 1, "127.0.0.1"),
        ("", "127.0.0.1", 1, "127.0.0.1"),
        ("203.0.113.7", "10.0.0.1", 1, "203.0.113.7"),
        ("203.0.113.7:51234", "10.0.0.1", 1, "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7:51234", "10.0.0.1", 1, "203.0.113.7"),
        ("127.0.0.1, 10.0.0.1,203.0.113.7", "10.0.0.1", 1, "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7, 10.0.0.9:4", "10.0.0.1", 2, "203.0.113.7"),
        ("203.0.113.7", "10.0.0.1", 2, "203.0.113.7"),
        ("[2001:db8:1:2:3:4:5:6]:443", None, 1, "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", None, 1, "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", None, 1, "203.0.113.7"),
        ("203.0.113.7, spoofed", "10.0.0.1", 1, UNKNOWN),
        ("203.0.113.7,", "10.0.0.1", 1, UNKNOWN),
        ("fe80::1%eth0'; DROP", None, 1, "fe80::/64"),
        (None, None, 1, UNKNOWN),
    ],
)
def test_only_what_our_own_proxies_appended_is_believed(
    forwarded_for: str | None, peer: str | None, hops: int, expected: str
) -> None:
    assert client_address(forwarded_for, peer, proxy_hops=hops) == expected
