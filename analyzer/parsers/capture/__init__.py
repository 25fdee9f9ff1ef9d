"""Packet captures: what they show of TLS, from pcap records up to handshake messages.

`read_captures` reads all capture files of one node. The way down, one module each::

    reader          files in order, problems, results
    packets         frames of one file to TCP segments; holds the one hot loop
      window files  a reused buffer; pcap and pcapng
      walk          link type to TCP: cursor, link_layers, network_layers, fragments, tunnels, fallback
    flows           the table of connections
      connection tcp    opening, closing, order, gaps
      stream search     bytes to TLS records, messages, alerts; where TLS begins
      dialogue exchange messages certificate_shelf    messages to what was seen of a handshake
    handshakes visibility conversations    what was seen to frozen records
"""

from __future__ import annotations

from analyzer.parsers.capture.reader import read_captures
from analyzer.parsers.capture.sources import CaptureLimits, CaptureReading, CaptureSource

__all__ = ["CaptureLimits", "CaptureReading", "CaptureSource", "read_captures"]
