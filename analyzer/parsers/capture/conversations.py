"""TCP conversations without TLS that tell something all the same: never established, or SSH."""

from __future__ import annotations

from analyzer.evidence import Side, TcpConversation
from analyzer.parsers.capture.connection import Connection
from analyzer.parsers.capture.flow_key import endpoints


def conclude(connection: Connection) -> TcpConversation | None:
    """Return the record of a connection that was opened and is one of them; None: it is neither."""
    opener, opened = connection.opener, connection.opened
    if opener is None or opened is None or connection.dialogue.exchanges:
        return None
    if connection.established and not connection.is_ssh:
        return None
    client, server = endpoints(connection.key)[:: -1 if opener == 1 else 1]
    from_client, from_server = connection.directions[opener], connection.directions[1 - opener]
    ended = connection.closed if connection.established else None
    closed_by = None
    if ended:
        closed_by = Side.CLIENT if connection.closed_by == opener else Side.SERVER
    return TcpConversation(
        capture=opened.capture,
        frame=opened.frame,
        client=client,
        server=server,
        started=opened.time,
        attempts=connection.attempts,
        established=connection.established,
        refused=connection.refused,
        client_banner=from_client.banner,
        server_banner=from_server.banner,
        client_bytes=from_client.payload,
        server_bytes=from_server.payload,
        ended=ended.time if ended else None,
        closed_by=closed_by,
    )
