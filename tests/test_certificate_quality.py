"""Whole bundles of files whose certificates are badly made, out of date or revoked: what the program says of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID, ObjectIdentifier

from analyzer.evidence import Endpoint, Side
from analyzer.findings import Finding, Report
from analyzer.pipeline import analyze
from analyzer.rules import (
    certificate_files,
    clocks,
    default_certificate,
    own_names,
    presented_dates,
    revocation,
    revoked,
    store_purposes,
    strength,
    trusted_list,
    trusted_members,
)
from samples.builders import log
from samples.builders.bundle import Bundle
from samples.builders.certificates import CLIENT_ONLY, SERVER_ONLY, Authority, new_key, pem, self_signed
from samples.builders.dumps import AlarmState, NodeState, ZoneState
from samples.builders.extensions import extended_key_usage
from samples.builders.host import Host
from samples.builders.log import snapshot
from samples.builders.stage import Stage
from samples.builders.topology import CORE, EDGE, authorities, core, edge
from samples.situations.timing import COLLECTED, STARTED, after

MODULES = (certificate_files, clocks, own_names, presented_dates, revocation, revoked, store_purposes, strength)
OTHERS = (default_certificate, trusted_list, trusted_members)
MINE = frozenset({"cert-not-yet-valid", *(rule.id for module in (*MODULES, *OTHERS) for rule in module.RULES)})
LONG_AGO = datetime(2015, 1, 1, tzinfo=UTC)
ODD_OID = ObjectIdentifier("1.3.6.1.4.1.99999.7")


def issued(
    above: Authority,
    names: tuple[x509.NameAttribute[str], ...],
    *,
    alternative: tuple[str, ...] = (),
    usages: tuple[str, ...] = SERVER_ONLY,
    key_size: int = 2048,
    not_before: datetime = STARTED - timedelta(days=30),
) -> x509.Certificate:
    """Issue a certificate with any name and a key of any size."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=key_size)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(names))
        .issuer_name(above.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(STARTED + timedelta(days=300))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in alternative]), critical=False)
        .add_extension(extended_key_usage(usages), critical=False)
    )
    return builder.sign(above.key, hashes.SHA256())


def with_sha1(certificate: x509.Certificate, key: rsa.RSAPrivateKey) -> x509.Certificate:
    """Sign a certificate anew with SHA-1, which the library does no more: both algorithms' OIDs have one length."""
    sha256, sha1 = (bytes.fromhex(f"06092a864886f70d0101{last}") for last in ("0b", "05"))
    signature = key.sign(certificate.tbs_certificate_bytes.replace(sha256, sha1), PKCS1v15(), hashes.SHA1())
    encoded = certificate.public_bytes(Encoding.DER).replace(sha256, sha1)
    return x509.load_der_x509_certificate(encoded.replace(certificate.signature, signature))


