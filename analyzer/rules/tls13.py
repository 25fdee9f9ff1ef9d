"""What TLS 1.3 leaves to be seen of the certificates that it encrypts: the log's lines, and the length of a record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence, Set

from msgspec import Struct

from analyzer.correlate.chains import build_path
from analyzer.correlate.record_lengths import certificate_length, may_be_certificate
from analyzer.evidence import (
    CarriedCertificate,
    Certificate,
    Connection,
    Handshake,
    Side,
    Step,
    TlsRecord,
    Visibility,
)
from analyzer.findings import Confidence, Severity
from analyzer.rules import quote
from analyzer.rules.per_peer import Who, by_peer, by_visibility, quote_steps, row_of, who_is
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import FAMILIAR, NodeView
from analyzer.rules.wording import ROLES, store_name
from analyzer.text import said_serial
from analyzer.words import Words, listed, say, sentences


def tls13_certificate_hidden(view: NodeView) -> Iterator[Judgement]:
    """TLS 1.3 encrypts certificates; the log and the other end take the capture's place."""
    for peer, connections in by_peer(by_visibility(view).get(Visibility.ENCRYPTED, ())):
        names = {name for c in connections if c.peer_identity for name in c.peer_identity.names}
        carried = _carried_by(view, connections)
        yield row_of(
            peer,
            connections,
            Severity.INFO,
            _hidden(names, carried),
            (
                *quote_steps(connections, Step.CLIENT_HELLO, Step.SERVER_HELLO),
                *(quote.quote_carried(certificate) for certificate in carried[:3]),
            ),
        )


def _hidden(names: Set[str], carried: Sequence[CarriedCertificate]) -> Words:
    """Say that certificates are hidden, and what is known of the peer's all the same."""
    told = [
        say(
            "TLS 1.3: certificates are encrypted on the wire, so the packets do not tell which one was presented. In "
            "their place stand the log's lines about the peer, alerts that clients send in clear, and the store rule "
            "(inferred)."
        )
    ]
    if names:
        told.append(say("The log names the peer's certificate: {names}.", names=listed(sorted(names)[:4])))
    if carried:
        said = listed(said_serial(c.certificate.serial) for c in carried[:3])
        told.append(
            say(
                "The peer itself sent a certificate in a SIP SERVICE message: serial {serials} (its own words, no proof).",
                serials=said,
            )
        )
    return sentences(told)


def _carried_by(view: NodeView, connections: Sequence[Connection]) -> tuple[CarriedCertificate, ...]:
    """Return the certificates that the peer wrote into SIP SERVICE messages to this Core, as the log has them."""
    if not view.is_core or not view.node.carried:
        return ()
    remote = {
        (c.handshake.server if c.local_role is Side.CLIENT else c.handshake.client).address
        for c in connections
        if c.local_role and view.is_between_core_and_edge(c.peer)
    }
    return tuple(c for c in view.node.carried if c.source is not None and c.source.address in remote)


def tls13_length_match(view: NodeView) -> Iterator[Judgement]:
    """Which store's chain fits the length of an encrypted Certificate record. Never decides a verdict (A17)."""
    chains = [StoreChain.of(view, "client", view.client_leaf), StoreChain.of(view, "server", view.server_leaf)]
    held = [chain for chain in chains if chain is not None]
    groups: dict[tuple[Who, Side, str], list[tuple[Connection, TlsRecord]]] = defaultdict(list)
    for connection in by_visibility(view).get(Visibility.ENCRYPTED, ()):
        role = connection.local_role
        if role is None or connection.peer.kind not in FAMILIAR:
            continue
        for record in may_be_certificate(connection.handshake, role):
            fitting = [chain for chain in held if chain.fits(connection.handshake, record)]
            if fitting:
                groups[who_is(connection.peer), role, _words(view, held, fitting)].append((connection, record))
                break
    for (_, role, words), pairs in groups.items():
        yield row_of(
            pairs[0][0].peer,
            [connection for connection, _ in pairs],
            Severity.INFO,
            say(
                "The length of what this node sent as TLS {role} {fits}. A length match is no proof.",
                role=ROLES[role],
                fits=words,
            ),
            tuple(quote.quote_record(record) for _, record in pairs[: quote.MOST]),
            confidence=Confidence.INFERRED,
        )


class StoreChain(Struct, frozen=True):
    """What a store's leaf may be presented with.

    Attributes:
        chains: of DER: the leaf alone, with intermediates, or with the root as well; as the path is known, and as the
            store lists it.
        complete: whether the path is known up to its root.
    """

    store: str
    leaf: str
    chains: tuple[tuple[bytes, ...], ...]
    complete: bool

    @classmethod
    def of(cls, view: NodeView, store: str, leaf: Certificate | None) -> StoreChain | None:
        """Return what a store's leaf may be presented with; None: there is no such store."""
        if leaf is None:
            return None
        path = build_path(leaf, view.known_authorities)
        listed = view.certificates((view.node.stores.client if store == "client" else view.node.stores.server) or ())
        wholes = (path.certificates, listed)
        chains = {tuple(c.der for c in whole[:count]) for whole in wholes for count in range(1, len(whole) + 1)}
        return cls(store, leaf.sha256, tuple(chains), path.complete)

    def fits(self, handshake: Handshake, record: TlsRecord) -> bool:
        """Tell whether the record has the length of a Certificate message with one of the chains."""
        return any(record.length == certificate_length(handshake, chain) for chain in self.chains)


def _words(view: NodeView, held: Sequence[StoreChain], fitting: Sequence[StoreChain]) -> Words:
    if len({chain.leaf for chain in held}) == 1 and len(held) > 1:
        return say("fits the certificate that both stores hold")
    if len(fitting) > 1:
        return say("is ambiguous: it fits the chains of both stores")
    others = [chain for chain in held if chain.store != fitting[0].store]
    store = store_name(view, fitting[0].store)
    if not others:
        return say("fits the {store}'s chain; there is no other store to compare with", store=store)
    if others[0].complete:
        return say("fits the {store}'s chain and not the other's", store=store)
    return say("fits the {store}'s chain and not the other's as far as that is known", store=store)


_NEEDS = (Need.CAPTURE, Need.HANDSHAKE)

RULES = (
    Rule(
        id="tls13-certificate-hidden",
        title=say("TLS 1.3 hides the certificates"),
        meaning="Said when certificates were encrypted by TLS 1.3, so that the packets do not tell which one was "
        "presented. In their place stand the log's lines about the peer, alerts that clients send in clear, "
        "and the store rule, which is marked as inferred.",
        severity=Severity.INFO,
        judge=tls13_certificate_hidden,
        needs=_NEEDS,
        sources=("T2", "M"),
    ),
    Rule(
        id="tls13-length-match",
        title=say("The length of an encrypted record fits a store's chain"),
        meaning="Said when the length of what this node sent encrypted is exactly that of a Certificate message "
        "with a store's chain. It is a detail that supports the store rule, no proof, and decides no "
        "verdict.",
        severity=Severity.INFO,
        judge=tls13_length_match,
        needs=((Need.SERVER_STORE, Need.CLIENT_STORE), *_NEEDS, Need.LOCAL_ADDRESSES),
        sources=("M",),
    ),
)
