"""Finds the names that a certificate must have for the services that are configured.

Sample (the paths are documented nowhere; these follow the web pages and the certificate request's words)::

    *c xConfiguration SIP Domains Domain 1 Name: "harbor.example"
    *c xConfiguration SIP Domains Domain 1 XmppFederation: "On"
    *c xConfiguration XMPP ChatNodeAlias 1 Alias: "chat1.harbor.example"
    *c xConfiguration CollaborationEdge PhoneSecurityProfile 1 Name: "secure.harbor.example"

So they are told by how their names end, and what is not found is unknown, not absent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from analyzer.evidence import ConfiguredName, NeededNames
from analyzer.parsers import dump_fields
from analyzer.parsers.leaves import Leaf, Leaves

DOMAIN_PREFIXES = ("sipdomainsdomain", "sipdomain")

_FEDERATION = "federat"
_FEDERATION_FLAG = re.compile(r"(?:edge|im)?(?:xmpp)?federation(?:enabled|mode)?")
_FEDERATION_SWITCH = re.compile(
    r"(?:\w{0,64}xmpp|collaborationedge)(?:server)?federation(?:support|mode|enabled|status)?"
)
_FEDERATION_DOMAIN = re.compile(r"\w{0,64}xmpp(?:server)?federat(?:ion|ed)(?:local)?domains?(?:domain)?(?:name)?")
_CHAT_ALIAS = re.compile(r"\w{0,64}chat(?:node)?alias(?:es)?(?:alias|name)*")
_SECURITY_PROFILE = re.compile(r"\w{0,64}phonesecurityprofiles?(?:names?)?(?:profile)?(?:name)?")
_FOREIGN = re.compile(r"allow|deny|static|count|total")
"""Allow lists, deny lists and static routes name other companies' domains."""

_SEPARATOR = re.compile(r"[,;]")
_MOST = 500


def needed_names(leaves: Leaves, file: str) -> NeededNames:
    """Return the names that a dump holds."""
    return NeededNames(
        federation_domains=_federation_domains(leaves, file),
        chat_aliases=_named(leaves, "chat", _CHAT_ALIAS, file),
        phone_security_profiles=_named(leaves, "securityprofile", _SECURITY_PROFILE, file),
    )


def _federation_domains(leaves: Leaves, file: str) -> tuple[ConfiguredName, ...] | None:
    """Return the domains listed for federation, or flagged for it; empty: the dump says that there are none."""
    listed = _named(leaves, _FEDERATION, _FEDERATION_DOMAIN, file)
    flagged = []
    is_said = False
    for prefix in DOMAIN_PREFIXES:
        for domain in leaves.entries(prefix):
            flags = [leaf for leaf in domain.leaves if _FEDERATION_FLAG.fullmatch(leaf.key)]
            said = [dump_fields.yes_no(leaf.value) for leaf in flags]
            is_said |= any(flag is not None for flag in said)
            name = domain.leaves.value("name", "domainname")
            if True in said and name:
                flagged.append(ConfiguredName(name=name, source=f"{file}: {domain.path}"))
    switches = (
        dump_fields.yes_no(leaf.value)
        for leaf in leaves
        if _FEDERATION in leaf.key and _FEDERATION_SWITCH.fullmatch(leaf.key)
    )
    if listed or flagged:
        return _each_once((*(listed or ()), *flagged))
    return () if is_said or False in switches else None


def _named(leaves: Leaves, mark: str, ending: re.Pattern[str], file: str) -> tuple[ConfiguredName, ...] | None:
    """Return the names in leaves that end so; `mark` is a part of all of them, for speed."""
    found = tuple(
        ConfiguredName(name=name, source=f"{file}: {leaf.path}")
        for leaf in leaves
        if mark in leaf.key and leaf.value and ending.fullmatch(leaf.key) and not _FOREIGN.search(leaf.key)
        for name in _names(leaf)
    )
    return _each_once(found) or None


def _names(leaf: Leaf) -> Iterator[str]:
    """Yield the names of a value, which may be a list."""
    for part in _SEPARATOR.split(leaf.value):
        name = part.strip().strip('"')
        if name and not name.isdecimal() and dump_fields.yes_no(name) is None:
            yield name


def _each_once(names: Iterable[ConfiguredName]) -> tuple[ConfiguredName, ...]:
    known: dict[str, ConfiguredName] = {}
    for one in names:
        known.setdefault(one.name.lower(), one)
    return tuple(known.values())[:_MOST]
