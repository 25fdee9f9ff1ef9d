"""What happens while boxes log: each connection leaves its frames and its lines in the bundles of both ends.

`Stage.connect` lets two hosts shake hands with what they hold, so that captures, logs and stores tell one story.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from analyzer.evidence import Endpoint, Side
from samples.builders import log
from samples.builders.bundle import Bundle
from samples.builders.certificates import Identity, pem
from samples.builders.frames import CapturedFrame, datagrams, frames, merged, pcap
from samples.builders.handshake import ClientAuthentication, Party, handshake
from samples.builders.host import Host
from samples.builders.log import Line
from samples.builders.tcp import ETHERNET_MSS, Closing, Opening, Segment, conversation
from samples.builders.trace import Trace
from samples.builders.transcript import Flight, Transcript


@dataclass(slots=True)
class Stage:
    """The bundles in the making. `collected`: when the logs were collected."""

    collected: datetime
    lines: dict[str, list[Line]] = field(default_factory=lambda: defaultdict(list))
    frames: dict[str, list[CapturedFrame]] = field(default_factory=lambda: defaultdict(list))

    def connect(
        self,
        client: Host,
        server: Host,
        *,
        port: int,
        client_port: int,
        time: datetime,
        version: str = "1.2",
        client_authentication: ClientAuthentication = ClientAuthentication.REQUIRED,
        server_name: str | None = None,
        client_presents: Identity | None = None,
        server_presents: Identity | None = None,
        alert: int | None = None,
        refuses_name: bool = False,
        closing: Closing | None = None,
        segment_size: int | Mapping[Side, int] = ETHERNET_MSS,
        resume: Transcript | None = None,
        by_traffic_server: bool = False,
    ) -> Transcript:
        """Let two hosts shake hands, and leave the traces of it.

        Args:
            client: the host that connects.
            server: the host that listens.
            port: where it listens.
            client_port: tvcs takes 25000-29999, the traffic server 30000-35999.
            time: of the SYN.
            version: of TLS.
            client_authentication: whether the server asks for the client's certificate.
            server_name: of the ClientHello.
            client_presents: something else than the client store holds.
            server_presents: something else than the server store holds.
            alert: with which alert the refusing side says so, if not as OpenSSL does.
            refuses_name: the client expects another name than the server's certificate has.
            closing: how the connection ends; None: FIN if it was refused, else SIP stays and HTTPS takes its leave.
            segment_size: payload octets per segment.
            resume: an earlier transcript of the two.
            by_traffic_server: the client is the traffic server, which logs in its own way.
        """
        transcript = handshake(
            _party(client, Side.CLIENT, client_presents),
            _party(server, Side.SERVER, server_presents),
            version=version,
            client_authentication=client_authentication,
            server_name=server_name,
            close_notify=by_traffic_server,
            time=time,
            resume=resume,
        )
        if alert is not None:
            transcript = transcript.with_alert(alert)
        if refuses_name:
            transcript = transcript.with_name_refused()
        self.show(
            transcript,
            client,
            server,
            port=port,
            client_port=client_port,
            time=time,
            client_presents=client_presents or client.presents(Side.CLIENT),
            server_presents=server_presents or server.presents(Side.SERVER),
            closing=closing,
            segment_size=segment_size,
            by_traffic_server=by_traffic_server,
        )
        return transcript

    def show(
        self,
        transcript: Transcript,
        client: Host,
        server: Host,
        *,
        port: int,
        client_port: int,
        time: datetime,
        client_presents: Identity | None,
        server_presents: Identity,
        closing: Closing | None = None,
        segment_size: int | Mapping[Side, int] = ETHERNET_MSS,
        by_traffic_server: bool = False,
    ) -> None:
        """Leave the traces of a handshake that was held elsewhere. Arguments as for `connect`."""
        ends = {
            Side.CLIENT: Endpoint(address=client.address, port=client_port),
            Side.SERVER: Endpoint(address=server.address, port=port),
        }
        segments = conversation(
            transcript.flights,
            client=ends[Side.CLIENT],
            server=ends[Side.SERVER],
            start=time,
            closing=closing or _closing(transcript, by_traffic_server=by_traffic_server),
            closed_by=transcript.refused_by or Side.CLIENT,
            segment_size=segment_size,
        )
        self._capture(segments, client, server)
        hosts = {Side.CLIENT: client, Side.SERVER: server}
        for role in Side:
            peer = hosts[role.other]
            trace = Trace(
                role=role,
                ends=ends,
                segments=segments,
                transcript=transcript,
                peer=peer,
                shown=client_presents if role is Side.SERVER else server_presents,
                dialect=hosts[role].dialect,
            )
            if by_traffic_server and role is Side.CLIENT:
                self.note(hosts[role], *trace.traffic_server())
            else:
                self.note(hosts[role], *trace.tvcs())

    def tunnel(
        self, client: Host, server: Host, *, client_port: int, time: datetime, accepted: bool, octets: int = 2400
    ) -> None:
        """Open an SSH tunnel on port 2222: banners and key exchange, then data, or an early close by the server."""
        flights = [
            Flight(sender=Side.CLIENT, payload=b"SSH-2.0-OpenSSH_9.6\r\n"),
            Flight(sender=Side.SERVER, payload=b"SSH-2.0-OpenSSH_9.6\r\n"),
            Flight(sender=Side.CLIENT, payload=b"\x00\x00\x04\x4c\x08\x14" + bytes(1098)),
            Flight(sender=Side.SERVER, payload=b"\x00\x00\x04\x04\x08\x14" + bytes(1026)),
        ]
        if accepted:
            flights += [Flight(sender=side, payload=bytes(octets)) for side in Side]
        segments = conversation(
            flights,
            client=Endpoint(address=client.address, port=client_port),
            server=Endpoint(address=server.address, port=2222),
            start=time,
            closing=Closing.NONE if accepted else Closing.FIN,
            closed_by=Side.SERVER,
        )
        self._capture(segments, client, server)

    def knock(
        self, client: Host, server: Host, *, port: int, client_port: int, time: datetime, refused: bool = False
    ) -> None:
        """Try a port that does not answer, or that is closed."""
        segments = conversation(
            (),
            client=Endpoint(address=client.address, port=client_port),
            server=Endpoint(address=server.address, port=port),
            start=time,
            opening=Opening.REFUSED if refused else Opening.UNANSWERED,
        )
        self._capture(segments, client, server)
        ends = (segments[0].source, segments[0].destination)
        self.note(
            client,
            log.tcp(segments[0].time, *ends, "TCP Connecting"),
            log.tcp(segments[-1].time, *ends, "TCP Connection Failed", level="ERROR"),
        )

    def media(self, sender: Host, receiver: Host, *, time: datetime, count: int) -> None:
        """Send media packets, one every 20 ms."""
        stream = datagrams(
            Endpoint(address=sender.address, port=36002),
            Endpoint(address=receiver.address, port=52010),
            start=time,
            count=count,
        )
        for host in (sender, receiver):
            self.frames[host.name] += stream

    def note(self, host: Host, *lines: Line) -> None:
        """Write lines into the log of a host."""
        self.lines[host.name] += lines

    def bundle(self, host: Host, *, captures: Mapping[tuple[str, int], bytes] | None = None) -> Bundle:
        """Return the bundle of a host. `captures` replaces the one file of eth0 that all frames are in."""
        if host.state is None:
            raise ValueError(f"{host.name} has no state, so no bundle")
        text = log.snapshot(
            self.lines[host.name], host=host.state.host, utc_offset=host.utc_offset, clock_error=host.clock_error
        )
        if not host.leaves_dumps:
            return Bundle(host=host.state.host, time=self.collected, log=text)
        return Bundle(
            host=host.state.host,
            time=self.collected,
            server=host.server.pem(),
            client=host.client.pem() if host.client else None,
            trusted=pem(*host.trusts),
            state=host.state,
            log=text,
            captures={("eth0", 0): pcap(merged(self.frames[host.name]))} if captures is None else captures,
        )

    def _capture(self, segments: Sequence[Segment], *hosts: Host) -> None:
        captured = list(frames(segments))
        for host in hosts:
            self.frames[host.name] += captured


def _closing(transcript: Transcript, *, by_traffic_server: bool) -> Closing:
    if transcript.name_refused:
        return Closing.RESET
    return Closing.FIN if by_traffic_server or not transcript.completed else Closing.NONE


def _party(host: Host, role: Side, instead: Identity | None) -> Party:
    return Party(
        identity=instead or host.presents(role),
        trusts=host.trusts,
        verification=host.verification(role),
        announces=host.announces if role is Side.SERVER else (),
    )
