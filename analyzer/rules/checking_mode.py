"""The switches about extended key usage: who checks it on inbound connections, and what may be uploaded."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.correlate.purpose import ExtendedKeyUsageClass, eku_class
from analyzer.facts.settings import EKU_CHECKING_MODE, ENABLE_SERVER_EKU_UPLOAD
from analyzer.findings import Confidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.alike import lines_of
from analyzer.rules.log_lines import saying
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import NodeView
from analyzer.words import say


def eku_mode_off(view: NodeView) -> Iterator[Judgement]:
    """The check is switched off."""
    mode = view.checking_mode
    if mode is None or mode.current != "Off":
        return
    yield Judgement(
        severity=Severity.WARNING if view.is_edge else Severity.INFO,
        confidence=Confidence.PROVEN,
        subject=EKU_CHECKING_MODE,
        explanation=say(
            "The extended key usage check of inbound SIP TLS is off: any inbound peer may come without clientAuth. CA and "
            "name checks remain. It does not help the SSH tunnels. Set it On again once the Core's client certificate has "
            "clientAuth."
        ),
        remedy=(
            Remedy(
                text=say("Switch the check on once the peers' client certificates have clientAuth."),
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
            explanation=say(
                "The configuration dump does not name it; the default of X15.5, {value}, is assumed.",
                value=mode.value,
            ),
            evidence=quote.quote_setting(EKU_CHECKING_MODE, mode),
        )


def deprecated_upload_command(view: NodeView) -> Iterator[Judgement]:
    """X15.4's switch for uploading server-only certificates."""
    setting = view.node.settings.get(ENABLE_SERVER_EKU_UPLOAD)
    if setting is None or setting.current is None:
        return
    severity, why = Severity.INFO, say("X15.5 does not use it any more: the client store replaces it.")
    if not view.has_two_stores:
        server = view.server_leaf
        if view.is_core:
            severity, why = Severity.WARNING, say("The command works on an Expressway-E only.")
        elif (
            setting.current == "Off" and server is not None and eku_class(server) is ExtendedKeyUsageClass.SERVER_ONLY
        ):
            severity, why = Severity.WARNING, say("It is Off, and the server certificate has serverAuth only.")
        else:
            why = say("It is the X15.4 switch of an Expressway-E; X15.5 replaces it by the client store.")
    yield Judgement(
        severity=severity,
        confidence=Confidence.PROVEN,
        subject=ENABLE_SERVER_EKU_UPLOAD,
        explanation=say(
            "{setting} is {value}. {why}", setting=ENABLE_SERVER_EKU_UPLOAD, value=setting.current, why=why
        ),
        evidence=quote.quote_setting(ENABLE_SERVER_EKU_UPLOAD, setting),
    )


def client_upload_refused(view: NodeView) -> Iterator[Judgement]:
    """The page for client certificates refused one without clientAuth."""
    events = saying(view.log.others, "does not have a client usage attribute")
    if not events:
        return
    first, last = quote.span(event.record.time for event in events)
    yield Judgement(
        severity=Severity.CRITICAL,
        confidence=Confidence.PROVEN,
        subject=say("client certificate upload"),
        explanation=say("The upload of a client certificate was refused: it has no clientAuth."),
        remedy=(
            Remedy(
                text=say("Have the request signed again with clientAuth (and serverAuth), then upload it."),
                command="Maintenance > Security > Client certificate",
                kind=RemedyKind.DURABLE,
            ),
            Remedy(
                text=say("Or upload it as server certificate and tick the copy: then peers that check refuse it."),
                command="Maintenance > Security > Server certificate: Upload server certificate file as client certificate",
                kind=RemedyKind.STOP_GAP,
            ),
        ),
        evidence=quote.quote_events(events),
        count=len(events),
        first=first,
        last=last,
        events=lines_of(events),
    )


RULES = (
    Rule(
        id="eku-mode-off",
        title=say("The extended key usage check of inbound SIP TLS is off"),
        meaning="Said when SIP TLS Certificate ExtendedKeyUsage Checking Mode is Off. It is accepted as a stop-gap, "
        "but it concerns every inbound SIP TLS peer and does not help the SSH tunnels; CA and name checks "
        "remain. Only the node that is the TLS server is affected, for the traversal zone the Edge: on a "
        "Core it is a remark.",
        severity=Severity.WARNING,
        judge=eku_mode_off,
        needs=(Need.CONFIGURATION,),
        applies_to=">=X15.5",
        sources=("S", "P"),
    ),
    Rule(
        id="eku-mode-absent",
        title=say("The extended key usage check is not in the configuration dump"),
        meaning="Said when the configuration dump of an X15.5 node does not name the extended key usage check. The "
        "release's default, On, is then assumed, and marked as assumed wherever it is used.",
        severity=Severity.INFO,
        judge=eku_mode_absent,
        needs=(Need.CONFIGURATION,),
        applies_to=">=X15.5",
        sources=("S",),
        is_context=True,
    ),
    Rule(
        id="deprecated-eku-upload-command",
        title=say("The X15.4 switch for server-only uploads is set"),
        meaning="Said when XCP TLS Certificate CVS EnableServerEkuUpload is in the configuration dump: the switch "
        "of X15.4 that lets an Expressway-E take a server-only certificate. X15.5 no longer uses it. It is "
        "a warning where it works against the certificate: on a Core of X15.4, or Off beside a server-only "
        "certificate.",
        severity=Severity.WARNING,
        judge=deprecated_upload_command,
        needs=(Need.CONFIGURATION,),
        applies_to=">=X15.4",
        sources=("S", "P"),
    ),
    Rule(
        id="client-upload-refused-no-client-usage",
        title=say("A client certificate without clientAuth was refused at upload"),
        meaning="Said when the log tells that the upload of a client certificate was refused because it has no "
        "client usage. The request has to be signed again with clientAuth; uploading it as server "
        "certificate with a copy for the client store only moves the refusal to the peers.",
        severity=Severity.CRITICAL,
        judge=client_upload_refused,
        needs=(Need.LOG,),
        sources=("S", "P"),
    ),
)
