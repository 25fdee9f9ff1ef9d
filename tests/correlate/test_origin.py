from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID, ObjectIdentifier
from msgspec.structs import replace

from analyzer.correlate.chains import Pool
from analyzer.correlate.origin import classify, installed_public_roots
from analyzer.evidence import Certificate, CertificateOrigin
from analyzer.facts.public_roots import organisation_key, public_roots
from analyzer.parsers.certificate import read_certificate
from samples.builders.certificates import Authority, AuthorityKind, self_signed

KEY = ec.generate_private_key(ec.SECP256R1())
AUTHORITY_KEY = ec.generate_private_key(ec.SECP256R1())


def read(certificate: x509.Certificate) -> Certificate:
    result = read_certificate(certificate.public_bytes(Encoding.DER))
    assert result is not None
    return result


def name(common_name: str, organisation: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def issue(subject: x509.Name, issuer: x509.Name, *, own_key: bool = False) -> Certificate:
    """A certificate without any marks; `own_key`: an authority's."""
    public_key = (AUTHORITY_KEY if own_key else KEY).public_key()
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public_key)
    builder = builder.serial_number(9).not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
    return read(builder.not_valid_after(datetime(2027, 1, 1, tzinfo=UTC)).sign(AUTHORITY_KEY, hashes.SHA256()))


LEAF_NAME = name("edge.harbor.example", "Harbor Example Ltd")
PLAIN_ROOT_NAME = name("Harbor Plain Root", "Harbor Example Ltd")
PLAIN_ROOT = issue(PLAIN_ROOT_NAME, PLAIN_ROOT_NAME, own_key=True)
PLAIN_LEAF = issue(LEAF_NAME, PLAIN_ROOT_NAME)


def test_public_marks_make_a_certificate_public_without_any_root() -> None:
    authority = Authority.root("Meridian Root", kind=AuthorityKind.PUBLIC)
    leaf = read(authority.issue("www.harbor.example").certificate)

    origin = classify(leaf)

    assert (origin.origin, origin.strong) == (CertificateOrigin.PUBLIC, True)
    assert origin.reason == "it carries certificate transparency timestamps"


def test_traces_of_active_directory_make_a_certificate_private() -> None:
    origin = classify(read(Authority.root("Harbor Root CA").issue("edge.harbor.example").certificate))

    assert (origin.origin, origin.strong) == (CertificateOrigin.PRIVATE, True)
    assert "DC=" in origin.reason


def test_an_own_signature_makes_a_certificate_self_signed() -> None:
    assert classify(read(self_signed("cucm.harbor.example").certificate)).origin is CertificateOrigin.SELF_SIGNED


def test_an_own_signature_that_cannot_be_verified_is_an_inference() -> None:
    certificate = replace(read(self_signed("cucm.harbor.example").certificate), der=b"\x30\x00")

    origin = classify(certificate)

    assert (origin.origin, origin.strong) == (CertificateOrigin.SELF_SIGNED, False)


def test_the_temporary_authority_makes_a_certificate_the_default_one() -> None:
    issuer = name("Temporary CA 0f1e2d3c", "Temporary CA 0f1e2d3c")

    assert classify(issue(LEAF_NAME, issuer)).origin is CertificateOrigin.DEFAULT


def test_a_root_in_no_public_list_makes_its_certificates_private() -> None:
    origin = classify(PLAIN_LEAF, (PLAIN_ROOT,))

    assert (origin.origin, origin.strong) == (CertificateOrigin.PRIVATE, True)
    assert "no public root" in origin.reason
    assert "administrator" not in origin.reason


def test_a_private_root_in_the_trusted_list_was_uploaded() -> None:
    origin = classify(PLAIN_LEAF, (PLAIN_ROOT,), trusted={PLAIN_ROOT.sha256})

    assert origin.reason.endswith("because an administrator uploaded it")


def test_the_name_of_a_public_organisation_is_an_inference() -> None:
    origin = classify(issue(LEAF_NAME, name("DigiCert TLS Something CA", "DigiCert, Inc.")))

    assert (origin.origin, origin.strong) == (CertificateOrigin.PUBLIC, False)
    assert origin.reason.startswith("public by name only - inferred")


def test_a_known_root_with_another_key_does_not_make_a_certificate_public_for_sure() -> None:
    forged = name("QuoVadis Root CA 2", "QuoVadis Limited")

    assert (
        classify(issue(LEAF_NAME, forged), (issue(forged, forged, own_key=True),)).origin is CertificateOrigin.PRIVATE
    )