@cache
def old_fashioned() -> tuple[Authority, Authority]:
    """Return a root with a key of 1024 bits, and its issuing authority, which it signed with SHA-1."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    root = Authority.root("Old Root CA", key=key)
    issuing = root.intermediate("Old Issuing CA")
    signed = with_sha1(issuing.certificate, key)
    return root, Authority(certificate=signed, key=issuing.key, kind=issuing.kind, parent=root)


def told(report: Report, node: str | None = None) -> dict[tuple[str, str], Finding]:
    """Return what the rules of this subject say, by id and subject."""
    return {
        (f.id, f.subject): f
        for f in report.findings
        if f.id in MINE and f.determined and (node is None or f.node == node)
    }


def severities(report: Report) -> dict[str, str]:
    """Return the gravest severity of each id."""
    return {f.id: str(f.severity) for f in reversed(report.findings) if f.id in MINE and f.determined}


STATE = NodeState(
    host="expe",
    addresses=("10.20.30.31",),
    zones=(
        ZoneState(name="UC traversal", type="TraversalServer", port=7001, unified_communications=True, subject=CORE),
        ZoneState(name="Branch", type="Neighbor", peers=("10.20.30.99",)),
    ),
)


def test_certificates_that_are_badly_made_are_told_from_files_alone(tmp_path: Path) -> None:
    root, issuing = old_fashioned()
    organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Harbor Example Ltd")
    nameless = issued(
        issuing, (organisation, x509.NameAttribute(ODD_OID, "x")), alternative=("*.harbor.example",), key_size=1024
    )
    second = issued(issuing, (x509.NameAttribute(NameOID.COMMON_NAME, EDGE),), alternative=(EDGE,))
    temporary = Authority.root("Temporary CA 0123456789")
    default = temporary.issue(EDGE, usages=SERVER_ONLY, not_before=STARTED + timedelta(days=2))
    forgotten = Authority.root("Forgotten Root CA", not_before=LONG_AGO, not_after=LONG_AGO + timedelta(days=9))
    future = Authority.root("Future Root CA", not_before=STARTED + timedelta(days=9))
    tomcat, call_manager = (self_signed("cucm1.harbor.example").certificate for _ in range(2))
    bundle = Bundle(
        host="expe",
        time=COLLECTED,
        server=pem(nameless, second, issuing.certificate),
        client=default.pem(),
        trusted=pem(
            issuing.certificate,
            root.certificate,
            forgotten.certificate,
            future.certificate,
            tomcat,
            call_manager,
        ),
        state=STATE,
    )

    report = analyze([bundle.write_zip(tmp_path)])

    assert severities(report) == {
        "cert-not-yet-valid": "critical",
        "default-certificate": "warning",
        "edge-client-not-client-capable": "warning",
        "no-common-name": "warning",
        "pem-multiple-leaves": "warning",
        "revocation-off": "info",
        "trust-ca-expired": "info",
        "trust-ca-not-yet-valid": "info",
        "trust-contains-leaf": "info",
        "trust-duplicate-cn": "warning",
        "unknown-oid-in-dn": "info",
        "weak-key": "warning",
        "weak-signature": "warning",
        "wildcard-certificate": "info",
    }
    subjects = {subject for identifier, subject in told(report) if identifier == "weak-key"}
    assert len(subjects) == 2
    assert "Old Root CA" in subjects
    assert ("weak-signature", "Old Issuing CA") in told(report)
    assert ("trust-duplicate-cn", "cucm1.harbor.example") in told(report)


def test_log_and_alarms_tell_clocks_revocation_and_a_key_that_was_not_loaded(tmp_path: Path) -> None:
    known = authorities()
    ours, theirs = Endpoint(address="10.20.30.31", port=5061), Endpoint(address="10.20.30.99", port=25100)
    state = replace(
        STATE,
        settings={"SIP TLS Certificate Revocation Checking Mode": "On"},
        alarms=(
            AlarmState(id="25020", severity="warning", title="Time problem", raised=STARTED),
            AlarmState(id="40001", severity="warning", title="CRL update failure", raised=STARTED),
        ),
    )
    lines = [
        log.negotiation_error(after(60), theirs, ours, role=Side.SERVER, detail="unable to get certificate CRL"),
        log.negotiation_error(after(90), theirs, ours, role=Side.SERVER, detail="certificate revoked"),
        log.negotiation_error(after(95), theirs, ours, role=Side.SERVER, detail="sslv3 alert certificate revoked"),
        log.module(
            after(99), "developer.tls", "ERROR", 'Detail="error:0906D066:PEM routines:PEM_read_bio:bad end line"'
        ),
    ]
    bundle = Bundle(
        host="expe",
        time=COLLECTED,
        server=known.server_only(EDGE).pem(with_chain=True),
        client=known.private(EDGE).pem(with_chain=True),
        trusted=pem(*known.trusted),
        state=state,
        log=snapshot(lines, host="expe"),
    )

    report = analyze([bundle.write_zip(tmp_path)])

    assert severities(report) == {
        "certificate-revoked": "critical",
        "clock-wrong": "warning",
        "key-file-newline": "warning",
        "revocation-unavailable": "critical",
    }
    causes = {f.id: f.caused_by for f in report.findings if f.determined}
    assert causes["local-alert-unknown-ca"] == "revocation-unavailable"
    assert causes["local-alert-certificate-revoked"] == "certificate-revoked"
    assert causes["peer-alert-certificate-revoked"] == "certificate-revoked"


def test_an_expired_intermediate_in_the_list_of_the_side_that_verifies_is_the_cause(tmp_path: Path) -> None:
    """Real OpenSSL on both ends: the Core sends its leaf alone, and the Edge's list has an expired issuer for it."""
    known = authorities()
    root = Authority.root("Tidewater Root CA")
    issuing = root.intermediate("Tidewater Issuing CA", not_after=STARTED - timedelta(days=3))
    mine = issuing.issue(CORE).without_chain()
    client = core(known, client=mine, server=known.server_only(CORE), zone_status="Failed")
    server = edge(known, client=known.private(EDGE), server=known.server_only(EDGE), zone_status="Failed")
    server = replace(server, trusts=(*known.trusted, *issuing.path))

    report = both_ends(tmp_path, client, server)

    found = told(report, "expe")["trust-ca-expired", "Tidewater Issuing CA"]
    assert (str(found.severity), str(found.confidence)) == ("critical", "proven")
    tied = {(f.node, f.id): f.caused_by for f in report.findings if f.determined}
    assert tied["expe", "trust-ca-expired"] is None
    assert tied["expe", "local-alert-certificate-expired"] == "trust-ca-expired"
    assert tied["expe", "uc-zone-failed"] == "trust-ca-expired"
    assert ("expe", "clock-wrong") not in tied
    assert tied["expc", "peer-alert-certificate-expired"] == "trust-ca-expired"
    assert tied["expc", "clock-wrong"] == "trust-ca-expired"


