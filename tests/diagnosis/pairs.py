"""A Core and an Edge whose trouble looks like other trouble: each a function of the TLS version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from cryptography import x509

from analyzer.evidence import Side
from samples.builders import log
from samples.builders.bundle import Bundle
from samples.builders.certificates import CLIENT_ONLY, SERVER_ONLY, Authority, Identity
from samples.builders.handshake import Party, Verification, handshake
from samples.builders.host import Host
from samples.builders.stage import Stage
from samples.builders.tcp import Closing
from samples.builders.topology import CORE, EDGE, authorities, core, edge, webex
from samples.builders.transcript import Transcript
from samples.situations.timing import COLLECTED, after, attempts

Bundles = tuple[Bundle, ...]

KNOWN = authorities()
ZONE_PORT = 7001
DENIED = "Permission denied"


def pair(
    *,
    core_client: Identity | None = None,
    core_trusts: tuple[x509.Certificate, ...] = KNOWN.trusted,
    edge_server: Identity | None = None,
    edge_trusts: tuple[x509.Certificate, ...] = KNOWN.trusted,
    zone: str = "Active",
    tunnel: str | None = None,
) -> tuple[Host, Host]:
    """Return a healthy Core and Edge with separate stores, but for what is given."""
    client = core(
        KNOWN,
        client=core_client or KNOWN.private(CORE),
        server=KNOWN.server_only(CORE),
        zone_status=zone,
        tunnel_reason=tunnel,
    )
    server = edge(
        KNOWN,
        client=KNOWN.private(EDGE),
        server=edge_server or KNOWN.server_only(EDGE),
        zone_status=zone,
        tunnel_reason=tunnel,
    )
    return replace(client, trusts=core_trusts), replace(server, trusts=edge_trusts)


def _without(*authorities: x509.Certificate) -> tuple[x509.Certificate, ...]:
    return tuple(one for one in KNOWN.trusted if one not in authorities)


def _attempts(version: str, client: Host, server: Host) -> Bundles:
    """Let the Core try again and again, as it does while it is refused."""
    stage = Stage(collected=COLLECTED)
    for time, port in attempts(after(60), rounds=3, port=25031):
        stage.connect(client, server, port=ZONE_PORT, client_port=port, time=time, version=version)
    return stage.bundle(client), stage.bundle(server)


def _zone_is_up(version: str, client: Host, server: Host) -> Stage:
    stage = Stage(collected=COLLECTED)
    for number in range(3):
        time = after(30 + 41 * number)
        stage.connect(client, server, port=ZONE_PORT, client_port=25021 + number, time=time, version=version)
    return stage


def _tunnels_are_refused(version: str, client: Host, server: Host) -> Bundles:
    stage = _zone_is_up(version, client, server)
    for number in range(4):
        stage.tunnel(client, server, client_port=30211 + number, time=after(70 + 62 * number), accepted=False)
    return stage.bundle(client), stage.bundle(server)


def client_usage_missing(version: str) -> Bundles:
    return _attempts(version, *pair(core_client=KNOWN.private(CORE, usages=SERVER_ONLY), zone="Failed"))


def server_usage_missing(version: str) -> Bundles:
    return _attempts(version, *pair(edge_server=KNOWN.public.issue(EDGE, usages=CLIENT_ONLY), zone="Failed"))


def intermediate_without_the_usage(version: str) -> Bundles:
    narrow = KNOWN.internal.intermediate("harbor-Web-CA", usages=SERVER_ONLY)
    trusts = (*KNOWN.trusted, narrow.certificate)
    issued = narrow.issue(CORE)
    return _attempts(version, *pair(core_client=issued, core_trusts=trusts, edge_trusts=trusts, zone="Failed"))


def core_not_trusted(version: str) -> Bundles:
    return _attempts(version, *pair(edge_trusts=_without(*KNOWN.internal.path), zone="Failed"))


def edge_not_trusted(version: str) -> Bundles:
    return _attempts(version, *pair(core_trusts=_without(*KNOWN.public.path), zone="Failed"))


def intermediate_missing_on_the_edge(version: str) -> Bundles:
    """The Core sends its intermediate, which is enough for the zone; SSH wants it in the list."""
    return _tunnels_are_refused(version, *pair(edge_trusts=_without(KNOWN.internal.certificate), tunnel=DENIED))


def intermediate_missing_on_the_core(version: str) -> Bundles:
    return _tunnels_are_refused(version, *pair(core_trusts=_without(KNOWN.public.certificate), tunnel=DENIED))


def tunnel_port_unreachable(version: str) -> Bundles:
    client, server = pair(tunnel="Connection timed out")
    stage = _zone_is_up(version, client, server)
    for number in range(3):
        stage.knock(client, server, port=2222, client_port=30211 + number, time=after(70 + 62 * number))
        stage.note(client, log.ssh(after(81 + 62 * number), EDGE, "Connection timed out"))
    return stage.bundle(client), replace(stage.bundle(server), captures={})


def client_name_missing(version: str) -> Bundles:
    """The client certificate that came with the split of the stores has not the name that the Edge asks for."""
    client, server = pair(core_client=KNOWN.private("expc-client.harbor.example"), zone="Failed")
    stage = Stage(collected=COLLECTED)
    for time, port in attempts(after(60), rounds=3, port=25031):
        ends = _party(client, client.client), _party(server, server.server)
        accepted = handshake(*ends, time=time, close_notify=False, version=version)
        refused = replace(
            accepted,
            flights=accepted.flights[:3],
            completed=False,
            refused_by=Side.SERVER,
            name_refused=True,
            alerts=(),
            session=None,
        )
        _show(stage, refused, client, server, port=port, time=time, closing=Closing.RESET)
    return stage.bundle(client), stage.bundle(server)


def box_in_between(version: str) -> Bundles:
    """A firewall that inspects TLS answers the Core in the Edge's place, and asks the Edge in the Core's."""
    inspecting = Authority.root("Perimeter Inspection CA")
    client, server = pair(zone="Failed")
    stage = Stage(collected=COLLECTED)
    for time, port in attempts(after(60), rounds=3, port=25031):
        forged = inspecting.issue(EDGE, usages=SERVER_ONLY)
        to_core = handshake(_party(client, client.client), Party(identity=forged), time=time, version=version)
        to_edge = handshake(Party(), _party(server, server.server), time=time, version=version)
        for host, transcript, shown in ((client, to_core, forged), (server, to_edge, server.server)):
            own = Stage(collected=COLLECTED)
            _show(
                own, transcript, client, server, port=port, time=time, server_presents=shown, nothing=host is server
            )
            stage.lines[host.name] += own.lines[host.name]
            stage.frames[host.name] += own.frames[host.name]
    return stage.bundle(client), stage.bundle(server)


def webex_refused_by_us(version: str) -> Bundles:
    client, server = pair(edge_trusts=_without(*KNOWN.webex.path))
    return _with_webex(version, client, server, webex(KNOWN))


def refused_by_webex(version: str) -> Bundles:
    client, server = pair()
    return _with_webex(version, client, server, webex(KNOWN, trusts=(*KNOWN.public.path, *KNOWN.webex.path)))


def _with_webex(version: str, client: Host, server: Host, cloud: Host) -> Bundles:
    stage = _zone_is_up(version, client, server)
    for number in range(3):
        time = after(400 + 60 * number)
        stage.connect(
            server,
            cloud,
            port=5061,
            client_port=25002 + number,
            time=time,
            server_name="sip.webex.com",
            version=version,
        )
    return stage.bundle(client), stage.bundle(server)


def _party(host: Host, identity: Identity | None) -> Party:
    return Party(identity=identity, trusts=host.trusts, verification=Verification.STRICT)


def _show(
    stage: Stage,
    transcript: Transcript,
    client: Host,
    server: Host,
    *,
    port: int,
    time: datetime,
    closing: Closing = Closing.FIN,
    server_presents: Identity | None = None,
    nothing: bool = False,
) -> None:
    stage.show(
        transcript,
        client,
        server,
        port=ZONE_PORT,
        client_port=port,
        time=time,
        client_presents=None if nothing else client.client,
        server_presents=server_presents or server.server,
        closing=closing,
    )


LOOK_ALIKES: dict[str, Callable[[str], Bundles]] = {
    "client usage missing": client_usage_missing,
    "server usage missing": server_usage_missing,
    "intermediate without the usage": intermediate_without_the_usage,
    "Core not trusted": core_not_trusted,
    "Edge not trusted": edge_not_trusted,
    "intermediate missing on the Edge": intermediate_missing_on_the_edge,
    "intermediate missing on the Core": intermediate_missing_on_the_core,
    "tunnel port unreachable": tunnel_port_unreachable,
    "client name missing": client_name_missing,
    "box in between": box_in_between,
    "Webex refused by us": webex_refused_by_us,
    "refused by Webex": refused_by_webex,
}
