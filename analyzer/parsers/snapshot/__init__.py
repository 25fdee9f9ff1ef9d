"""The loggingsnapshot of a diagnostic bundle: TLS errors, connections, alarms, changes and restarts with their times.

`read_snapshot` is the one door: a stream of bytes in, records and problems out.
"""

from analyzer.parsers.snapshot.reading import SnapshotReading, read_snapshot

__all__ = ["SnapshotReading", "read_snapshot"]
