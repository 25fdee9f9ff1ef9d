"""What happens to an Edge on a busy day when nothing is wrong: handshakes of real ends, and who never gets so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from analyzer.evidence import Endpoint, Side
from samples.builders import log
from samples.builders.bundle import Bundle
from samples.builders.certificates import Authority, Identity
from samples.builders.dumps import ZoneState
from samples.builders.frames import frames
from samples.builders.handshake import ClientAuthentication, Party, Verification, handshake
from samples.builders.host import Host
from samples.builders.stage import Stage
from samples.builders.tcp import Closing, conversation
from samples.builders.topology import CORE, CUCM, EDGE, authorities, core, cucm, edge, webex
from samples.builders.transcript import Flight, Transcript
from samples.situations.timing import COLLECTED, after

KNOWN = authorities()
PRIVATE_ROOT = Authority.root("harbor-Root-CA")
PLAIN_HTTP = b"GET / HTTP/1.0\r\nHost: 203.0.113.9\r\n\r\n"


def healthy_edge(*, right_under_the_root: bool = False, zone: str = "Active") -> Host:
    """Return an Edge with a certificate for each role; `zone`: its state when logging started."""
    client = PRIVATE_ROOT.issue(EDGE) if right_under_the_root else KNOWN.private(EDGE)
    host = edge(KNOWN, client=client, server=KNOWN.server_only(EDGE), zone_status=zone)
    return replace(host, trusts=(*host.trusts, PRIVATE_ROOT.certificate))


def healthy_core(*, right_under_the_root: bool = False, zone: str = "Active") -> Host:
    """Return the Core that belongs to it, with CUCM as its neighbour."""
    client = PRIVATE_ROOT.issue(CORE) if right_under_the_root else KNOWN.private(CORE)
    call_control = ZoneState(name="CEtls-cucm1", type="Neighbor", peers=(CUCM,))
    host = core(KNOWN, client=client, server=KNOWN.server_only(CORE), zones=(call_control,), zone_status=zone)
    return replace(host, trusts=(*host.trusts, PRIVATE_ROOT.certificate))


@dataclass(frozen=True, slots=True)
class Day:
    """The two boxes and what they leave."""

    stage: Stage
    core: Host
    edge: Host

    def bundles(self) -> tuple[Bundle, Bundle]:
        return self.stage.bundle(self.core), self.stage.bundle(self.edge)


def begin(*, right_under_the_root: bool = False, zone: str = "Active", version: str = "1.2") -> Day:
    """Let the zone come up, with its tunnels."""
    client = healthy_core(right_under_the_root=right_under_the_root, zone=zone)
    server = healthy_edge(right_under_the_root=right_under_the_root, zone=zone)
    stage = Stage(collected=COLLECTED)
    for number in range(2):
        time = after(20) + number * timedelta(milliseconds=20)
        stage.connect(client, server, port=7001, client_port=25011 + number, time=time, version=version)
    stage.tunnel(client, server, client_port=30101, time=after(23), accepted=True)
    return Day(stage, client, server)


Happening = Callable[[Day, int, datetime], None]


def _caller(number: int) -> Host:
    """Return someone from the Internet, whom nobody configured."""
    return Host(name="", address=f"198.51.100.{number % 250 + 1}", server=KNOWN.server_only("nobody.example"))


def _phone(day: Day, number: int, time: datetime, transcript: Transcript, shown: Identity | None = None) -> None:
    day.stage.show(
        transcript,
        _caller(number),
        day.edge,
        port=8443 if shown is None else 5061,
        client_port=40_000 + number,
        time=time,
        client_presents=shown,
        server_presents=day.edge.server,
        closing=Closing.FIN,
    )


def _edge_as_server(day: Day) -> Party:
    return Party(identity=day.edge.server, trusts=day.edge.trusts, verification=Verification.STRICT)


def _served(
    day: Day,
    client: Party,
    time: datetime,
    version: str,
    asks: ClientAuthentication,
    resume: Transcript | None = None,
) -> Transcript:
    return handshake(
        client,
        _edge_as_server(day),
        version=version,
        client_authentication=asks,
        server_name=EDGE,
        time=time,
        resume=resume,
    )


def empty_certificate(day: Day, number: int, time: datetime) -> None:
    """Jabber has no certificate, and the Edge does without it."""
    version = ("1.2", "1.3")[number % 2]
    _phone(day, number, time, _served(day, Party(), time, version, ClientAuthentication.OPTIONAL))


def one_way(day: Day, number: int, time: datetime) -> None:
    version = ("1.2", "1.3")[number % 2]
    _phone(day, number, time, _served(day, Party(), time, version, ClientAuthentication.NONE))


def optional_certificate(day: Day, number: int, time: datetime) -> None:
    """A partner presents one though it need not."""
    shown = KNOWN.public.issue("sip.lantern.example")
    done = _served(day, Party(identity=shown), time, ("1.2", "1.3")[number % 2], ClientAuthentication.OPTIONAL)
    _phone(day, number, time, done, shown)


def resumed(day: Day, number: int, time: datetime) -> None:
    version = ("1.2", "1.3")[number % 2]
    full = _served(day, Party(), time, version, ClientAuthentication.NONE)
    again = _served(day, Party(), time, version, ClientAuthentication.NONE, resume=full)
    _phone(day, number, time, again)


def call_to_webex(day: Day, number: int, time: datetime) -> None:
    _call_webex(day, webex(KNOWN), number, time)


def call_to_webex_resumed(day: Day, number: int, time: datetime) -> None:
    cloud = webex(KNOWN)
    version = ("1.2", "1.3")[number % 2]
    ends = Party(identity=day.edge.client, trusts=day.edge.trusts), Party(identity=cloud.server)
    full = handshake(*ends, time=time, server_name="sip.webex.com", version=version)
    _call_webex(day, cloud, number, time, resume=full)


def _call_webex(day: Day, cloud: Host, number: int, time: datetime, resume: Transcript | None = None) -> None:
    day.stage.connect(
        day.edge,
        cloud,
        port=5061,
        client_port=25_100 + number,
        time=time,
        server_name="sip.webex.com",
        version=("1.2", "1.3")[number % 2],
        resume=resume,
    )


def request_to_call_control(day: Day, number: int, time: datetime) -> None:
    port, manager = 30_200 + number, cucm(KNOWN)
    manager = replace(manager, trusts=(*manager.trusts, PRIVATE_ROOT.certificate))
    day.stage.connect(
        day.core, manager, port=6972, client_port=port, time=time, server_name=CUCM, by_traffic_server=True
    )


def zone_again(day: Day, number: int, time: datetime) -> None:
    version = ("1.2", "1.3")[number % 2]
    day.stage.connect(day.core, day.edge, port=7001, client_port=25_200 + number, time=time, version=version)


def no_common_cipher(day: Day, number: int, time: datetime) -> None:
    old = Party(ciphers="AES128-SHA256")  # wants an RSA key, and the Edge has another
    refused = handshake(old, replace(_edge_as_server(day), ciphers="ECDHE-ECDSA-AES256-GCM-SHA384"), time=time)
    if refused.alert != 40:
        raise ValueError(f"OpenSSL found a cipher, or sent {refused.alert}")
    _scan(day, number, time, refused.flights, "error:1408A0C1:SSL routines:ssl3_get_client_hello:no shared cipher")


def garbage(day: Day, number: int, time: datetime) -> None:
    words = "error:1407609C:SSL routines:SSL23_GET_CLIENT_HELLO:http request"
    _scan(day, number, time, (Flight(sender=Side.CLIENT, payload=PLAIN_HTTP),), words)


def early_leave(day: Day, number: int, time: datetime) -> None:
    """A port scanner says hello, and goes."""
    hello = _served(day, Party(), time, "1.3", ClientAuthentication.NONE).flights[:1]
    _scan(day, number, time, hello, "No SSL error available, probably remote disconnect", leaver=Side.CLIENT)


def distrusting_caller(day: Day, number: int, time: datetime) -> None:
    """A scanner, or a browser of somebody who mistyped: it refuses the Edge's certificate."""
    strict = Party(verification=Verification.STRICT)
    refused = _served(day, strict, time, ("1.2", "1.3")[number % 2], ClientAuthentication.NONE)
    if refused.refused_by is not Side.CLIENT:
        raise ValueError("the caller trusts the Edge")
    _scan(day, number, time, refused.flights, "tlsv1 alert unknown ca", leaver=Side.CLIENT)


