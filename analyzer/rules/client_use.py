"""What on a node needs clientAuth in the certificate that it presents as a TLS client, and what asks for it."""

from __future__ import annotations

from analyzer.evidence import Connection, NodeRole, Side, Zone
from analyzer.facts.releases import Version
from analyzer.facts.settings import (
    CLUSTER_TLS_VERIFY,
    COLLABORATION_EDGE_ENABLED,
    DEFAULT_ZONE_TLS_VERIFY_MODE,
    SIP_MTLS_MODE,
)
from analyzer.rules.view import NodeView

FIRST_WITH_SERVER_ONLY_EDGE = Version(15, 4)
_NOT_TLS = frozenset({"TCP", "UDP"})
_DIAL = frozenset({"neighbor", "dns", "webex", "enum", "traversalclient"})


def needs_client_usage(view: NodeView) -> bool | None:
    """Tell whether anything needs clientAuth in what a node presents as a client; None: something may.

    A Core is always the client on the traversal zone. An Edge before X15.4 shows its certificate to the Core in a SIP
    message that is checked for both usages (Cisco 225482). Beyond, it is the zones that dial with TLS, and the peers that
    were seen to ask.
    """
    if view.is_core or any(_was_asked(connection) for connection in view.connections):
        return True
    if view.is_edge and is_before_server_only(view) and remote_access(view):
        return True
    if not view.node.settings and not view.node.zones:
        return None
    dialling = [zone for zone in view.node.zones if dials_with_tls(zone)]
    if any(zone.tls_verify_mode == "On" or zone.kind == "traversalclient" for zone in dialling):
        return True
    return None if dialling or view.node.role is NodeRole.UNKNOWN else False


def _was_asked(connection: Connection) -> bool:
    """Whether the peer asked this node for a client certificate."""
    return connection.local_role is Side.CLIENT and connection.handshake.certificate_requested is True


def is_asking_clients(view: NodeView) -> bool:
    """Whether this node asks TLS clients for their certificate: by a traversal or verifying zone, or as was seen."""
    zones = view.node.zones
    return (
        any(zone.kind == "traversalserver" or zone.tls_verify_mode == "On" for zone in zones)
        or any(view.setting(name) == "On" for name in (DEFAULT_ZONE_TLS_VERIFY_MODE, SIP_MTLS_MODE))
        or (view.setting(CLUSTER_TLS_VERIFY) or "").lower() == "enforcing"
        or any(
            connection.local_role is Side.SERVER and connection.handshake.certificate_requested is True
            for connection in view.connections
        )
    )


def dials_with_tls(zone: Zone) -> bool:
    """Whether a zone may open TLS connections: its transport is TLS, or not known."""
    return zone.kind in _DIAL and zone.status != "Off" and (zone.transport or "") not in _NOT_TLS


def remote_access(view: NodeView) -> bool | None:
    """Tell whether mobile and remote access is on; None: the dump does not say."""
    setting = view.setting(COLLABORATION_EDGE_ENABLED)
    if setting is not None:
        return setting == "On"
    if any(zone.unified_communications for zone in view.node.zones):
        return True
    return None


def is_before_server_only(view: NodeView) -> bool:
    """Whether the release demands both usages of every Expressway's certificate (up to X15.3)."""
    return view.version is not None and view.version < FIRST_WITH_SERVER_ONLY_EDGE
