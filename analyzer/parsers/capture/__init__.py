"""Packet captures: what they show of TLS, from pcap records up to handshake messages.

`read_captures` reads all capture files of one node. The way up, each line from the ones above it::

    window, files                            bytes of a file to frames: pcap, pcapng, gzip
    cursor, link_layers, network_layers,
    fragments, tunnels, walk, fallback       frames to TCP segments, whatever lies between
    tcp, connection                          segments to bytes in order; how a connection opens and closes
    search, stream                           bytes to TLS records, messages and alerts
    messages, certificate_shelf,
    dialogue, exchange, sides                messages to what was seen of each handshake
    visibility, handshakes, conversations    what was seen to the frozen records of `analyzer.evidence`
    flow_key, flows                          the table of connections
    packets                                  one file into that table; holds the one hot loop
    reader                                   all files, in order; limits and problems
"""

from __future__ import annotations

from analyzer.parsers.capture.flows import DialogueMaker, plain_dialogue
from analyzer.parsers.capture.reader import read_captures
from analyzer.parsers.capture.sources import ByteStream, CaptureLimits, CaptureReading, CaptureSource

__all__ = [
    "ByteStream",
    "CaptureLimits",
    "CaptureReading",
    "CaptureSource",
    "DialogueMaker",
    "plain_dialogue",
    "read_captures",
]
