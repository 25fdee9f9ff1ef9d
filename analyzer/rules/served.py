"""What this node is seen to serve: in whose presence, since when, and what of it is older than its stores."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from analyzer.evidence import Certificate, Connection, Peer, Side
from analyzer.rules.per_peer import Who, who_is
from analyzer.rules.view import NodeView

Shown = tuple[Peer, Side, str]


def shown_of(view: NodeView) -> Mapping[Shown, Sequence[Connection]]:
    """Return the connections in which this node's own certificate was seen, by peer, role and certificate."""
    return view.once(_grouped)


def _grouped(view: NodeView) -> dict[Shown, list[Connection]]:
    groups: dict[tuple[Who, Side, str], list[Connection]] = defaultdict(list)
    for connection in view.connections:
        presented = connection.local_certificate
        if connection.local_role and presented and presented.leaf and presented.leaf in view.case.certificates:
            groups[who_is(connection.peer), connection.local_role, presented.leaf].append(connection)
    return {(group[0].peer, role, leaf): group for (_, role, leaf), group in groups.items()}


def stale_of(view: NodeView, role: Side, presented: Certificate) -> Certificate | None:
    """Return the store leaf that has taken a presented certificate's place: a shared name or key, and newer.

    The store that the rule says for the role comes first.
    """
    for leaf in (view.expected_leaf(role), view.client_leaf, view.server_leaf):
        if leaf is None or leaf.not_before is None or presented.not_before is None:
            continue
        related = set(leaf.names) & set(presented.names) or leaf.public_key_sha256 == presented.public_key_sha256
        if related and presented.not_before < leaf.not_before:
            return leaf
    return None


def served_since(view: NodeView, role: Side, newer: Certificate, last: Connection) -> bool:
    """Whether the newer certificate was presented in this role after the older one (truth 8: later evidence outranks)."""
    served = view.once(_last_served).get((role, newer.sha256, last.handshake.server.port))
    return served is not None and served > last.handshake.started


def _last_served(view: NodeView) -> Mapping[tuple[Side, str, int], datetime]:
    """Return when each certificate was presented last, by role and server port."""
    last: dict[tuple[Side, str, int], datetime] = {}
    for (_, role, leaf), connections in shown_of(view).items():
        for c in connections:
            key = (role, leaf, c.handshake.server.port)
            last[key] = max(c.handshake.started, last.get(key, c.handshake.started))
    return last


def asked_domains(
    view: NodeView, role: Side, presented: Certificate, connections: Iterable[Connection]
) -> frozenset[str]:
    """Return the names of another domain that clients asked for and a certificate has (rules-amendments A18).

    Certificates of further domains are not in a bundle. Empty: none was asked for, or this node itself was.
    """
    asked = frozenset((c.handshake.server_name or "").lower() for c in connections) - {""}
    own = {name.lower() for name in view.node.host_names}
    is_other = role is Side.SERVER and not asked & own and bool(asked & set(presented.names))
    return asked if is_other else frozenset()
