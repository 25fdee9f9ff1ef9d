"""Pure joins over what was read: no I/O, no opinions.

`case.join` is the one door: readings of nodes in, the joined `Case` out.
"""
