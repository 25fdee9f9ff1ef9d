from __future__ import annotations

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

from samples.builders.certificates import SERVER_ONLY, Authority, AuthorityKind, self_signed


def test_a_private_authority_is_recognised_by_its_name_and_template() -> None:
    leaf = Authority.root("harbor-DC01-CA").issue("expe.harbor.example").certificate

    assert leaf.issuer.get_attributes_for_oid(NameOID.DOMAIN_COMPONENT)
    assert x509.ObjectIdentifier("1.3.6.1.4.1.311.21.7") in {extension.oid for extension in leaf.extensions}


def test_a_public_authority_leaves_timestamps_and_a_policy() -> None:
    leaf = Authority.root("Meridian Root", kind=AuthorityKind.PUBLIC).issue("expe.harbor.example").certificate

    timestamps = leaf.extensions.get_extension_for_class(x509.PrecertificateSignedCertificateTimestamps).value
    policies = leaf.extensions.get_extension_for_class(x509.CertificatePolicies).value
    assert len(timestamps) == 2
    assert [policy.policy_identifier.dotted_string for policy in policies] == ["2.23.140.1.2.2"]


def test_an_identity_carries_the_intermediates_but_not_the_root() -> None:
    root = Authority.root("harbor-DC01-CA")
    issuing = root.intermediate("harbor-Issuing-CA")

    identity = issuing.issue("expe.harbor.example")

    assert identity.chain == (issuing.certificate,)
    assert identity.pem(with_chain=True).count(b"BEGIN CERTIFICATE") == 2
    issuing.certificate.verify_directly_issued_by(root.certificate)


def test_usages_names_and_serial_are_as_asked_for() -> None:
    serial = 0x80 << 136 | 41

    leaf = Authority.root("CA").issue("a.example", ("b.example", "10.0.0.1"), usages=SERVER_ONLY, serial=serial)

    names = leaf.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name.value) for name in names] == ["a.example", "b.example", "10.0.0.1"]
    assert leaf.serial == f"{serial:x}"
    usage = leaf.certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]


def test_without_usages_the_extension_is_absent() -> None:
    leaf = Authority.root("CA").issue("a.example", usages=None, key_usages=None).certificate

    present = {extension.oid for extension in leaf.extensions}
    assert not present & {ExtensionOID.EXTENDED_KEY_USAGE, ExtensionOID.KEY_USAGE}


def test_a_self_signed_certificate_is_its_own_issuer() -> None:
    certificate = self_signed("cucm1.harbor.example").certificate

    assert certificate.issuer == certificate.subject
    certificate.verify_directly_issued_by(certificate)
