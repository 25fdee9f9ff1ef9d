"""What an authority issued tells of it: no chain is public below and private above."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec.structs import replace

from analyzer.correlate.origin import origins_of
from analyzer.evidence import Certificate, CertificateOrigin, Origin
from analyzer.parsers.certificate import read_certificate
from samples.builders.certificates import Authority, AuthorityKind


def read(certificate: x509.Certificate) -> Certificate:
    result = read_certificate(certificate.public_bytes(Encoding.DER))
    assert result is not None
    return result


_ROOT = Authority.root("Meridian Trust Root CA", kind=AuthorityKind.PUBLIC)
_ISSUING = _ROOT.intermediate("Meridian Trust TLS CA")
ROOT, ISSUING = read(_ROOT.certificate), read(_ISSUING.certificate)
MARKED = read(_ISSUING.issue("edge.harbor.example").certificate)
OTHER = read(_ISSUING.issue("core.harbor.example").certificate)
PLAIN = replace(OTHER, extensions=(), policies=(), locations=())


def judged(*certificates: Certificate, trusted: Certificate | None = None) -> list[Origin]:
    ids = {trusted.sha256} if trusted else frozenset[str]()
    origins = origins_of({certificate.sha256: certificate for certificate in certificates}, ids)
    return [origins[certificate.sha256] for certificate in certificates]


def test_an_authority_is_not_private_for_being_uploaded_when_it_issued_a_public_certificate() -> None:
    leaf, issuing, _ = judged(MARKED, ISSUING, ROOT, trusted=ROOT)

    assert (leaf.origin, leaf.strong) == (CertificateOrigin.PUBLIC, True)
    assert (issuing.origin, issuing.strong) == (CertificateOrigin.PUBLIC, False)
    assert issuing.reason == (
        f"inferred: {MARKED.subject}, issued under it, has a mark of public authorities "
        "(it carries certificate transparency timestamps)"
    )


def test_an_authority_without_its_root_is_known_by_what_it_issued() -> None:
    assert judged(ISSUING)[0].origin is CertificateOrigin.UNKNOWN
    assert judged(ISSUING, MARKED)[0].origin is CertificateOrigin.PUBLIC


def test_a_certificate_without_marks_is_judged_like_its_authority() -> None:
    assert judged(PLAIN, ISSUING, ROOT)[0].origin is CertificateOrigin.PRIVATE

    plain, issuing, *_ = judged(PLAIN, ISSUING, ROOT, MARKED)

    assert plain.origin is issuing.origin is CertificateOrigin.PUBLIC
    assert plain.reason.startswith(f"inferred: {MARKED.subject}, issued under the same authority {ISSUING.subject}")


def test_an_authority_with_marks_of_both_kinds_is_uncertain_and_names_both() -> None:
    private = replace(ISSUING, locations=("ldap:///CN=Harbor,CN=AIA",))

    _, issuing, _ = judged(MARKED, private, ROOT)

    assert (issuing.origin, issuing.strong) == (CertificateOrigin.UNKNOWN, False)
    assert issuing.reason.startswith("uncertain: it points to an LDAP directory")
    assert f"but {MARKED.subject}, issued under it" in issuing.reason


def test_a_leafs_own_trace_of_active_directory_outranks_what_else_its_authority_issued() -> None:
    domain = replace(PLAIN, extensions=("1.3.6.1.4.1.311.21.7",))

    assert judged(domain, ISSUING, ROOT, MARKED)[0].origin is CertificateOrigin.PRIVATE


def test_the_name_of_an_authority_without_its_key_shows_nothing() -> None:
    namesake = read(
        Authority.root("Meridian Trust Root CA", kind=AuthorityKind.PUBLIC)
        .intermediate("Meridian Trust TLS CA")
        .certificate
    )

    assert judged(namesake, ROOT, MARKED)[0].origin is not CertificateOrigin.PUBLIC
