"""What an address on the network is: this machine, or one that no configured system answers at."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

__all__ = ["is_loopback", "is_off_limits", "names_this_machine"]

# Where clouds hand credentials of the machine to whoever asks from it, beside what is link-local.
_METADATA = frozenset(
    map(
        ip_address,
        (
            "168.63.129.16",  # Azure's WireServer
            "100.100.100.200",  # Alibaba
            "192.0.0.192",  # Oracle
            "fd00:ec2::254",  # AWS
            "fd20:ce::254",  # Google
        ),
    )
)
_NAT64 = ip_network("64:ff9b::/96")  # RFC 6052, section 2.1
_RESERVED = ip_network("240.0.0.0/4")  # RFC 1112, section 4; the broadcast address is in it
_COMPATIBLE = ip_network("::/96")  # RFC 4291, section 2.5.5.1


def is_loopback(address: str) -> bool:
    """Whether an IP address is this machine's own; what is no address is not."""
    found = _address(address)
    return found is not None and (_mapped(found) or found).is_loopback


def names_this_machine(host: str) -> bool:
    """Whether the host of a URL can only mean this machine."""
    return host == "localhost" or is_loopback(host)


def is_off_limits(address: str) -> bool:
    """Whether an IP address is one that no configured system has, and that is never called.

    These are link-local addresses, among them 169.254.169.254, where clouds hand out the credentials of a machine, and
    the others that they use for it; those that stand for any address or many; and IPv6 addresses that hold one of them
    (OWASP, Server-Side Request Forgery Prevention). What is no address is none of these.
    """
    found = _address(address)
    held = found and (_held(found) or found)
    return held is not None and (
        held in _METADATA or held.is_link_local or held.is_unspecified or held.is_multicast or held in _RESERVED
    )


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.partition("%")[0])  # without its zone
    except ValueError:
        return None


def _mapped(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    """What a socket that takes both kinds calls an IPv4 address."""
    return address.ipv4_mapped if isinstance(address, IPv6Address) else None


def _held(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one leads to, or may lead to."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):  # 0 and 1: any address, and this machine
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
