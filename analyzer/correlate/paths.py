"""The paths of what the nodes hold, present and are shown: each leaf with its chain once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from analyzer.correlate.chains import Pool, build_path
from analyzer.evidence import Certificate, Connection, IssuerPath, Node, PathLink, PeerKind

MOST_PATHS = 100
"""Of one case. Each costs the check of its signatures, and nobody reads more."""

Owner = tuple[str | None, str | None]
"""A node's name, and the name of its peer for what that one presented; None: the node itself did."""


def paths_of(
    nodes: Sequence[Node], connections: Iterable[Connection], certificates: Mapping[str, Certificate]
) -> tuple[IssuerPath, ...]:
    """Return the paths of the nodes' store leaves, and of the chains that known peers and they presented."""
    pool = Pool(certificates.values())
    by_name = {node.name: node for node in nodes}
    seen: dict[tuple[Owner, tuple[str, ...]], bool] = {}
    for connection in connections:
        for owner, chain in _presented(connection, by_name):
            if len(seen) < MOST_PATHS and chain and chain[0] in certificates:
                seen[owner, chain] = True
    shown = {(owner, chain[0]) for owner, chain in seen}
    for node in nodes:
        for leaf in dict.fromkeys(held[0] for held in (node.stores.client, node.stores.server) if held):
            if ((node.name, None), leaf) not in shown and leaf in certificates:
                seen[(node.name, None), (leaf,)] = False
    places = {name: number for number, name in enumerate(by_name)}
    ordered = sorted(seen.items(), key=lambda row: (places[row[0][0][0]], row[0][0][1] or ""))
    return tuple(
        _path(owner, chain, by_name, certificates, pool, was_seen=was_seen) for (owner, chain), was_seen in ordered
    )


def _presented(connection: Connection, nodes: Mapping[str | None, Node]) -> Iterable[tuple[Owner, tuple[str, ...]]]:
    """Yield both sides' chains; what a node presents is its own, whichever capture shows it."""
    ours, theirs = connection.local_certificate, connection.peer_certificate
    if ours is None or theirs is None or connection.node not in nodes:
        return
    yield (connection.node, None), ours.chain
    if connection.peer.node in nodes and connection.peer.node is not None:
        yield (connection.peer.node, None), theirs.chain
    elif connection.peer.kind is not PeerKind.INTERNET:
        yield (connection.node, connection.peer.name), theirs.chain


def _path(
    owner: Owner,
    chain: tuple[str, ...],
    nodes: Mapping[str | None, Node],
    certificates: Mapping[str, Certificate],
    pool: Pool,
    *,
    was_seen: bool,
) -> IssuerPath:
    name, presenter = owner
    node = nodes[name]
    others = () if presenter is not None else node.partners
    lists = {other: nodes[other].stores.trusted for other in (name, *others) if other in nodes}
    trusted = {other: frozenset(held) for other, held in lists.items() if held is not None}
    sent = [certificates[identity] for identity in chain if identity in certificates]
    below = build_path(sent[0], Pool(sent))
    above = build_path(below.top, pool)
    links = [
        PathLink(
            certificate=certificate.sha256,
            name=certificate.subject,
            sent=certificate.sha256 in chain if was_seen else None,
            trusted_by=tuple(other for other, held in trusted.items() if certificate.sha256 in held),
        )
        for certificate in (*below.certificates, *above.certificates[1:])
    ]
    if above.missing_issuer is not None:
        links.append(PathLink(certificate=None, name=above.missing_issuer, sent=False if was_seen else None))
    on_path = {link.certificate for link in links}
    stores = {"client": node.stores.client, "server": node.stores.server} if presenter is None else {}
    return IssuerPath(
        node=name,
        presenter=presenter,
        stores=tuple(kind for kind, held in stores.items() if held and held[0] == chain[0]),
        chain=chain if was_seen else (),
        links=tuple(links),
        extra=tuple(dict.fromkeys(c.sha256 for c in sent if c.sha256 not in on_path)),
        lists=tuple(trusted),
    )
