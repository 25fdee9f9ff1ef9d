"""What the own certificates are called."""

from __future__ import annotations

from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID, ObjectIdentifier
from msgspec.structs import replace

from analyzer.evidence import Alarm, Certificate, Node, Side, Zone
from samples.builders.certificates import new_key, self_signed
from tests.rules.cases import NOT_DETERMINABLE, case, causes, connection, event, judge
from tests.rules.nodes import CORE, CUBE, DENIED, EDGE, WEBEX, bare, core, edge, stores
from tests.rules.pki import EDGE_CLIENT, EDGE_SERVER, altered, authority, certificate, read

NAME = "edge.harbor.example"
SERVER, CLIENT, BOTH = f"{NAME} (server store)", f"{NAME} (client store)", f"{NAME} (both stores)"
NO_NAME = Alarm(id="40052", severity="warning", title="Server certificate has no CN", source="x.xml: Alarm 1")
NAMELESS = altered(certificate("", names=(NAME,)), subject="O=Harbor")
WILD = certificate("*.harbor.example")
WILD_CLIENT = certificate("edge.harbor.example", names=("*.harbor.example",))
ODD_OID = "1.3.6.1.4.1.99999.7"


@cache
def named(*attributes: tuple[str, str]) -> Certificate:
    """Issue a certificate whose subject has attributes by OID, and the name of the Edge."""
    key, above = new_key("ec256"), authority()
    parts = [*(x509.NameAttribute(ObjectIdentifier(o), v) for o, v in attributes)]
    subject = x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(above.certificate.subject)
        .public_key(key.public_key())
        .serial_number(4711)
        .not_valid_before(above.certificate.not_valid_before_utc)
        .not_valid_after(above.certificate.not_valid_after_utc)
    )
    return read(builder.sign(above.key, hashes.SHA256()))


# Attributes without a name


def test_an_attribute_without_a_name_counts_where_tunnels_fail() -> None:
    odd = named((ODD_OID, "x"))
    working, failing = edge(stores=stores(odd, odd)), edge(stores=stores(odd, odd), tunnels=DENIED)

    assert judge(case(working), "unknown-oid-in-dn") == {("info", "inferred", BOTH)}
    assert judge(case(failing), "unknown-oid-in-dn") == {("warning", "strong", BOTH)}
    assert causes(case(failing))["edge", "ssh-tunnels-down"] == "unknown-oid-in-dn"


@pytest.mark.parametrize("oid", ["2.5.4.97", "2.5.4.65", "2.5.4.51", "0.9.2342.19200300.100.1.3"])
def test_an_attribute_that_openssl_names_is_none(oid: str) -> None:
    node = edge(stores=stores(named((oid, "x")), EDGE_CLIENT), tunnels=DENIED)

    assert judge(case(node), "unknown-oid-in-dn") == set()


def test_a_text_that_looks_like_an_attribute_is_none() -> None:
    node = edge(stores=stores(named(("2.5.4.10", f"Harbor,{ODD_OID}=#0c0178")), EDGE_CLIENT), tunnels=DENIED)

    assert judge(case(node), "unknown-oid-in-dn") == set()


# No common name


def mra(server: Certificate, client: Certificate = EDGE_CLIENT, **changes: object) -> Node:
    return replace(edge(stores=stores(server, client)), **changes)


def test_a_server_certificate_without_common_name_matters_to_mobile_and_remote_access() -> None:
    subject = "O=Harbor (server store)"
    server = altered(NAMELESS, common_name=None)
    idle = mra(server, zones=(Zone(name="DNS", type="DNS"),), domains=())

    assert {(s, c) for s, c, _ in judge(case(mra(server)), "no-common-name")} == {("warning", "proven")}
    assert {t for *_, t in judge(case(mra(server)), "no-common-name")} == {subject}
    assert judge(case(idle), "no-common-name") == {("info", "proven", subject)}
    assert judge(case(replace(idle, alarms=(NO_NAME,))), "no-common-name") == {("warning", "proven", subject)}


def test_of_a_client_certificate_nothing_is_demanded() -> None:
    node = mra(EDGE_SERVER, altered(NAMELESS, common_name=None))

    assert judge(case(node), "no-common-name") == {("info", "proven", "O=Harbor (client store)")}


