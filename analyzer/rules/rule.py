"""What a rule is: one entry that says what it is and needs, and one function that judges one node.

A rule never checks for missing inputs and never says "not determinable" for their lack: it declares them, and
the runner answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from enum import Enum

from msgspec import Struct

from analyzer.evidence import Connection, NodeRole
from analyzer.findings import Confidence, Evidence, Remedy, Severity
from analyzer.rules.alike import Lines
from analyzer.rules.view import NodeView
from analyzer.words import Words, say


class Need(Enum):
    """What a rule needs of a node: what is missing without it, and how to collect it."""

    SERVER_STORE = (
        say("the server certificate (server_….pem)"),
        say("Take a diagnostic log on X15.x and keep all its files."),
    )
    CLIENT_STORE = (
        say("the client certificate (client_….pem)"),
        say("Take a diagnostic log on X15.5 and keep all its files."),
    )
    TRUSTED_LIST = (
        say("the trusted CA list (ca_….pem)"),
        say("Take a diagnostic log on X15.x and keep all its files."),
    )
    CONFIGURATION = (
        say("the configuration dump (xconf_dump_….xml)"),
        say("Take a new diagnostic log; a reboot of the Expressway while it runs leaves only the log."),
    )
    ZONES = (say("the zones (xconf_dump or xstat_dump)"), say("Add the node's whole diagnostic bundle."))
    STATUS = (
        say("the status dump (xstat_dump_….xml)"),
        say("Take a new diagnostic log; a reboot of the Expressway while it runs leaves only the log."),
    )
    LOG = (say("the log (loggingsnapshot_….txt)"), say("Take a diagnostic log while the problem happens."))
    CAPTURE = (
        say("a packet capture"),
        say(
            'Take a diagnostic log with "Take tcpdump while logging" ticked (Maintenance > Diagnostics > Diagnostic '
            "logging); disable and enable the zone or place the call meanwhile, and do not reboot the Expressway."
        ),
    )
    HANDSHAKE = (
        say("a TLS handshake in the capture"),
        say("Capture again while the connection is made: disable and enable the zone, or place the call."),
    )
    LOCAL_ADDRESSES = (
        say("this node's own addresses (xconf_dump or xstat_dump)"),
        say("Add the node's whole diagnostic bundle."),
    )
    ROLE = (say("the node's role, Core or Edge (xconf_dump)"), say("Add the node's whole diagnostic bundle."))
    VERSION = (say("the software version (xstat_dump)"), say("Add the node's whole diagnostic bundle."))
    PARTNER = (
        say("the partner Expressway's bundle"),
        say("Take a diagnostic log on both Expressways at the same time and give both bundles."),
    )
    OTHER_END = (
        say("the capture of the node at the other end"),
        say("Take a diagnostic log with tcpdump on both nodes at the same time and give both bundles."),
    )
    REFERENCE_TIME = (say("a time to judge dates at"), say("Give one with --as-of DATE."))

    DOMAINS = (
        say("the domains of mobile and remote access (xconf_dump of the Core)"),
        say("Add the Core's whole diagnostic bundle, or see Configuration > Domains there."),
    )
    FEDERATION_DOMAINS = (
        say("the domains of XMPP federation (no dump names them)"),
        say("See Configuration > Domains on the Core: XMPP federation."),
    )
    CHAT_ALIASES = (
        say("the chat node aliases (no dump names them)"),
        say("See the IM and Presence nodes of the Core: chat node aliases."),
    )
    PHONE_SECURITY_PROFILES = (
        say("the names of Unified CM's phone security profiles (no dump names them)"),
        say("See Unified CM: System > Security > Phone Security Profile."),
    )
    DEFAULT_ZONE = (
        say("the Default Zone's TLS verify and media encryption modes (xconf_dump)"),
        say("See Configuration > Zones > Zones > DefaultZone."),
    )

    def __init__(self, missing: Words, collect: Words) -> None:
        self.missing = missing
        self.collect = collect

    @property
    def word(self) -> str:
        """What it is called in a list: `capture`, `client store`."""
        return self.name.lower().replace("_", " ")


class Judgement(Struct, frozen=True, kw_only=True):
    """What a rule concludes about one subject of a node; the runner makes the finding of it.

    Attributes:
        connections, events: of this node, on which it rests and by which effects are tied to their cause.
        due: of a forecast, the day before which the renewal is that it is about.
        about: names of the peers that it is about, where no connection or log line tells them.
        title: only where it differs from the rule's.
        sources: codes of citations, beside the rule's: of the dates and names that this one rests on.
        missing: for `not-determinable` only: what is missing.
        is_over: all that failed has worked since.
    """

    severity: Severity
    confidence: Confidence
    subject: str
    explanation: Words
    remedy: tuple[Remedy, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    count: int = 1
    first: datetime | None = None
    last: datetime | None = None
    due: date | None = None
    connections: tuple[Connection, ...] = ()
    events: Lines = Lines()
    about: tuple[str, ...] = ()
    title: Words | None = None
    missing: Words | None = None
    sources: tuple[str, ...] = ()
    is_over: bool = False


WHO_REFUSED = ((Need.LOG, Need.CAPTURE), (Need.LOG, Need.LOCAL_ADDRESSES))
"""Needs of rules about refusals: the log says which side this node had, of a capture its own addresses tell it."""


class Rule(Struct, frozen=True, kw_only=True):
    """One diagnosis of the catalogue.

    Attributes:
        meaning: when it is said and what it means, in one to three sentences (`rules show ID`, docs/rules.md).
        severity: the gravest that it gives.
        needs: each a need, or a tuple of which one is enough.
        roles: the node roles that it is about; empty: any. An unknown role makes it not determinable.
        applies_to: version specifier (`>=X15.5`); empty: any.
        sources: codes of `analyzer.facts.citations`.
        is_context: of no weight by itself (rules-amendments D): its remarks go to the context table, unless they are
            tied to a failure.
    """

    id: str
    title: Words
    meaning: str
    severity: Severity
    judge: Callable[[NodeView], Iterable[Judgement]]
    needs: tuple[Need | tuple[Need, ...], ...] = ()
    roles: tuple[NodeRole, ...] = ()
    applies_to: str = ""
    sources: tuple[str, ...] = ()
    is_context: bool = False
