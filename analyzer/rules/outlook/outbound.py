"""The outlook of mutual TLS that this node opens, to everybody but its partner: what it presents decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analyzer.evidence import Certificate, Outcome, PeerKind, Side
from analyzer.facts.releases import FIRST_WITH_TWO_STORES
from analyzer.findings import Basis, OutlookCell, Prospect
from analyzer.rules.client_use import FIRST_WITH_SERVER_ONLY_EDGE
from analyzer.rules.outlook.cells import IF_TRUSTED, PATH_UNKNOWN, Assessed, cell, unknown, with_lapse
from analyzer.rules.outlook.contacts import Contact
from analyzer.rules.outlook.usages import Usage, is_private, is_strange, lapse, usage_of
from analyzer.rules.view import NodeView
from analyzer.words import say, sentences

OUTBOUND = say("outbound mTLS")
_NO_SWITCH = say(
    "The certificate lacks clientAuth: a neighbour zone with TLS verify On fails so, and X15.4 has no switch for it."
)
_WEBEX_OPEN = say("Whether Webex checks clientAuth, no source says.")


def outbound(view: NodeView, contacts: Iterable[Contact]) -> Iterator[Assessed]:
    """Say what becomes of the connections that this node opens, by whom it opens them to."""
    leaf = view.leaf_as_client
    for contact in contacts:
        seen = _seen(contact, leaf)
        asked = not _never_asked(contact)
        yield Assessed(
            view=view,
            local_role=Side.CLIENT,
            service=OUTBOUND,
            peer=contact.name,
            cell=with_lapse(seen or _by_usage(view, contact, leaf), lapse(view, leaf) if asked else None),
            down=None if seen else contact.trouble,
        )


def _never_asked(contact: Contact) -> bool:
    """Whether every connection that was captured went without a CertificateRequest."""
    asked = {connection.handshake.certificate_requested for connection in contact.connections}
    return asked == {False}


def _seen(contact: Contact, leaf: Certificate | None) -> OutlookCell | None:
    """Return what the capture shows of this very certificate with this peer."""
    if _never_asked(contact):
        return cell(Prospect.WORKS, say("It asked for no certificate in what was captured."), "P", basis=Basis.SEEN)
    shown = [c for c in contact.connections if leaf and c.client_certificate.leaf == leaf.sha256]
    newest = max(shown, key=lambda connection: connection.handshake.started, default=None)
    if newest is None:
        return None
    if newest.outcome is Outcome.COMPLETED:
        words = say("It took this certificate ({connection}).", connection=newest.id)
        return cell(Prospect.WORKS, words, basis=Basis.SEEN)
    if newest.outcome is Outcome.REFUSED and newest.refused_by is Side.SERVER:
        words = say("It refused this certificate ({connection}).", connection=newest.id)
        if why := newest.outcome_reason:
            words = say("It refused this certificate ({connection}): {why}.", connection=newest.id, why=why)
        return cell(Prospect.FAILS, words, basis=Basis.SEEN)
    return None


def _by_usage(view: NodeView, contact: Contact, leaf: Certificate | None) -> OutlookCell:
    if leaf is None:
        return unknown(say("What this node presents as TLS client is not in what was given."))
    webex = contact.kind is PeerKind.WEBEX
    more = _WEBEX_OPEN if webex else ""
    condition = IF_TRUSTED if is_strange(view, leaf) else None
    match usage_of(view, leaf):
        case Usage.SERVER_ONLY:
            return _server_only(view, contact, leaf, more)
        case Usage.BOTH:
            return _with_both(view, leaf, webex=webex)
        case Usage.NONE:
            words = say("Peers of OpenSSL's kind accept a certificate without extended key usage.")
            return cell(Prospect.WORKS, sentences((words, more)), "M", row="12", condition=condition)
        case Usage.CLIENT_ONLY:
            words = say("It has clientAuth; a peer that checks for server use, too, refuses it in the same words.")
            return cell(Prospect.WORKS, words, "M", condition=condition)
        case Usage.HINDERED | Usage.ANY_ONLY | Usage.OTHER:
            words = say("A far end that checks refuses it: {reason}.", reason=view.as_client(leaf).reason)
            return cell(Prospect.NEEDS_FAR_END, sentences((words, more)), "M", row="13")
        case Usage.UNREADABLE:
            return unknown(say("{reason}.", reason=view.as_client(leaf).reason))


def _server_only(view: NodeView, contact: Contact, leaf: Certificate, more: str) -> OutlookCell:
    if _has_no_switch(view, contact):
        return cell(Prospect.FAILS, _NO_SWITCH, "P", basis=Basis.STATED, row="X15.4")
    words = say("The certificate lacks clientAuth: it works only where the far end does not check.")
    told = sentences((words, more))
    if not view.has_two_stores:
        return cell(Prospect.NEEDS_FAR_END, told, "P", "FN", basis=Basis.STATED)
    copied = view.is_edge and view.server_leaf is not None and view.server_leaf.sha256 == leaf.sha256
    sources = ("S", "FN") if copied else ("P", "FN")
    return cell(Prospect.NEEDS_FAR_END, told, *sources, basis=Basis.STATED, row="5" if copied else "1")


def _has_no_switch(view: NodeView, contact: Contact) -> bool:
    """Whether it is X15.4 and a neighbour zone with TLS verify: it fails, and there is no switch yet (Cisco 225482)."""
    zone = contact.zone
    if zone is None or zone.kind != "neighbor" or zone.tls_verify_mode != "On":
        return False
    return view.version is not None and FIRST_WITH_SERVER_ONLY_EDGE <= view.version < FIRST_WITH_TWO_STORES


def _with_both(view: NodeView, leaf: Certificate, *, webex: bool) -> OutlookCell:
    words = say("The certificate has clientAuth.")
    if not view.as_client(leaf).whole:
        words = sentences((words, PATH_UNKNOWN))
    if not is_strange(view, leaf):
        return cell(Prospect.WORKS, words, "P", row="7")
    must_trust = say("The far end must trust its issuer, which is no public CA.")
    upload = say("For Webex hybrid calls it can be uploaded in Control Hub (a document of 2020).") if webex else ""
    server = view.server_leaf
    likewise = server is not None and is_private(view, server) and usage_of(view, server) is Usage.BOTH
    all_private = view.is_edge and likewise
    return cell(
        Prospect.WORKS,
        sentences((words, must_trust, upload)),
        *(("S", "W") if webex else ("S",)),
        basis=Basis.STATED if all_private else Basis.INFERRED,
        row="6" if all_private else "8",
        condition=IF_TRUSTED,
    )