def test_a_server_certificate_for_clients_only_is_the_cause_on_both_ends(tmp_path: Path) -> None:
    known = authorities()
    client = core(known, client=known.private(CORE), server=known.server_only(CORE), zone_status="Failed")
    server = edge(
        known, client=known.private(EDGE), server=known.private(EDGE, usages=CLIENT_ONLY), zone_status="Failed"
    )

    report = both_ends(tmp_path, client, server)

    tied = {(f.node, f.id): f.caused_by for f in report.findings if f.determined}
    assert tied["expe", "edge-server-not-server-capable"] is None
    assert tied["expe", "peer-alert-unsupported-certificate"] == "edge-server-not-server-capable"
    assert tied["expe", "uc-zone-failed"] == "edge-server-not-server-capable"
    assert tied["expc", "local-alert-unsupported-certificate"] == "edge-server-not-server-capable"


def test_a_certificate_that_is_not_yet_valid_on_the_wire_is_the_cause(tmp_path: Path) -> None:
    known = authorities()
    early = known.internal.issue(CORE, key=new_key("ec256"), not_before=STARTED + timedelta(days=2))
    client = core(known, client=early, server=known.server_only(CORE), zone_status="Failed")
    server = edge(known, client=known.private(EDGE), server=known.server_only(EDGE), zone_status="Failed")

    report = both_ends(tmp_path, client, server)

    tied = {(f.node, f.id): f.caused_by for f in report.findings if f.determined}
    assert tied["expe", "local-alert-bad-certificate"] == "not-yet-valid-at-handshake"
    assert tied["expc", "cert-not-yet-valid"] == "not-yet-valid-at-handshake"


def test_a_healthy_pair_gives_context_only(tmp_path: Path) -> None:
    """Unused expired roots in the list, as every list in the field has them, change nothing."""
    known = authorities()
    expired = tuple(
        Authority.root(
            f"Forgotten Root CA {n}", not_before=LONG_AGO, not_after=LONG_AGO + timedelta(days=9)
        ).certificate
        for n in range(3)
    )
    client = core(known, client=known.private(CORE), server=known.private(CORE))
    server = edge(known, client=known.private(EDGE), server=known.private(EDGE))
    client, server = (replace(host, trusts=(*known.trusted, *expired)) for host in (client, server))

    report = both_ends(tmp_path, client, server)

    assert severities(report) == {"revocation-off": "info", "trust-ca-expired": "info"}


def both_ends(folder: Path, client: Host, server: Host) -> Report:
    """Return the report of two connections on the traversal zone."""
    stage = Stage(collected=COLLECTED)
    for number in range(2):
        stage.connect(client, server, port=7001, client_port=25061 + number, time=after(50 + 40 * number))
    return analyze([stage.bundle(host).write_zip(folder) for host in (client, server)])
