"""Link types that are not in the walk's tables: Scapy knows many, and is loaded only for them."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from typing import Final

RAW_IP: Final = 101

# Takes a frame and returns the IP packet in it; None: there is none.
Dissector = Callable[[bytes], bytes | None]


def find_dissector(link: int) -> Dissector | None:
    """Return what takes frames of a link type apart; None: Scapy does not know it either."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Scapy's own imports use what newer libraries call deprecated
        import scapy.layers.all  # noqa: F401 - registers the link types
        from scapy.config import conf
        from scapy.layers.inet import IP
        from scapy.layers.inet6 import IPv6

    logging.getLogger("scapy").setLevel(logging.CRITICAL)  # it speaks of damaged bytes on standard error
    layer = conf.l2types.num2layer.get(link)
    if layer is None:
        return None

    def dissect(frame: bytes) -> bytes | None:
        try:
            packet = layer(frame)
            found = packet.getlayer(IP) or packet.getlayer(IPv6)
            return bytes(found.original) if found is not None else None
        except Exception:  # noqa: BLE001 - foreign code on damaged bytes: one frame less
            return None

    return dissect
