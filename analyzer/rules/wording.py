"""Words that several rules put into their sentences: roles, stores, the origins of certificates."""

from __future__ import annotations

from collections.abc import Mapping

from analyzer.evidence import CertificateOrigin, Side
from analyzer.facts.releases import with_one_store
from analyzer.rules.view import NodeView
from analyzer.words import Words, say

ROLES: Mapping[str, Words] = {Side.CLIENT: say("client"), Side.SERVER: say("server")}
"""For `TLS {role}`, `{role} certificate`."""

THE_SIDE: Mapping[Side, Words] = {Side.CLIENT: say("the client"), Side.SERVER: say("the server")}
"""Of an end whose name is not known."""

STORES: Mapping[str, Words] = {"client": say("client store"), "server": say("server store")}


def has_one_store(view: NodeView) -> bool:
    """Whether a node's release is known to have one store for both roles, as before X15.5."""
    return with_one_store(view.node.version) is not None


def store_name(view: NodeView, kind: str) -> Words:
    """Return what a store of a node is called: before X15.5 there is one for both roles."""
    return say("single store") if kind == "server" and has_one_store(view) else STORES[kind]


def client_store_of(view: NodeView) -> str:
    """Return the kind of the store that a TLS client presents from: the client store, unless there is known to be one only."""
    return "server" if has_one_store(view) else "client"


REFERENCE_ORIGINS: Mapping[str, Words] = {
    "evidence": say("evidence"),
    "file-name": say("file-name"),
    "as-of": say("as-of"),
    "none": say("none"),
}
"""Where a reference time comes from."""

ORIGINS: Mapping[CertificateOrigin, Words] = {
    CertificateOrigin.PUBLIC: say("public"),
    CertificateOrigin.PRIVATE: say("private"),
    CertificateOrigin.SELF_SIGNED: say("self-signed"),
    CertificateOrigin.DEFAULT: say("default"),
    CertificateOrigin.UNKNOWN: say("unknown"),
}
