"""What the xconf and xstat dumps say: settings, zones, tunnels, alarms. Taken when logging started."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct, field


class SettingChange(Struct, frozen=True, kw_only=True):
    """A change that the log reports."""

    time: datetime | None
    value: str
    file: str
    line: int


class Setting(Struct, frozen=True, kw_only=True):
    """One setting.

    Attributes:
        value: as dumped (On/Off in that spelling); None: unknown.
        assumed: the dump does not have it, and this is the release's default.
        source: `INPUT/MEMBER: path`; None if assumed.
        changes: later changes in the log, oldest first; they outrank `value` from their time on.
    """

    value: str | None
    assumed: bool = False
    source: str | None = None
    changes: tuple[SettingChange, ...] = ()

    @property
    def current(self) -> str | None:
        """The value after the last change."""
        return self.changes[-1].value if self.changes else self.value


class ZonePeer(Struct, frozen=True, kw_only=True):
    """A peer of a zone: its address as configured, and its state when logging started."""

    address: str
    status: str | None = None
    cause: str | None = None
    last_change: str | None = None


class Zone(Struct, frozen=True, kw_only=True):
    """A zone of xconf, joined with its state in xstat.

    Attributes:
        type: as the dump spells it, without blanks: Neighbor, TraversalClient, TraversalServer, DNS, ENUM, Webex …
        unified_communications: a Unified Communications traversal zone (mobile and remote access); None: not said.
        status: Active, Failed, Off, On, Checking … ; None: not in a dump.
        port: SIP port, listening or the peers'.
        tls_verify_mode: On, Off or None.
        transport: TLS, TCP, UDP or None.
        source: `INPUT/MEMBER: path`.
        inbound_classification: On or Off of a DNS zone: inbound TLS calls are matched to it by the verify subject.
    """

    name: str
    index: int | None = None
    type: str | None = None
    unified_communications: bool | None = None
    status: str | None = None
    status_source: str | None = None
    port: int | None = None
    transport: str | None = None
    peers: tuple[ZonePeer, ...] = ()
    tls_verify_mode: str | None = None
    tls_verify_subject: str | None = None
    source: str | None = None
    inbound_classification: str | None = None

    @property
    def kind(self) -> str:
        """Its type in lower case, to compare with; empty: not known."""
        return (self.type or "").lower()


class Tunnel(Struct, frozen=True, kw_only=True):
    """A Unified Communications SSH tunnel. `source`: `INPUT/MEMBER: path`."""

    target: str | None
    domain: str | None
    status: str | None
    reason: str | None = None
    peer: str | None = None
    source: str | None = None


class Alarm(Struct, frozen=True, kw_only=True):
    """An alarm that was raised; `raised` as the dump or the log gives it. `source`: `INPUT/MEMBER: path or line`."""

    id: str | None
    severity: str | None
    title: str
    raised: str | None = None
    source: str | None = None


class Cluster(Struct, frozen=True, kw_only=True):
    """The cluster that a node belongs to."""

    name: str | None
    peers: tuple[str, ...] = ()


class ConfiguredName(Struct, frozen=True, kw_only=True):
    """A name that a dump holds. `source`: `INPUT/MEMBER: path`."""

    name: str
    source: str


class NeededNames(Struct, frozen=True, kw_only=True):
    """Names that a certificate must have for the services that are configured; None: the dump does not say.

    Attributes:
        federation_domains: own domains that take part in XMPP federation; empty: it is off.
        chat_aliases: of the IM and Presence nodes' group chat.
        phone_security_profiles: of Unified CM.
    """

    federation_domains: tuple[ConfiguredName, ...] | None = None
    chat_aliases: tuple[ConfiguredName, ...] | None = None
    phone_security_profiles: tuple[ConfiguredName, ...] | None = None


class Configuration(Struct, frozen=True, kw_only=True):
    """What an xconf dump says.

    Attributes:
        settings: by the path that the command line uses (`SIP TLS Certificate ExtendedKeyUsage Checking Mode`),
            only names of `analyzer.facts.settings`; secrets are never kept.
        domains: SIP domains with a Unified Communications service.
        complete: read to its end; else what is absent may stand in the unread part.
    """

    file: str
    system_name: str | None = None
    host_name: str | None = None
    addresses: tuple[str, ...] = ()
    time_zone: str | None = None
    settings: Mapping[str, Setting] = field(default_factory=dict)
    zones: tuple[Zone, ...] = ()
    cluster: Cluster | None = None
    domains: tuple[str, ...] = ()
    needed_names: NeededNames = NeededNames()
    complete: bool = True


class Status(Struct, frozen=True, kw_only=True):
    """What an xstat dump says. `uptime` in seconds; `taken` if the dump carries a time."""

    file: str
    version: str | None = None
    serial_number: str | None = None
    is_edge: bool | None = None
    host_name: str | None = None
    addresses: tuple[str, ...] = ()
    time_zone: str | None = None
    uptime: int | None = None
    taken: datetime | None = None
    zones: tuple[Zone, ...] = ()
    tunnels: tuple[Tunnel, ...] | None = None
    alarms: tuple[Alarm, ...] = ()
    cluster: Cluster | None = None
    needed_names: NeededNames = NeededNames()
