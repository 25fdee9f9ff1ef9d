"""What the certificates in the stores may be used for, and the settings that decide who checks it."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.correlate.purpose import ExtendedKeyUsageClass, eku_class
from analyzer.evidence import Certificate, CertificateOrigin, Connection, NodeRole, Outcome, Side
from analyzer.facts.dates import client_usage_ends
from analyzer.facts.settings import EKU_CHECKING_MODE, ENABLE_SERVER_EKU_UPLOAD
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.purpose import CLIENT_CERTIFICATE_FOR_CORE
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import NodeView

OWN_CLIENT_CERTIFICATE = Remedy(
    text="If a peer that checks has to accept it: upload a client certificate of its own with clientAuth, from a CA "
    "that the peer trusts. Otherwise the peer has to switch its check off.",
    command="Maintenance > Security > Client certificate",
    kind=RemedyKind.DURABLE,
)


def _quote_store(view: NodeView, kind: str, leaf: Certificate) -> Evidence:
    return quote.quote_certificate(leaf, quote.store_file(view.node, kind), f"{kind} store")


def stores_identical(view: NodeView) -> Iterator[Judgement]:
    """Seed condition 1: both stores hold the same certificate."""
    server, client = view.server_leaf, view.client_leaf
    if server is None or client is None or server.sha256 != client.sha256:
        return
    capability = view.as_client(client)
    origin = view.case.origins.get(client.sha256)
    public = origin is not None and origin.origin is CertificateOrigin.PUBLIC
    ends = client_usage_ends(client.issuer) if public and capability.capable else None
    late = ends is not None and client.not_after is not None and client.not_after.date() >= ends.effective_on
    if capability.capable is False:
        severity, more = Severity.WARNING, f"It can't serve as a client certificate: {capability.reason}."
    elif late and ends is not None:
        severity = Severity.WARNING
        more = (
            f"It works until {client.not_after:%Y-%m-%d}; a renewal by a public CA on or after {ends.effective_on} will "
            "not carry clientAuth. Plan a client certificate of its own before then."
        )
    else:
        severity, more = Severity.INFO, "Nothing to do while it may be used as a client's."
    yield Judgement(
        severity=severity,
        confidence=Confidence.PROVEN,
        subject=client.common_name or client.sha256[:16],
        explanation="Client store and server store hold the same certificate. The upgrade to X15.5 copies it, and so does "
        f'"Upload server certificate file as client certificate"; the files alone can\'t tell which. {more}',
        remedy=(OWN_CLIENT_CERTIFICATE,) if severity is Severity.WARNING else (),
        evidence=(_quote_store(view, "server", server), _quote_store(view, "client", client)),
    )


def core_client_not_client_capable(view: NodeView) -> Iterator[Judgement]:
    """The Core is always the TLS client on the traversal zone; its certificate must do as one."""
    leaf = view.leaf_as_client
    kind = "client" if view.has_two_stores else "server"
    if leaf is None:
        yield _missing_store(kind)
        return
    capability = view.as_client(leaf)
    if capability.capable is not False:
        return
    extra = (
        (quote.quote_certificate(capability.certificate, None, "the certificate in the way"),)
        if capability.certificate is not None and capability.certificate.sha256 != leaf.sha256
        else ()
    )
    yield Judgement(
        severity=Severity.CRITICAL,
        confidence=Confidence.PROVEN,
        subject=leaf.common_name or leaf.sha256[:16],
        explanation=f"The Core presents its {kind} store's certificate as TLS client to the Edge, and that certificate may "
        f"not be used as a client's: {capability.reason}. An Edge that checks refuses it; the SSH tunnels need clientAuth "
        "even where the check is off.",
        remedy=(CLIENT_CERTIFICATE_FOR_CORE,),
        evidence=(_quote_store(view, kind, leaf), *extra),
    )


def _missing_store(kind: str) -> Judgement:
    need = Need.CLIENT_STORE if kind == "client" else Need.SERVER_STORE
    return Judgement(
        severity=Severity.INFO,
        confidence=Confidence.NOT_DETERMINABLE,
        subject="",
        explanation=f"Not determinable: {need.missing} is not in what was given.",
        remedy=(Remedy(text=need.collect, kind=RemedyKind.COLLECT),),
        missing=need.missing,
    )


def edge_client_is_server_only_copy(view: NodeView) -> Iterator[Judgement]:
    """Seed condition 4: a server-only certificate was copied to the client store of the Edge.

    It matters only to peers that ask for a certificate and check it (rules-amendments A3): each connection
    decides.
    """
    server, client = view.server_leaf, view.client_leaf
    if (
        server is None
        or client is None
        or server.sha256 != client.sha256
        or eku_class(client) is not ExtendedKeyUsageClass.SERVER_ONLY
    ):
        return
    asked = [
        connection
        for connection in view.connections
        if connection.local_role is Side.CLIENT and connection.client_certificate.leaf == client.sha256
    ]
    refused = [c for c in asked if c.outcome is Outcome.REFUSED and c.refused_by is Side.SERVER]
    if refused:
        severity, shown = Severity.CRITICAL, refused
        more = f"{refused[0].peer.name} was shown it and refused: {refused[0].outcome_reason}."
    elif asked:
        severity, shown = Severity.WARNING, asked
        more = f"{asked[0].peer.name} was shown it and did not refuse it; peers that check it will."
    else:
        severity, shown = Severity.WARNING, []
        more = (
            "No captured peer was shown it. Connections in which the peer asks for no certificate are not affected."
        )
    first, last = quote.span(connection.handshake.started for connection in shown)
    yield Judgement(
        severity=severity,
        confidence=Confidence.PROVEN,
        subject=client.common_name or client.sha256[:16],
        explanation="The Edge's client store holds a copy of the server certificate, and that has serverAuth only: as a TLS "
        f"client (business to business calls, federation, Webex) it presents a certificate without clientAuth. {more}",
        remedy=(OWN_CLIENT_CERTIFICATE,),
        evidence=(_quote_store(view, "client", client), *_quote_presented(shown)),
        count=max(1, len(shown)),
        first=first,
        last=last,
        connections=tuple(connection.id for connection in shown),
    )


def _quote_presented(connections: list[Connection]) -> tuple[Evidence, ...]:
    return tuple(
        evidence
        for connection in connections[: quote.MOST]
        for evidence in (
            *quote.quote_certificate_frame(connection, Side.CLIENT),
            *(quote.quote_alert(connection, alert) for alert in connection.handshake.alerts),
        )
    )


def core_client_capable_success(view: NodeView) -> Iterator[Judgement]:
    """Seed condition 2.1: the working reference."""
    leaf = view.leaf_as_client
    zones = view.traversal_zones
    if leaf is None or view.as_client(leaf).capable is not True or not zones or not view.tunnels:
        return
    if any((zone.status or "").split(" ")[0] != "Active" for zone in zones):
        return
    if any(tunnel.status != "Active" for tunnel in view.tunnels):
        return
    for edge in view.partners:
        server = edge.server_leaf
        if server is None or edge.as_server(server).capable is not True or _trouble_between(view, edge):
            continue
        yield Judgement(
            severity=Severity.OK,
            confidence=Confidence.PROVEN,
            subject=zones[0].name,
            explanation="The Core's client certificate has clientAuth, the Edge's server certificate has serverAuth, zone and "
            "SSH tunnels are Active. The Core's server certificate and both of the Edge's need no clientAuth for this, "
            "whatever the extended key usage check says.",
            evidence=(
                _quote_store(view, "client" if view.has_two_stores else "server", leaf),
                _quote_store(edge, "server", server),
                *quote.quote_zone(zones[0]),
                *(row for tunnel in view.tunnels[: quote.MOST] for row in quote.quote_tunnel(tunnel)),
            ),
        )


def _trouble_between(core: NodeView, edge: NodeView) -> bool:
    """Whether log or capture of either side shows a failure between the two."""
    for view, other in ((core, edge.node.name), (edge, core.node.name)):
        failed = [c.peer for c in view.connections if c.outcome in {Outcome.REFUSED, Outcome.CLOSED}]
        logged = [event.peer for event in view.tls_errors if event.peer is not None]
        if any(peer.node == other or view.is_traversal(peer) for peer in (*failed, *logged)):
            return True
    return False


def eku_mode_off(view: NodeView) -> Iterator[Judgement]:
    """The check is switched off."""
    mode = view.checking_mode
    if mode is None or mode.current != "Off":
        return
    yield Judgement(
        severity=Severity.WARNING if view.is_edge else Severity.INFO,
        confidence=Confidence.PROVEN,
        subject=EKU_CHECKING_MODE,
        explanation="The extended key usage check of inbound SIP TLS is off: any inbound peer may come without clientAuth. "
        "CA and name checks remain. It does not help the SSH tunnels. Set it On again once the Core's client certificate "
        "has clientAuth.",
        remedy=(
            Remedy(
                text="Switch the check on once the peers' client certificates have clientAuth.",
                command="xConfiguration SIP TLS Certificate ExtendedKeyUsage Checking Mode: On",
                kind=RemedyKind.DURABLE,
            ),
        ),
        evidence=quote.quote_setting(EKU_CHECKING_MODE, mode),
    )


def eku_mode_absent(view: NodeView) -> Iterator[Judgement]:
    """The setting is in no dump: the default is assumed, and said to be."""
    mode = view.checking_mode
    if mode is not None and mode.assumed and not mode.changes:
        yield Judgement(
            severity=Severity.INFO,
            confidence=Confidence.INFERRED,
            subject=EKU_CHECKING_MODE,
            explanation=f"The configuration dump does not name it; the default of X15.5, {mode.value}, is assumed.",
            evidence=quote.quote_setting(EKU_CHECKING_MODE, mode),
        )


def deprecated_upload_command(view: NodeView) -> Iterator[Judgement]:
    """X15.4's switch for uploading server-only certificates."""
    setting = view.node.settings.get(ENABLE_SERVER_EKU_UPLOAD)
    if setting is None or setting.current is None:
        return
    severity, why = Severity.INFO, "X15.5 does not use it any more: the client store replaces it."
    if not view.has_two_stores:
        server = view.server_leaf
        if view.is_core:
            severity, why = Severity.WARNING, "The command works on an Expressway-E only."
        elif (
            setting.current == "Off" and server is not None and eku_class(server) is ExtendedKeyUsageClass.SERVER_ONLY
        ):
            severity, why = Severity.WARNING, "It is Off, and the server certificate has serverAuth only."
        else:
            why = "It is the X15.4 switch of an Expressway-E; X15.5 replaces it by the client store."
    yield Judgement(
        severity=severity,
        confidence=Confidence.PROVEN,
        subject=ENABLE_SERVER_EKU_UPLOAD,
        explanation=f"{ENABLE_SERVER_EKU_UPLOAD} is {setting.current}. {why}",
        evidence=quote.quote_setting(ENABLE_SERVER_EKU_UPLOAD, setting),
    )