def test_the_alarm_alone_tells_it() -> None:
    assert judge(case(edge(alarms=(NO_NAME,))), "no-common-name") == {("warning", "proven", "alarm 40052")}
    assert judge(case(edge()), "no-common-name") == set()


def test_a_subject_that_cannot_be_read_lacks_nothing() -> None:
    broken = altered(EDGE_SERVER, subject=None, common_name=None, unreadable=("subject",))

    assert judge(case(mra(broken)), "no-common-name") == set()


# Wildcards


def test_a_wildcard_is_information_while_everybody_accepts_it() -> None:
    node = edge(stores=stores(WILD, WILD_CLIENT))
    fine = connection(node, CUBE, role=Side.SERVER, server=WILD, completed=True)
    expected = {("info", "proven", "*.harbor.example (server store)"), ("info", "proven", CLIENT)}

    assert judge(case(node), "wildcard-certificate") == expected
    assert judge(case(node, connections=[fine]), "wildcard-certificate") == expected
    assert judge(case(edge()), "wildcard-certificate") == set()


def test_a_refusal_of_its_names_makes_a_wildcard_suspect() -> None:
    node = edge(stores=stores(WILD, EDGE_CLIENT))
    refused = connection(node, CUBE, role=Side.SERVER, server=WILD, alert=(Side.CLIENT, 42))
    judged = case(node, connections=[refused])

    assert judge(judged, "wildcard-certificate") == {("warning", "inferred", "*.harbor.example (server store)")}
    assert causes(judged)["edge", "peer-alert-bad-certificate"] == "wildcard-certificate"


def test_the_partners_log_tells_that_it_refused_the_names() -> None:
    node, holder = edge(stores=stores(WILD, EDGE_CLIENT)), core()
    line = event(holder, EDGE, error="identity-unacceptable", role=Side.CLIENT)
    tied = causes(case(node, holder, events=[line]))

    assert tied["edge", "wildcard-certificate"] is None
    assert tied["core", "identity-unacceptable"] == "wildcard-certificate"


# The certificate of a new system


DEFAULT = altered(EDGE_SERVER, issuer="CN=Temporary CA 7f3a,O=Temporary CA 7f3a")


def test_the_certificate_of_a_new_system_is_a_warning_and_critical_where_it_was_refused() -> None:
    node = edge(stores=stores(DEFAULT, EDGE_CLIENT))
    refused = connection(node, CUBE, role=Side.SERVER, server=(DEFAULT,), alert=(Side.CLIENT, 48))
    judged = case(node, connections=[refused])

    assert judge(case(node), "default-certificate") == {("warning", "strong", SERVER)}
    assert judge(judged, "default-certificate") == {("critical", "strong", SERVER)}


def test_a_self_signed_certificate_is_information_where_peers_were_taught_to_accept_it() -> None:
    lonely = read(self_signed(NAME).certificate)
    node = edge(stores=stores(lonely, lonely))
    fine = connection(node, CORE, role=Side.SERVER, server=(lonely,), completed=True)
    refused = connection(node, WEBEX, role=Side.CLIENT, client=(lonely,), alert=(Side.SERVER, 48))

    assert judge(case(node), "default-certificate") == {("warning", "inferred", BOTH)}
    assert judge(case(node, connections=[fine]), "default-certificate") == {("info", "inferred", BOTH)}
    assert judge(case(node, connections=[fine, refused]), "default-certificate") == {("critical", "inferred", BOTH)}
    assert causes(case(node, connections=[refused]))["edge", "peer-alert-unknown-ca"] == "default-certificate"


def test_a_certificate_that_a_ca_issued_is_no_default() -> None:
    assert judge(case(edge()), "default-certificate") == set()


@pytest.mark.parametrize(
    "rule", ["unknown-oid-in-dn", "no-common-name", "wildcard-certificate", "default-certificate"]
)
def test_without_a_store_it_is_not_determinable(rule: str) -> None:
    assert judge(case(bare(edge().role)), rule) == {("info", NOT_DETERMINABLE, "bare")}
