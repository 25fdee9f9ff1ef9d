"""Attributes in a certificate's names that OpenSSL has no name for."""

from __future__ import annotations

from analyzer.evidence import Certificate
from analyzer.facts.object_identifiers import NAMED_BY_OPENSSL
from analyzer.parsers.der import DerError
from analyzer.parsers.distinguished_name import read_name


def unnamed_attributes(certificate: Certificate) -> tuple[str, ...]:
    """Return the dotted OIDs in subject and issuer that OpenSSL can write as numbers only."""
    found: dict[str, None] = {}
    for name_der in (certificate.subject_der, certificate.issuer_der):
        try:
            attributes = [attribute for relative in read_name(name_der or b"") for attribute in relative]
        except DerError:
            continue
        found |= {a.type: None for a in attributes if a.type[0].isdigit() and a.type not in NAMED_BY_OPENSSL}
    return tuple(found)
