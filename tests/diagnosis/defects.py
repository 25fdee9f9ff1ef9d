"""What OpenSSL refuses a certificate for (rules.md 6), each between two real ends, and the bundles that it leaves.

A Core dials an Edge on the traversal zone's port. Either the Edge refuses what the Core presents as a client, or the
Core what the Edge presents as a server: `refused` is the side whose certificate it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from analyzer.evidence import Side
from analyzer.findings import Report
from analyzer.pipeline import analyze
from samples.builders.certificates import BOTH_USAGES, CLIENT_ONLY, SERVER_ONLY, Authority, Identity, self_signed
from samples.builders.handshake import Party, Verification, handshake
from samples.builders.host import Host
from samples.builders.stage import Stage
from samples.builders.tcp import Closing
from samples.builders.topology import CORE, EDGE, authorities, core, edge
from samples.builders.transcript import Transcript
from samples.builders.wording import Dialect
from samples.situations.timing import COLLECTED, after

NAMES = {Side.CLIENT: CORE, Side.SERVER: EDGE}
WITHOUT = {Side.CLIENT: SERVER_ONLY, Side.SERVER: CLIENT_ONLY}
"""The usages of a path that does not allow what a side presents a certificate for."""

HOUSE = authorities().internal
STRANGER = Authority.root("Quarry Root CA").intermediate("Quarry Issuing CA")
STRICT_KEYS, WEAK_KEYS = "DEFAULT:@SECLEVEL=2", "DEFAULT:@SECLEVEL=0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """What is wrong with a certificate, or with what its verifier makes of it.

    Attributes:
        present: what the refused side presents; None: nothing.
        error: OpenSSL's number of the verification error; None: nothing was presented.
        alert: the number of the alert that OpenSSL sends for it.
        trusts: what the verifier trusts beside the authorities of the house.
        verify: changes to the verifier's end.
        by: the only side whose certificate can be refused so; None: either.
    """

    present: Callable[[Side], Identity | None]
    error: int | None
    alert: int
    trusts: tuple[x509.Certificate, ...] = ()
    verify: Callable[[Party, Identity | None], Party] = lambda party, _: party
    by: Side | None = None


def _issued(side: Side, above: Authority = HOUSE, **options: object) -> Identity:
    return above.issue(NAMES[side], **options)  # type: ignore[arg-type]


@cache
def _restricted(side: Side) -> Authority:
    """Return an issuing authority that does not allow what a side presents its certificate for."""
    return HOUSE.intermediate(f"harbor-{side}-less-CA", usages=WITHOUT[side])


@cache
def _restricted_root(side: Side) -> Authority:
    return Authority.root(f"Narrow {side} Root", usages=WITHOUT[side]).intermediate(f"Narrow {side} Issuing CA")


def _with_root(side: Side) -> Identity:
    identity = _issued(side, STRANGER)
    return replace(identity, chain=STRANGER.path)


def _revocation_list(authority: Authority, *revoked: x509.Certificate) -> x509.CertificateRevocationList:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(after(-86400))
        .next_update(after(86400 * 6))
    )
    for certificate in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number)
        builder = builder.add_revoked_certificate(entry.revocation_date(after(-7200)).build())
    return builder.sign(authority.key, hashes.SHA256())


def _with_revoked(party: Party, presented: Identity | None) -> Party:
    return replace(party, crls=(_revocation_list(HOUSE, *([presented.certificate] if presented else [])),))


DEFECTS = {
    "leaf without the usage": Defect(present=lambda s: _issued(s, usages=WITHOUT[s]), error=26, alert=43),
    "key usage": Defect(
        present=lambda s: _issued(s, key="rsa2048", key_usages=("content_commitment",)), error=26, alert=43
    ),
    "intermediate without the usage": Defect(present=lambda s: _issued(s, _restricted(s)), error=26, alert=43),
    "root without the usage": Defect(
        present=lambda s: _issued(s, _restricted_root(s)),
        error=26,
        alert=43,
        trusts=tuple(_restricted_root(side).path[-1] for side in Side),
    ),
    "any usage alone": Defect(present=lambda s: _issued(s, usages=("anyExtendedKeyUsage",)), error=26, alert=43),
    "unknown authority": Defect(present=lambda s: _issued(s, STRANGER), error=20, alert=48),
    "intermediate missing": Defect(
        present=lambda s: _issued(s, STRANGER).without_chain(), error=20, alert=48, trusts=STRANGER.path[-1:]
    ),
    "self-signed in the chain": Defect(present=_with_root, error=19, alert=48),
    "self-signed leaf": Defect(present=lambda s: self_signed(NAMES[s]), error=18, alert=48),
    "expired": Defect(
        present=lambda s: _issued(s, not_before=after(-86400 * 400), not_after=after(-86400 * 3)), error=10, alert=45
    ),
    "not yet valid": Defect(
        present=lambda s: _issued(s, not_before=after(86400), not_after=after(86400 * 300)), error=9, alert=42
    ),
    "weak key": Defect(
        present=lambda s: _issued(s, key="rsa1024"),
        error=66,
        alert=42,
        verify=lambda party, _: replace(party, ciphers=STRICT_KEYS),
    ),
    "name mismatch": Defect(
        present=_issued,
        error=62,
        alert=42,
        verify=lambda party, _: replace(party, expects="edge.harbor.example"),
        by=Side.SERVER,
    ),
    "no revocation list": Defect(present=_issued, error=3, alert=48, verify=lambda party, _: replace(party, crls=())),
    "revoked": Defect(present=_issued, error=23, alert=44, verify=_with_revoked),
    "no certificate": Defect(present=lambda _: None, error=None, alert=40, by=Side.CLIENT),
}

CASES = [(name, side) for name, defect in DEFECTS.items() for side in Side if defect.by in {None, side}]


@dataclass(frozen=True, slots=True)
class Held:
    """A refusal as it was held, and what its two ends present."""

    transcript: Transcript
    client: Identity | None
    server: Identity


@cache
def held(name: str, refused: Side, version: str) -> Held:
    """Let the ends shake hands; the verifier has what it takes to refuse."""
    defect = DEFECTS[name]
    presented = {side: defect.present(side) if side is refused else _issued(side) for side in Side}
    ends = {
        side: Party(
            identity=presented[side],
            trusts=(*HOUSE.path[-1:], *defect.trusts),
            verification=Verification.STRICT,
            ciphers=WEAK_KEYS,
        )
        for side in Side
    }
    verifier = refused.other
    ends[verifier] = defect.verify(ends[verifier], presented[refused])
    transcript = handshake(ends[Side.CLIENT], ends[Side.SERVER], version=version, time=after(60))
    alert = 116 if defect.error is None and version == "1.3" else defect.alert
    if (transcript.refused_by, transcript.verify_error, transcript.alert) != (verifier, defect.error, alert):
        raise ValueError(f"{name}, {refused}, {version}: {transcript.verify_error}, {transcript.alert}")
    server = presented[Side.SERVER]
    if server is None:
        raise ValueError("a server presents a certificate")
    return Held(transcript, presented[Side.CLIENT], server)


EVIDENCE = ("log and capture", "log", "capture")


def as_others_put_it(story: Held, code: int) -> Held:
    """Return the same refusal by a peer that is not OpenSSL, and says something else; hidden if it was hidden."""
    sent = replace(story.transcript.alerts[0], code=code)
    if story.transcript.version == "1.3" and story.transcript.refused_by is Side.SERVER:
        return replace(story, transcript=replace(story.transcript, alerts=(sent,)))
    return replace(story, transcript=story.transcript.with_alert(code))


def report_of(
    folder: Path,
    name: str,
    refused: Side,
    version: str,
    *,
    of_refuser: bool,
    evidence: str = EVIDENCE[0],
    dialect: Dialect = Dialect.OPENSSL_1_1,
) -> Report:
    """Return the report about the bundle of one end; `evidence`: what of it is left."""
    story = held(name, refused, version)
    owner = refused.other if of_refuser else refused
    return report_on(folder, story, owner, trusts=DEFECTS[name].trusts, evidence=evidence, dialect=dialect)


def report_on(
    folder: Path,
    story: Held,
    owner: Side,
    *,
    trusts: tuple[x509.Certificate, ...] = (),
    evidence: str = EVIDENCE[0],
    dialect: Dialect = Dialect.OPENSSL_1_1,
) -> Report:
    """Return the report about the bundle of one side."""
    hosts = _hosts(story, trusts, dialect)
    stage = Stage(collected=COLLECTED)
    stage.show(
        story.transcript,
        hosts[Side.CLIENT],
        hosts[Side.SERVER],
        port=7001,
        client_port=25031,
        time=after(60),
        client_presents=story.client,
        server_presents=story.server,
        closing=Closing.FIN,
    )
    bundle = stage.bundle(hosts[owner])
    if evidence == "log":
        bundle = replace(bundle, captures={})
    if evidence == "capture":
        bundle = replace(bundle, log=None)
    return analyze([bundle.write_zip(folder)])


def _hosts(story: Held, trusts: tuple[x509.Certificate, ...], dialect: Dialect) -> dict[Side, Host]:
    known = authorities()
    other = HOUSE.issue(CORE, usages=BOTH_USAGES)
    made = {
        Side.CLIENT: core(known, client=story.client or other, server=other, zone_status="Failed"),
        Side.SERVER: edge(known, client=HOUSE.issue(EDGE), server=story.server, zone_status="Failed"),
    }
    listed = (*HOUSE.path, *trusts)
    return {side: replace(host, trusts=listed, dialect=dialect) for side, host in made.items()}
