"""What goes back to packets: the dissection of one handshake, and the capture of those that a report names.

The analysis keeps what a handshake says and not its bytes. So the captures are read once more. For the dissection
the same engine reads them, and the bytes of the one handshake that is asked for are kept::

    recording        what the engine tells of one connection, kept
    handshake        bundles and a connection of the report to the recording of its handshake
    dissection       Scapy's reading of a message
    listing          a recording as text

For the annotated capture whole frames are taken::

    excerpt          the frames of some connections, each with its TCP segment
    handshake_bytes  what of their payloads is handshake records: the rest is left out
    annotation       which frames verdict and findings name, and what to say on each
    packet_file      the pcapng, written by Scapy

Scapy is loaded in `dissection` and `packet_file` alone.
"""
