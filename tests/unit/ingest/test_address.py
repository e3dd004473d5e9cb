"""Networks of cameras: a wide one does not mean this machine."""

from __future__ import annotations

import pytest

from ingest.address import CameraNetworks
from ingest.camera import StreamUrl
from ingest.errors import StreamUrlError


@pytest.mark.parametrize(
    ("network", "address", "allowed"),
    [
        ("0.0.0.0/0", "203.0.113.7", True),
        ("0.0.0.0/0", "127.0.0.1", False),
        ("0.0.0.0/0", "169.254.169.254", False),
        ("0.0.0.0/0", "0.0.0.0", False),  # noqa: S104
        ("0.0.0.0/0", "239.0.0.1", False),
        ("0.0.0.0/0", "255.255.255.255", False),
        ("127.0.0.0/8", "127.0.0.1", True),
        ("127.0.0.1/32", "127.0.0.2", False),
        ("169.254.0.0/16", "169.254.3.4", True),
        ("::/0", "2001:db8::7", True),
        ("::/0", "::1", False),
        ("::/0", "fe80::1", False),
        ("::1/128", "::1", True),
        ("fe80::/10", "fe80::1%eth0", True),
        ("::/0", "10.0.0.1", False),
    ],
)
def test_what_a_network_means(network: str, address: str, allowed: bool) -> None:
    networks = CameraNetworks([network], lambda host: [address])
    url = StreamUrl.parse("rtsp://camera/1")
    if allowed:
        assert networks.resolve(url).host == address.split("%")[0] or "%" in address
    else:
        with pytest.raises(StreamUrlError, match="outside the declared"):
            networks.resolve(url)
