"""The networks around an address on the internet: a household's, and its neighbourhood's."""

import ipaddress
from dataclasses import dataclass


@dataclass(frozen=True)
class Around:
    """`near` is what one customer usually has (one IPv4 address, a /64), `wide` its neighbourhood (/24, /48)."""

    near: str
    wide: str


def find_networks(ip: str) -> Around | None:
    """The networks around an address; None for what is none."""
    try:
        address = ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    near, wide = (32, 24) if address.version == 4 else (64, 48)  # noqa: PLR2004 - the version of IP.
    return Around(
        near=str(ipaddress.ip_network((address, near), strict=False)),
        wide=str(ipaddress.ip_network((address, wide), strict=False)),
    )