def caller_without_certificate(day: Day, number: int, time: datetime) -> None:
    """The port for mutual TLS demands one of whoever calls."""
    refused = _served(day, Party(), time, "1.2", ClientAuthentication.REQUIRED)
    _scan(day, number, time, refused.flights, "peer did not return a certificate")


def _scan(
    day: Day,
    number: int,
    time: datetime,
    flights: tuple[Flight, ...],
    words: str,
    *,
    leaver: Side = Side.SERVER,
) -> None:
    """Leave the frames of an attempt and the Edge's line about it."""
    caller = Endpoint(address=f"198.51.100.{number % 250 + 1}", port=50_000 + number)
    listening = Endpoint(address=day.edge.address, port=5061)
    segments = conversation(
        flights, client=caller, server=listening, start=time, closing=Closing.FIN, closed_by=leaver
    )
    day.stage.frames[day.edge.name] += frames(segments)
    day.stage.note(
        day.edge,
        log.tcp(segments[0].time, caller, listening, "TCP Connecting"),
        log.negotiation_error(segments[-1].time, caller, listening, role=Side.SERVER, detail=words),
        log.tcp(segments[-1].time, caller, listening, "TCP Connection Closed", reason="Got EOF on socket"),
    )


HAPPENINGS: tuple[Happening, ...] = (
    empty_certificate,
    one_way,
    optional_certificate,
    resumed,
    call_to_webex,
    call_to_webex_resumed,
    request_to_call_control,
    zone_again,
    no_common_cipher,
    garbage,
    early_leave,
    distrusting_caller,
    caller_without_certificate,
)