def test_an_unknown_issuer_is_unknown() -> None:
    origin = classify(PLAIN_LEAF)

    assert (origin.origin, origin.strong) == (CertificateOrigin.UNKNOWN, False)
    assert origin.reason == "its issuer CN=Harbor Plain Root,O=Harbor Example Ltd is not in the evidence"


def test_the_marks_of_an_authority_stand_in_where_its_root_is_missing() -> None:
    domain_root = Authority.root("Harbor Root CA").certificate.subject
    issuing = issue(name("Harbor Issuing CA", "Harbor Example Ltd"), domain_root, own_key=True)
    leaf = issue(LEAF_NAME, name("Harbor Issuing CA", "Harbor Example Ltd"))

    origin = classify(leaf, (issuing,))

    assert origin.origin is CertificateOrigin.PRIVATE
    assert origin.reason.startswith("of its authority CN=Harbor Issuing CA")


def test_every_installed_root_is_public_itself() -> None:
    roots = public_roots()
    root = installed_public_roots().named(_subject_of("ISRG Root X1"))[0]

    origin = classify(root, Pool())

    assert roots.find(root.subject, root.public_key_sha256) is not None
    assert (origin.origin, origin.reason) == (CertificateOrigin.PUBLIC, f"it is the public root {root.subject}")


def test_roots_that_left_the_list_are_remembered_with_the_date() -> None:
    removed = {root.subject.split(",")[0]: root.last for root in public_roots().by_key.values() if root.removed}

    for common_name in ("CN=DigiCert Global Root CA", "CN=DigiCert Assured ID Root CA", "CN=QuoVadis Root CA 2"):
        assert removed[common_name] == "2024-08-30"


@pytest.mark.parametrize("spelling", ["DigiCert Inc", "DIGICERT, INC.", "Let's Encrypt", "IdenTrust"])
def test_organisations_are_known_in_their_spellings(spelling: str) -> None:
    assert organisation_key(spelling) in public_roots().organisations


def test_terminal_escapes_in_a_name_are_made_visible() -> None:
    origin = classify(issue(LEAF_NAME, name("\x1b[31mred", "Harbor")))

    assert origin.reason.isprintable()


def _subject_of(common_name: str) -> bytes:
    attributes = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "US"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Internet Security Research Group"),
        x509.NameAttribute(ObjectIdentifier("2.5.4.3"), common_name),
    ]
    return x509.Name(attributes).public_bytes()


def test_a_name_that_only_contains_the_words_of_the_temporary_authority_is_another_one() -> None:
    assert classify(issue(LEAF_NAME, name("Contemporary Care CA", "Contemporary Care"))).origin is not (
        CertificateOrigin.DEFAULT
    )


def test_the_list_that_a_root_was_looked_up_in_is_dated() -> None:
    assert f"Mozilla's list of {public_roots().as_of}" in classify(PLAIN_LEAF, (PLAIN_ROOT,)).reason


def test_public_marks_outrank_those_of_active_directory_and_both_outrank_a_root() -> None:
    private = Authority.root("Harbor Root CA", domain="harbor.example")
    leaf = read(private.issue("edge.harbor.example").certificate)
    root = read(private.certificate)
    marked = replace(leaf, policies=("2.23.140.1.2.2",))

    assert classify(leaf, (root,)).reason.startswith("its issuer has a domain name in Active Directory's form")
    assert classify(marked, (root,)).reason == 'it carries the CA/Browser Forum policy "organization validated"'


@pytest.mark.parametrize(
    ("policy", "kind"),
    [
        ("2.23.140.1.1", "extended validation"),
        ("2.23.140.1.2.1", "domain validated"),
        ("2.23.140.1.2.3", "individual validated"),
    ],
)
def test_every_policy_of_the_forum_is_a_public_mark(policy: str, kind: str) -> None:
    origin = classify(replace(PLAIN_LEAF, policies=(policy,)), (PLAIN_ROOT,))

    assert (origin.origin, origin.strong) == (CertificateOrigin.PUBLIC, True)
    assert kind in origin.reason


@pytest.mark.parametrize(
    "marks",
    [
        {"extensions": ("1.3.6.1.4.1.311.20.2",)},
        {"extensions": ("1.3.6.1.4.1.311.21.7",)},
        {"locations": ("LDAP:///CN=Harbor,CN=CDP",)},
    ],
    ids=["template name", "template", "directory"],
)
def test_every_trace_of_active_directory_is_a_private_mark(marks: dict[str, tuple[str, ...]]) -> None:
    origin = classify(replace(PLAIN_LEAF, **marks))

    assert (origin.origin, origin.strong) == (CertificateOrigin.PRIVATE, True)
