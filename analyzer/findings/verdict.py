"""Verdicts: the answer for a node and a peer, and what it is shown by."""

from __future__ import annotations

from msgspec import Struct

from analyzer.evidence import Frame, Outcome, PeerIdentity, Side, Store, TlsRecord, Visibility
from analyzer.findings.finding import Confidence, Remedy
from analyzer.words import Words


class Presented(Struct, frozen=True, kw_only=True):
    """The certificate that a verdict is about: the one that this node presented.

    Attributes:
        certificate: its id; None unless seen.
    """

    visibility: Visibility | None
    certificate: str | None = None
    serial: str | None = None
    store: Store | None = None


class StoreRule(Struct, frozen=True, kw_only=True):
    """What the store rule says of a certificate: as a TLS client the client store's, as a server the server store's.

    Attributes:
        expected: the certificate that it says; None: that is not known.
        is_seen: whether the certificate that was presented is seen.
        kept: whether that is the one that it says; None: it cannot be told.
        unknown: why a certificate that is seen cannot be compared, or why none is expected; else None.
        is_older: what was presented is an older one of what is expected.
    """

    expected: Presented | None = None
    is_seen: bool = False
    kept: bool | None = None
    unknown: Words | None = None
    is_older: bool = False


class Grounds(Struct, frozen=True, kw_only=True):
    """What a verdict is shown by: decided with it, once, for every report (not a part of the JSON report).

    Attributes:
        connection: id of the one that the sentence tells of, the newest; None: only the log shows it.
        frame: the one that the sentence names: of the certificate that is shown; of a hidden one, of the record in
            its place, else of the ClientHello.
        event: id of the log line that tells of its outcome; of that connection, if it has one.
        refused: the side whose certificate was refused; None: none was, or something else was.
        accepted: the peer is known to have gone through with what this node is seen to have presented.
        wanted_name: the name that was looked for in a refused certificate.
        rule: what the store rule says of what this node presented; None: it presented nothing.
        rule_of_refused: of the peer's certificate, if that was refused and the peer's bundle is at hand.
        named: the line in which the peer's log names what this node presented.
        brief: `sentence` without serials and paths.
        about: keys of the peer, as in `Finding.about`.
        nodes: names of the nodes of this case at both ends.
        remedy: the steps that it calls for by itself: what to collect, and what an alert asks for where the ends are
            not known, so that no finding tells.
    """

    connection: str | None = None
    frame: Frame | TlsRecord | None = None
    event: str | None = None
    refused: Side | None = None
    accepted: bool = False
    wanted_name: str | None = None
    rule: StoreRule | None = None
    rule_of_refused: StoreRule | None = None
    named: PeerIdentity | None = None
    brief: Words | None = None
    about: frozenset[str] = frozenset()
    nodes: frozenset[str | None] = frozenset()
    remedy: tuple[Remedy, ...] = ()

    @property
    def by_rule(self) -> Presented | None:
        """What the store rule says that this node presented, where that can't be seen."""
        return self.rule.expected if self.rule and not self.rule.is_seen else None


class Verdict(Struct, frozen=True, kw_only=True):
    """The answer for one node, peer, local role, certificate and outcome.

    Attributes:
        local_role: None: the node's addresses are not known.
        sentence: the answer in one sentence, in English.
        collect: what to collect where the answer is `not-determinable`; else None.
    """

    node: str | None
    peer: str
    local_role: Side | None
    connections: tuple[str, ...]
    events: tuple[str, ...]
    presented: Presented
    outcome: Outcome
    refused_by: Side | None
    confidence: Confidence
    sentence: Words
    collect: Words | None = None
    grounds: Grounds = Grounds()