def client_upload_refused(view: NodeView) -> Iterator[Judgement]:
    """The page for client certificates refused one without clientAuth."""
    events = tuple(e for e in view.events if "does not have a client usage attribute" in e.record.detail.lower())
    if not events:
        return
    first, last = quote.span(event.record.time for event in events)
    yield Judgement(
        severity=Severity.CRITICAL,
        confidence=Confidence.PROVEN,
        subject="client certificate upload",
        explanation="The upload of a client certificate was refused: it has no clientAuth.",
        remedy=(
            Remedy(
                text="Have the request signed again with clientAuth (and serverAuth), then upload it.",
                command="Maintenance > Security > Client certificate",
                kind=RemedyKind.DURABLE,
            ),
            Remedy(
                text="Or upload it as server certificate and tick the copy: then peers that check refuse it.",
                command="Maintenance > Security > Server certificate: Upload server certificate file as client certificate",
                kind=RemedyKind.STOP_GAP,
            ),
        ),
        evidence=quote.quote_events(events),
        count=len(events),
        first=first,
        last=last,
        events=tuple(event.id for event in events),
    )


_LEAST_LEAF = ((Need.CLIENT_STORE, Need.SERVER_STORE),)

RULES = (
    Rule(
        id="stores-identical-after-upgrade",
        title="Both stores hold the same certificate",
        severity=Severity.WARNING,
        judge=stores_identical,
        needs=(Need.SERVER_STORE, Need.CLIENT_STORE),
        applies_to=">=X15.5",
        sources=("S", "CG"),
    ),
    Rule(
        id="core-client-not-client-capable",
        title="The certificate that the Core presents as a client may not be used as a client's",
        severity=Severity.CRITICAL,
        judge=core_client_not_client_capable,
        needs=(*_LEAST_LEAF, Need.VERSION),
        roles=(NodeRole.CORE,),
        sources=("S", "P"),
    ),
    Rule(
        id="edge-client-is-server-only-copy",
        title="The Edge's client store holds a copy of a server-only certificate",
        severity=Severity.CRITICAL,
        judge=edge_client_is_server_only_copy,
        needs=(Need.SERVER_STORE, Need.CLIENT_STORE),
        roles=(NodeRole.EDGE,),
        applies_to=">=X15.5",
        sources=("S", "FN", "FN-CUCM"),
    ),
    Rule(
        id="core-client-capable-success",
        title="Traversal zone and SSH tunnels work: the Core's client certificate has clientAuth",
        severity=Severity.OK,
        judge=core_client_capable_success,
        needs=(_LEAST_LEAF[0], Need.STATUS, Need.PARTNER),
        roles=(NodeRole.CORE,),
        applies_to=">=X15.5",
        sources=("S",),
    ),
    Rule(
        id="eku-mode-off",
        title="The extended key usage check of inbound SIP TLS is off",
        severity=Severity.WARNING,
        judge=eku_mode_off,
        needs=(Need.CONFIGURATION,),
        applies_to=">=X15.5",
        sources=("S", "P"),
    ),
    Rule(
        id="eku-mode-absent",
        title="The extended key usage check is not in the configuration dump",
        severity=Severity.INFO,
        judge=eku_mode_absent,
        needs=(Need.CONFIGURATION,),
        applies_to=">=X15.5",
        sources=("S",),
    ),
    Rule(
        id="deprecated-eku-upload-command",
        title="The X15.4 switch for server-only uploads is set",
        severity=Severity.WARNING,
        judge=deprecated_upload_command,
        needs=(Need.CONFIGURATION,),
        applies_to=">=X15.4",
        sources=("S", "P"),
    ),
    Rule(
        id="client-upload-refused-no-client-usage",
        title="A client certificate without clientAuth was refused at upload",
        severity=Severity.CRITICAL,
        judge=client_upload_refused,
        needs=(Need.LOG,),
        sources=("S", "P"),
    ),
)
