"""Camera addresses are dangerous input: only declared networks, resolved once, pinned."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from ingest.camera import StreamUrl
from ingest.errors import StreamUnreachable, StreamUrlError

Resolver = Callable[[str], list[str]]
"""Host name to numeric addresses; raises OSError."""

BROADCAST = IPv4Address("255.255.255.255")


def system_resolver(host: str) -> list[str]:
    """Ask the system. Raises OSError."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class CameraNetworks:
    """The networks in which this operator's cameras live."""

    def __init__(self, cidrs: Iterable[str], resolver: Resolver = system_resolver) -> None:
        self._networks = [ip_network(cidr) for cidr in cidrs]
        self._resolver = resolver

    def resolve(self, url: StreamUrl) -> StreamUrl:
        """The address pinned to a numeric host inside the networks.

        Every address that the name resolves to must be inside, so that a name with one good and
        one bad address is refused. Raises `StreamUrlError`, `StreamUnreachable`.
        """
        try:
            addresses = self._resolver(url.host)
        except (OSError, UnicodeError) as error:
            raise StreamUnreachable(f"the host name {url.host} cannot be resolved") from error
        if not addresses:
            raise StreamUnreachable(f"the host name {url.host} has no address")
        for address in addresses:
            if not self._allows(address):
                raise StreamUrlError(
                    f"the host {url.host} ({address}) is outside the declared camera networks"
                )
        return url.pinned_to(addresses[0])

    def _allows(self, address: str) -> bool:
        ip: IPv4Address | IPv6Address = ip_address(address.split("%", 1)[0])
        if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        return any(ip in network and _may_hold(network, ip) for network in self._networks)


def _may_hold(network: IPv4Network | IPv6Network, ip: IPv4Address | IPv6Address) -> bool:
    """Whether a network that contains `ip` means it.

    Loopback and link-local addresses lead to this machine and to its cloud's metadata: a wide
    network such as 0.0.0.0/0 does not mean them, only one that lies within them does.
    """
    if ip.is_loopback:
        return network.is_loopback
    if ip.is_link_local:
        return network.is_link_local
    return not (ip.is_unspecified or ip.is_multicast or ip == BROADCAST)
