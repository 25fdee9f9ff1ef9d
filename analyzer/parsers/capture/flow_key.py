"""The key of one direction of a connection: both addresses, then both ports, the sender's first, as on the wire."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address

from analyzer.evidence import Endpoint


def split(key: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    """Return source and destination address, source and destination port."""
    size = (len(key) - 4) // 2
    return key[:size], key[size:-4], key[-4:-2], key[-2:]


def reverse(key: bytes) -> bytes:
    """Return the key of the other direction."""
    source, destination, source_port, destination_port = split(key)
    return destination + source + destination_port + source_port


def endpoints(key: bytes) -> tuple[Endpoint, Endpoint]:
    """Return the sender and the receiver."""
    source, destination, source_port, destination_port = split(key)
    return _endpoint(source, source_port), _endpoint(destination, destination_port)


def key_of(sender: Endpoint, receiver: Endpoint) -> bytes:
    """Return the key of what one end sends to the other."""
    addresses = (ip_address(end.address).packed for end in (sender, receiver))
    return b"".join((*addresses, *(end.port.to_bytes(2, "big") for end in (sender, receiver))))


@lru_cache(maxsize=256)
def _endpoint(address: bytes, port: bytes) -> Endpoint:
    return Endpoint(address=_address(address), port=int.from_bytes(port, "big"))


@lru_cache(maxsize=1024)
def _address(address: bytes) -> str:
    return ip_address(address).compressed
