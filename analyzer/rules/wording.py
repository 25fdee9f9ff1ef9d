"""Words that several rules put into their sentences: roles, stores, the origins of certificates; and lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce

from analyzer.evidence import CertificateOrigin, Side
from analyzer.words import Words, say

ROLES: Mapping[str, Words] = {Side.CLIENT: say("client"), Side.SERVER: say("server")}
"""For `TLS {role}`, `{role} certificate`."""

STORES: Mapping[str, Words] = {"client": say("client store"), "server": say("server store")}

ORIGINS: Mapping[CertificateOrigin, Words] = {
    CertificateOrigin.PUBLIC: say("public"),
    CertificateOrigin.PRIVATE: say("private"),
    CertificateOrigin.SELF_SIGNED: say("self-signed"),
    CertificateOrigin.DEFAULT: say("default"),
    CertificateOrigin.UNKNOWN: say("unknown"),
}


def both(parts: Iterable[str]) -> str:
    """Return things that belong together, with `and` between them."""
    return reduce(lambda before, after: say("{before} and {after}", before=before, after=after), parts)


def either(parts: Iterable[str]) -> str:
    """Return things to choose from, with `or` between them."""
    return reduce(lambda before, after: say("{before} or {after}", before=before, after=after), parts)


def apart(parts: Iterable[str]) -> str:
    """Return things that have commas of their own, with semicolons between them."""
    return reduce(lambda before, after: say("{before}; {after}", before=before, after=after), parts)
