"""A Core and an Edge that both capture the way between them; what may stand on it: translation, other clocks, a box.

way = Way(core, edge)
way.carry(shake(core, edge))                           # one connection, as both see it
way.carry(shake(core, box), shake(box, edge))          # a box ends TLS and begins it anew
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from analyzer.evidence import Endpoint, Side
from analyzer.findings import Finding, Report
from analyzer.pipeline import analyze
from samples.builders.bundle import Bundle
from samples.builders.certificates import Authority, Identity
from samples.builders.frames import frames
from samples.builders.handshake import Party, Verification, handshake
from samples.builders.host import Host
from samples.builders.stage import Stage
from samples.builders.tcp import Closing, conversation, shifted
from samples.builders.topology import CORE, EDGE, authorities, core, edge
from samples.builders.transcript import Transcript
from samples.situations.timing import COLLECTED, after

KNOWN = authorities()
INSPECTION = Authority.root("Harbor Firewall Inspection CA")
FORGED: Identity = INSPECTION.issue(EDGE)
PORT = 7001


def shake(client: Party, server: Party, version: str = "1.2") -> Transcript:
    """Let real OpenSSL ends shake hands; both ask for certificates."""
    return handshake(client, server, version=version, time=COLLECTED, close_notify=False)


def as_client(host: Host) -> Party:
    return Party(identity=host.client, trusts=host.trusts, verification=Verification.STRICT)


def as_server(host: Host) -> Party:
    return Party(identity=host.server, trusts=host.trusts, verification=Verification.STRICT)


@dataclass
class Way:
    """The way from a client to a server.

    Attributes:
        clock: by how much the server's capture is ahead.
        outside: the client's address behind a translation or a proxy; None: its own.
        outside_port: added to the client's port there.
    """

    client: Host
    server: Host
    clock: timedelta = timedelta(0)
    outside: str | None = None
    outside_port: int = 0
    stage: Stage = field(default_factory=lambda: Stage(collected=COLLECTED))
    carried: int = 0

    def carry(self, near: Transcript, far: Transcript | None = None, *, time: datetime | None = None) -> None:
        """Put one connection into both captures: `near` the client, and `far`, if that is another one, the server."""
        self.carried += 1
        port = 25100 + self.carried
        begun = time or after(30 + 10 * self.carried)
        address = self.outside or self.client.address
        for host, transcript, end, clock in (
            (self.client, near, Endpoint(address=self.client.address, port=port), timedelta(0)),
            (self.server, far or near, Endpoint(address=address, port=port + self.outside_port), self.clock),
        ):
            segments = conversation(
                transcript.flights,
                client=end,
                server=Endpoint(address=self.server.address, port=PORT),
                start=begun,
                closing=Closing.NONE if transcript.completed else Closing.FIN,
                closed_by=transcript.refused_by or Side.CLIENT,
            )
            self.stage.frames[host.name] += frames(shifted(segments, clock))

    def bundles(self) -> tuple[Bundle, Bundle]:
        return self.stage.bundle(self.client), self.stage.bundle(self.server)


def a_core(*, trusts: Sequence[x509.Certificate] = KNOWN.trusted) -> Host:
    host = core(KNOWN, client=KNOWN.private(CORE), server=KNOWN.server_only(CORE))
    return replace(host, trusts=tuple(trusts))


def an_edge() -> Host:
    return edge(KNOWN, client=KNOWN.private(EDGE), server=KNOWN.server_only(EDGE))


def report_of(folder: Path, bundles: Sequence[Bundle]) -> Report:
    return analyze([bundle.write_zip(folder) for bundle in bundles])


def made(report: Report, identifier: str) -> tuple[Finding, ...]:
    """Return the findings of an id by which a diagnosis was made."""
    return tuple(finding for finding in report.findings if finding.id == identifier and finding.determined)
