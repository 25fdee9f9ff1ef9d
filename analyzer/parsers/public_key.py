"""Public keys and signature algorithms: their kind and size, as far as weakness is judged by them.

Sample::

    30 82 01 22  30 0d 06 09 2a 86 48 86 f7 0d 01 01 01 05 00  03 82 01 0f 00 …      RSA, 2048 bits
"""

from __future__ import annotations

from analyzer.facts.object_identifiers import CURVE_BITS, HASHES, KEY_TYPES, RSASSA_PSS, SIGNATURE_ALGORITHMS
from analyzer.parsers import der
from analyzer.parsers.der import DerError, Element
from analyzer.words import say

_EDWARDS_BITS = {"Ed25519": 256, "Ed448": 456}
_CONTEXT_0 = 0xA0


def read_public_key(content: bytes) -> tuple[str, int | None]:
    """Return the kind of the key in a SubjectPublicKeyInfo (see `Certificate.key_type`) and its size in bits.

    The size is None where it cannot be told: another algorithm, an unknown curve, a damaged key.

    Raises:
        DerError: if the algorithm cannot be read.
    """
    identifier, parameters = read_algorithm(der.read_element(content, der.SEQUENCE))
    kind = KEY_TYPES.get(identifier, identifier)
    try:
        *_, key = der.read_elements(content)
        return kind, _key_bits(kind, parameters, key.content[1:])
    except DerError:
        return kind, None


def read_signature_algorithm(content: bytes) -> str:
    """Return the name of a signature algorithm, else its OID; RSASSA-PSS with its hash.

    Raises:
        DerError: if it cannot be read.
    """
    identifier, parameters = read_algorithm(content)
    name = SIGNATURE_ALGORITHMS.get(identifier, identifier)
    if identifier != RSASSA_PSS:
        return name
    digest = _pss_hash(parameters)
    return f"{name} with {digest}" if digest else say("{algorithm} with an unreadable hash", algorithm=name)


def read_algorithm(content: bytes) -> tuple[str, Element | None]:
    """Return the OID and the parameters of an AlgorithmIdentifier.

    Raises:
        DerError: if it is none.
    """
    elements = der.read_elements(content)
    if not elements or elements[0].tag != der.OBJECT_IDENTIFIER:
        raise DerError("no algorithm")
    return der.object_identifier(elements[0].content), elements[1] if len(elements) > 1 else None


def _key_bits(kind: str, parameters: Element | None, key: bytes) -> int | None:
    match kind:
        case "RSA":
            return _bits_of_first_integer(der.read_element(key, der.SEQUENCE))
        case "EC" if parameters is not None and parameters.tag == der.OBJECT_IDENTIFIER:
            return CURVE_BITS.get(der.object_identifier(parameters.content))
        case "DSA" if parameters is not None:
            return _bits_of_first_integer(parameters.content)
        case _:
            return _EDWARDS_BITS.get(kind)


def _bits_of_first_integer(content: bytes) -> int:
    return der.integer(der.read_element(content, der.INTEGER)).bit_length()


def _pss_hash(parameters: Element | None) -> str | None:
    """Return the hash of RSASSA-PSS parameters; None: it cannot be read.

    Where they name none it is SHA-1 (RFC 4055 section 3.1).
    """
    try:
        fields = der.read_elements(parameters.content) if parameters else []
        named = next((field.content for field in fields if field.tag == _CONTEXT_0), None)
        if named is None:
            return "SHA1"
        identifier, _ = read_algorithm(der.read_element(named, der.SEQUENCE))
    except DerError:
        return None
    return HASHES.get(identifier, identifier)
