"""What goes back to packets: the dissection of one handshake.

The analysis keeps what a handshake says and not its bytes. So the captures are read once more, by the same engine,
and this time the bytes of the one handshake that is asked for are kept::

    recording      what the engine tells of one connection, kept
    handshake      bundles and a connection of the report to the recording of its handshake
    dissection     Scapy's reading of a message; the only module here that loads Scapy
    listing        a recording as text
"""
