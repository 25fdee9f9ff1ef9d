"""The outlook of mutual TLS that others open: what they present to this node. And of the cluster database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analyzer.evidence import Certificate, Connection, Side
from analyzer.facts.releases import Version
from analyzer.facts.settings import CLUSTER_TLS_VERIFY
from analyzer.findings import Basis, OutlookCell, Prospect
from analyzer.rules.outlook.cells import Assessed, cell, unknown, with_lapse
from analyzer.rules.outlook.contacts import Contact
from analyzer.rules.outlook.usages import Usage, lapse, usage_of
from analyzer.rules.view import NodeView
from analyzer.words import say

INBOUND, CLUSTER = say("inbound mTLS"), say("cluster database")
ANYONE_ELSE, ITS_PEERS = say("others"), say("its peers")
IF_CLIENT_USAGE = say("if clientAuth")


def inbound(view: NodeView, contacts: Iterable[Contact], check: str | None) -> Iterator[Assessed]:
    """Say what becomes of each peer that presented a certificate to this node, and of peers in general."""
    mode = check or (view.checking_mode.current if view.checking_mode else None)
    for contact in contacts:
        newest = max(_with_certificate(contact), key=lambda connection: connection.handshake.started, default=None)
        leaf = view.case.certificates.get(newest.client_certificate.leaf or "") if newest else None
        if newest is None or leaf is None:
            continue
        yield Assessed(
            view=view,
            local_role=Side.SERVER,
            service=INBOUND,
            peer=contact.name,
            cell=with_lapse(_of_peer(view, contact, leaf, mode), lapse(view, leaf)),
            down=contact.trouble,
        )
    yield Assessed(
        view=view,
        local_role=Side.SERVER,
        service=INBOUND,
        peer=ANYONE_ELSE,
        cell=with_lapse(_of_anyone(view, mode), lapse(view, view.server_leaf)),
    )


def _with_certificate(contact: Contact) -> Iterator[Connection]:
    return (connection for connection in contact.connections if connection.client_certificate.leaf)


def _of_peer(view: NodeView, contact: Contact, leaf: Certificate, mode: str | None) -> OutlookCell:
    usage = usage_of(view, leaf)
    if view.version is None:
        return unknown(say("The release is not in what was given."))
    if not view.has_two_stores:
        mode = contact.zone.tls_verify_mode if contact.zone else None
    if usage in {Usage.UNREADABLE, Usage.ANY_ONLY} or mode not in {"On", "Off"}:
        return unknown(say("Its certificate or the setting that decides cannot be told from what was given."))
    fit = usage in {Usage.BOTH, Usage.NONE}
    if not view.has_two_stores:
        stated = Basis.STATED if usage is Usage.SERVER_ONLY and view.version >= Version(15, 4) else Basis.INFERRED
        if mode == "On" and not fit and usage is not Usage.CLIENT_ONLY:
            words = say("The zone's TLS verify is On, and it lacks clientAuth.")
            return cell(Prospect.FAILS, words, "P", basis=stated)
        return cell(Prospect.WORKS, say("Its certificate has clientAuth, or the zone does not verify it."), "P")
    if fit:
        return cell(Prospect.WORKS, say("Nothing keeps its certificate from client use."), "S")
    if mode == "On":
        if usage is Usage.CLIENT_ONLY:
            return cell(Prospect.WORKS, say("A check for client use accepts clientAuth alone."), "M")
        words = say(
            "Its certificate may not be used as a client's, and this node checks: unsupported certificate purpose."
        )
        return cell(Prospect.FAILS, words, *(("S",) if usage is Usage.SERVER_ONLY else ("M",)))
    if usage is Usage.SERVER_ONLY:
        words = say("This node does not check: clientAuth is not needed.")
        return cell(Prospect.WORKS, words, "P", "FN", basis=Basis.STATED)
    return unknown(say("No source says what this node still checks of such a certificate when its check is off."))


def _of_anyone(view: NodeView, mode: str | None) -> OutlookCell:
    server = view.server_leaf
    if server is None:
        return unknown(say("The server certificate is not in what was given."))
    serves = view.as_server(server)
    if serves.capable is False:
        words = say("Peers refuse this node's own certificate: {reason}.", reason=serves.reason)
        return cell(Prospect.FAILS, words, "M", row="11")
    if serves.capable is None or view.version is None:
        return unknown(
            say("The release, or the usages of the server certificate, cannot be told from what was given.")
        )
    if not view.has_two_stores:
        words = say("Where a zone's TLS verify is On, a peer whose certificate lacks clientAuth is refused.")
        return cell(Prospect.WORKS, words, "P", condition=IF_CLIENT_USAGE)
    if mode == "Off":
        words = say("No peer needs clientAuth in its certificate.")
        return cell(Prospect.WORKS, words, "P", "FN", basis=Basis.STATED)
    if mode == "On":
        words = say("A peer whose certificate lacks clientAuth is refused.")
        return cell(Prospect.WORKS, words, "S", condition=IF_CLIENT_USAGE)
    return unknown(say("The extended key usage check is not in what was given."))


def cluster(view: NodeView) -> Iterator[Assessed]:
    """Say what becomes of the cluster database, where each peer is TLS client of the others."""
    if view.node.cluster is None or len(view.node.cluster.peers) < 2:
        return
    made = _of_cluster(view)
    yield Assessed(view=view, local_role=Side.CLIENT, service=CLUSTER, peer=ITS_PEERS, cell=made)


def _of_cluster(view: NodeView) -> OutlookCell:
    leaf, release = view.leaf_as_client, view.version
    if leaf is None or release is None:
        return unknown(say("The release, or what this node presents as TLS client, is not in what was given."))
    if usage_of(view, leaf) is Usage.BOTH:
        return cell(Prospect.WORKS, say("The certificate has clientAuth."), "P")
    if not view.has_two_stores and release >= Version(15, 4):
        words = say("The cluster database does not ask for clientAuth.")
        return cell(Prospect.WORKS, words, "P", basis=Basis.STATED, row="X15.4")
    if view.has_two_stores or usage_of(view, leaf) is not Usage.SERVER_ONLY:
        return unknown(say("No source says whether the cluster database asks for clientAuth on this release."))
    if (view.setting(CLUSTER_TLS_VERIFY) or "").lower() == "enforcing":
        words = say("TLS verification is Enforcing, and the certificate lacks clientAuth.")
        return cell(Prospect.FAILS, words, "P", basis=Basis.STATED, row="X15.3")
    return unknown(say("It fails where TLS verification is Enforcing, which is not in what was given."), "P")
