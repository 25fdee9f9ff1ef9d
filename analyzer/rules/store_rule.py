"""The store rule, asked of one presented certificate: is it the one that the release presents in this role?

X15.5: as a TLS client the client store's, as a server the server store's (Certificate guide X15.5). Earlier
releases have one store.
"""

from __future__ import annotations

from analyzer.evidence import Certificate, Connection, PresentedCertificate, Side, Store, Visibility
from analyzer.findings import Presented, StoreRule
from analyzer.rules.served import asked_domains, served_since, stale_of
from analyzer.rules.view import NodeView
from analyzer.rules.wording import store_name
from analyzer.words import Words, say

HIDDEN = frozenset({Visibility.ENCRYPTED, Visibility.NOT_CAPTURED, Visibility.RESUMED})
"""Where a certificate that can't be seen stands behind a handshake."""

_ENDS_NOT_KNOWN = say("which of the two ends is the Expressway is not known")
_RELEASE_NOT_KNOWN = say("the release is not known, and with it the store that a TLS client takes")
_REPLACED_SINCE = say("it was replaced while logging ran, and the files show what came after it")
_OTHER_DOMAIN = say("another domain was asked for, and its certificates are not in a bundle")


def by_rule(view: NodeView, role: Side | None) -> Presented | None:
    """Return what the store rule says that this node presents in a role; None: it is not known."""
    leaf = view.expected_leaf(role) if role else None
    if role is None or leaf is None:
        return None
    both = view.has_two_stores and view.client_leaf == view.server_leaf
    store = Store.BOTH if both else Store(view.expected_store(role))
    return Presented(visibility=None, certificate=leaf.sha256, serial=leaf.serial, store=store)


def store_rule(
    view: NodeView, connection: Connection, shown: PresentedCertificate, role: Side | None
) -> StoreRule | None:
    """Compare what a node presented in a role with what the rule says; None: it presented nothing."""
    if shown.leaf is None and shown.visibility not in HIDDEN:
        return None
    is_seen, expected = shown.leaf is not None, by_rule(view, role)
    if role is None or expected is None:
        return StoreRule(is_seen=is_seen, unknown=_why_unknown(view, role))
    if shown.leaf is None or shown.leaf == expected.certificate:
        return StoreRule(is_seen=is_seen, expected=expected, kept=True if is_seen else None)
    presented = view.case.certificates.get(shown.leaf)
    if presented is None:
        return StoreRule(is_seen=True, expected=expected, kept=False)
    newer = stale_of(view, role, presented)
    unknown = _why_open(view, connection, shown, role, presented, newer)
    return StoreRule(
        is_seen=True,
        expected=expected,
        kept=None if unknown else False,
        unknown=unknown,
        is_older=newer is not None and newer.sha256 == expected.certificate,
    )


def _why_open(
    view: NodeView,
    connection: Connection,
    shown: PresentedCertificate,
    role: Side,
    presented: Certificate,
    newer: Certificate | None,
) -> Words | None:
    """Say why a certificate that no store holds may have been the right one all the same; None: nothing says so."""
    if shown.store is not Store.NEITHER:
        return None
    if newer is not None:
        return _REPLACED_SINCE if served_since(view, role, newer, connection) else None
    return _OTHER_DOMAIN if asked_domains(view, role, presented, (connection,)) else None


def _why_unknown(view: NodeView, role: Side | None) -> Words:
    if role is None:
        return _ENDS_NOT_KNOWN
    if role is Side.CLIENT and view.version is None:
        return _RELEASE_NOT_KNOWN
    store = view.expected_store(role)
    ids = view.node.stores.client if store == "client" else view.node.stores.server
    name = store_name(view, store)
    if ids is None:
        return say("the {store} is not in what was given", store=name)
    return say("the {store} could not be read", store=name)
