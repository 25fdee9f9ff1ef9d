"""The truth table: what works with these certificates, checks and releases, now and under a change.

    row.py, table.py, unusual.py          the rows, as data; docs/truth-table.md shows them
    usages.py                             one word for what a certificate may be used for
    pair.py, ends.py, traces.py,          Core and Edge: which zones join them, traversal zone, SSH tunnels,
    traversal.py                          mobile and remote access
    contacts.py, outbound.py, inbound.py  mutual TLS with all others
    standing.py, sighted.py               what was seen of each service last
    blame.py, services.py                 services now: what was seen, else the table, and which finding tells why
    cells.py, evaluation.py               all of it, in columns
    changes.py                            a change, applied to the evidence

`evaluation` is the door to the table, `services` to what stands on the first screen.
"""
