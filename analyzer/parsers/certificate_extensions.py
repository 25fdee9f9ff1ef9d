"""Extensions of a certificate: the list of them, and the values of those that a handshake is judged by.

One broken extension costs that extension, not the list::

    30 13  06 03 55 1d 25  04 0c  30 0a 06 08 2b 06 01 05 05 07 03 02     extended key usage: clientAuth
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from msgspec import Struct, field

from analyzer.facts.object_identifiers import EXTENDED_KEY_USAGES, KEY_USAGES
from analyzer.parsers import der
from analyzer.parsers.der import DerError, Element

_NAME_PREFIXES = {0x81: "email", 0x82: "DNS", 0x86: "URI"}
_IP_ADDRESS = 0x87
_URI = 0x86
_CONTEXT_0 = 0xA0
_KEY_IDENTIFIER = 0x80


class Extensions(Struct, frozen=True, kw_only=True):
    """The extensions of one certificate.

    Attributes:
        identifiers: OIDs in the order of the certificate; one that stands there twice is listed twice.
        values: content of the OCTET STRING by OID, of those that stand there once.
        whole: False if the list is damaged, so that an absence says nothing.
    """

    identifiers: tuple[str, ...] = ()
    values: Mapping[str, bytes] = field(default_factory=dict)
    whole: bool = True


def read_extensions(content: bytes) -> Extensions:
    """Read the content of the `[3]` of a certificate; what stands before a damage is kept."""
    identifiers: list[str] = []
    values: dict[str, bytes] = {}
    whole = True
    try:
        for extension in der.iterate_elements(der.read_element(content, der.SEQUENCE)):
            try:
                identifier, *_, value = der.read_elements(extension.content)
                name = der.object_identifier(identifier.content)
            except ValueError:
                whole = False
                continue
            identifiers.append(name)
            if value.tag == der.OCTET_STRING:
                values[name] = value.content
    except DerError:
        whole = False
    for name in {name for name in identifiers if identifiers.count(name) > 1}:
        values.pop(name, None)
    return Extensions(identifiers=tuple(identifiers), values=values, whole=whole)


def read_alternative_names(value: bytes) -> tuple[tuple[str, ...], bool]:
    """Return the names of a subjectAltName, and whether all of them could be read.

    Other kinds than DNS, IP, URI and email are left out: no peer checks a TLS name against them.

    Raises:
        DerError: if it is no list of names.
    """
    names: list[str] = []
    whole = True
    for name in der.read_elements(der.read_element(value, der.SEQUENCE)):
        if name.tag in _NAME_PREFIXES:
            names.append(f"{_NAME_PREFIXES[name.tag]}:{der.text(name.content)}")
        elif name.tag == _IP_ADDRESS and len(name.content) in {4, 16}:
            names.append(f"IP:{ipaddress.ip_address(name.content).compressed}")
        elif name.tag == _IP_ADDRESS:
            whole = False
    return tuple(names), whole


def read_extended_key_usage(value: bytes) -> tuple[str, ...]:
    """Return the purposes by name, else by OID.

    Raises:
        DerError: if it is no list of OIDs.
    """
    return tuple(EXTENDED_KEY_USAGES.get(oid, oid) for oid in map(_identifier, _sequence(value)))


def read_key_usage(value: bytes) -> tuple[str, ...]:
    """Return the names of the bits that are set.

    Raises:
        DerError: if it is no BIT STRING.
    """
    octets = der.read_element(value, der.BIT_STRING)
    if not octets:
        raise DerError("an empty BIT STRING")
    bits = "".join(f"{octet:08b}" for octet in octets[1:3])
    return tuple(name for name, bit in zip(KEY_USAGES, bits, strict=False) if bit == "1")


def read_is_authority(value: bytes) -> bool:
    """Return cA of basicConstraints, which is False where it is left out.

    Raises:
        DerError: if it is no SEQUENCE.
    """
    elements = _sequence(value)
    return bool(elements) and elements[0].tag == der.BOOLEAN and any(elements[0].content)


def read_subject_key_identifier(value: bytes) -> str:
    """Return the key identifier in lower-case hex.

    Raises:
        DerError: if it is no OCTET STRING.
    """
    return der.read_element(value, der.OCTET_STRING).hex()


def read_authority_key_identifier(value: bytes) -> str | None:
    """Return the key identifier in lower-case hex; None if the extension names the issuer in another way.

    Raises:
        DerError: if it is no SEQUENCE.
    """
    return next((e.content.hex() for e in _sequence(value) if e.tag == _KEY_IDENTIFIER), None)


def read_policies(value: bytes) -> tuple[str, ...]:
    """Return the OIDs of certificatePolicies.

    Raises:
        DerError: if it is no list of policies.
    """
    return tuple(_identifier(der.read_elements(policy.content)[0]) for policy in _sequence(value) if policy.content)


def read_distribution_points(value: bytes) -> tuple[str, ...]:
    """Return the URLs of the CRL distribution points.

    Raises:
        DerError: if it is no list of distribution points.
    """
    point_names = (
        name
        for point in _sequence(value)
        for part in der.read_elements(point.content)
        if part.tag == _CONTEXT_0
        for full_name in der.read_elements(part.content)
        if full_name.tag == _CONTEXT_0
        for name in der.read_elements(full_name.content)
    )
    return tuple(der.text(name.content) for name in point_names if name.tag == _URI)


def read_access_locations(value: bytes) -> tuple[str, ...]:
    """Return the URLs of the authority information access.

    Raises:
        DerError: if it is no list of access descriptions.
    """
    parts = (part for description in _sequence(value) for part in der.read_elements(description.content))
    return tuple(der.text(part.content) for part in parts if part.tag == _URI)


def _sequence(value: bytes) -> list[Element]:
    return der.read_elements(der.read_element(value, der.SEQUENCE))


def _identifier(element: Element) -> str:
    if element.tag != der.OBJECT_IDENTIFIER:
        raise DerError("no object identifier")
    return der.object_identifier(element.content)
