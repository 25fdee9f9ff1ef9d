"""What TLS 1.3 leaves to be seen of the certificates that it encrypts: the log's lines, and the length of a record."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.correlate.chains import build_path
from analyzer.evidence import Certificate, Step, Visibility
from analyzer.findings import Confidence, Evidence, EvidenceKind, Severity
from analyzer.rules.per_peer import by_peer, how_shown, quote_steps, row_of
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import FAMILIAR, NodeView


def tls13_certificate_hidden(view: NodeView) -> Iterator[Judgement]:
    """TLS 1.3 encrypts certificates; the log and the other end take the capture's place."""
    for peer, connections in by_peer(view, lambda c: Visibility.ENCRYPTED in how_shown(c)):
        names = {name for c in connections if c.peer_identity for name in c.peer_identity.names}
        instead = f" The log names the peer's certificate: {', '.join(sorted(names)[:4])}." if names else ""
        yield row_of(
            peer,
            connections,
            Severity.INFO,
            "TLS 1.3: certificates are encrypted on the wire, so the packets do not tell which one was presented. In their "
            "place stand the log's lines about the peer, alerts that clients send in clear, and the store rule (inferred)."
            + instead,
            quote_steps(connections, Step.CLIENT_HELLO, Step.SERVER_HELLO),
        )


def predicted_lengths(view: NodeView, leaf: Certificate) -> frozenset[int]:
    """Return the lengths that a TLS 1.3 Certificate record with this leaf may have.

    25 bytes and, for each certificate, its DER and 5 (measured: exact for peers that put one message into one
    record, without OCSP or SCT). The leaf may come alone, with its intermediates, or with the root as well.
    """
    path = build_path(leaf, view.known_authorities).certificates
    return frozenset(25 + sum(len(c.der) + 5 for c in path[:count]) for count in range(1, len(path) + 1))


def tls13_length_match(view: NodeView) -> Iterator[Judgement]:
    """Which store's chain fits the length of an encrypted Certificate record. Never decides a verdict (A17)."""
    for peer, connections in by_peer(
        view, lambda c: c.peer.kind in FAMILIAR and Visibility.ENCRYPTED in how_shown(c)
    ):
        connection = connections[0]
        role = connection.local_role
        if role is None:
            continue
        lengths = {r.length for r in connection.handshake.encrypted_records if r.sender is role}
        leaves = {"client": view.client_leaf, "server": view.server_leaf}
        fits = {store: leaf for store, leaf in leaves.items() if leaf and lengths & predicted_lengths(view, leaf)}
        if not fits:
            continue
        same = len({leaf.sha256 for leaf in fits.values()}) == 1
        if len(fits) == 1:
            words = f"fits the {next(iter(fits))} store's chain and not the other's"
        elif same:
            words = "fits the certificate that both stores hold"
        else:
            words = "is ambiguous: it fits the chains of both stores"
        record = next(
            r
            for r in connection.handshake.encrypted_records
            if r.sender is role and any(r.length in predicted_lengths(view, leaf) for leaf in fits.values())
        )
        frame = Evidence(
            kind=EvidenceKind.FRAME,
            file=record.capture,
            locator=record.frame,
            text=f"encrypted record of {record.length} bytes by the {role}",
        )
        yield row_of(
            peer,
            connections,
            Severity.INFO,
            f"The length of what this node sent as TLS {role} {words}. A length match is no proof.",
            (frame,),
            confidence=Confidence.INFERRED,
        )


_NEEDS = (Need.CAPTURE, Need.HANDSHAKE)

RULES = (
    Rule(
        id="tls13-certificate-hidden",
        title="TLS 1.3 hides the certificates",
        severity=Severity.INFO,
        judge=tls13_certificate_hidden,
        needs=_NEEDS,
        sources=("T2", "M"),
    ),
    Rule(
        id="tls13-length-match",
        title="The length of an encrypted record fits a store's chain",
        severity=Severity.INFO,
        judge=tls13_length_match,
        needs=((Need.SERVER_STORE, Need.CLIENT_STORE), *_NEEDS, Need.LOCAL_ADDRESSES),
        sources=("M",),
    ),
)
