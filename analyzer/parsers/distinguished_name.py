"""Distinguished names: what a certificate calls its subject and its issuer.

A name is a SEQUENCE of sets of attributes, the most general first; RFC 4514 writes the most specific first::

    30 .. 31 .. 30 .. 06 03 55 04 06 13 02 4a 50 …      CN=edge.example.com,O=Example,C=JP
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from analyzer.facts.object_identifiers import ATTRIBUTES
from analyzer.parsers import der

_SPECIAL = re.compile(r'[\\"+,;<>]')


class Attribute(NamedTuple):
    """One attribute of a name. `type`: a short name, else a dotted OID; `text`: None if it is no character string."""

    type: str
    text: str | None
    encoding: bytes

    def rfc4514(self) -> str:
        """Return it as `type=value`; `#` and the hex of the encoding where RFC 4514 section 2.4 wants that."""
        if self.text is None or self.type[0].isdigit():
            return f"{self.type}=#{self.encoding.hex()}"
        return f"{self.type}={_escape(self.text)}"


@lru_cache(maxsize=2048)
def read_name(name_der: bytes) -> tuple[tuple[Attribute, ...], ...]:
    """Return the sets of attributes of a name, in the order of the encoding.

    Raises:
        DerError: if it is no name.
    """
    return tuple(
        tuple(_read_attribute(attribute.content) for attribute in der.read_elements(relative.content))
        for relative in der.read_elements(der.read_element(name_der, der.SEQUENCE))
    )


def rfc4514(name_der: bytes) -> str:
    """Return a name as RFC 4514 writes it. An empty name is an empty string; empty sets are left out.

    Raises:
        DerError: if it is no name.
    """
    return ",".join("+".join(a.rfc4514() for a in relative) for relative in reversed(read_name(name_der)) if relative)


def attribute_values(name_der: bytes, attribute_type: str) -> tuple[str, ...]:
    """Return the texts of all attributes of this type (`CN`, `DC`), the most specific first.

    Raises:
        DerError: if it is no name.
    """
    return tuple(
        attribute.text
        for relative in reversed(read_name(name_der))
        for attribute in relative
        if attribute.type == attribute_type and attribute.text is not None
    )


@lru_cache(maxsize=2048)
def comparison_key(name_der: bytes) -> object:
    """Return what two names have in common exactly when they match.

    Case, repeated blanks and the kind of string make no difference (RFC 5280 section 7.1, and OpenSSL). A name
    that cannot be read matches only its own bytes.
    """
    try:
        return tuple(
            frozenset(
                (a.type, a.encoding if a.text is None else " ".join(a.text.split()).casefold()) for a in relative
            )
            for relative in read_name(name_der)
        )
    except der.DerError:
        return name_der


def _read_attribute(content: bytes) -> Attribute:
    elements = der.read_elements(content)
    if len(elements) != 2 or elements[0].tag != der.OBJECT_IDENTIFIER:
        raise der.DerError("no attribute")
    identifier = der.object_identifier(elements[0].content)
    return Attribute(ATTRIBUTES.get(identifier, identifier), der.string(elements[1]), elements[1].encoding)


def _escape(value: str) -> str:
    """Escape a value as in RFC 4514 section 2.4."""
    escaped = _SPECIAL.sub(r"\\\g<0>", value).replace("\0", "\\00")
    if escaped.startswith(("#", " ")):
        escaped = "\\" + escaped
    if escaped.endswith(" ") and len(value) > 1:
        escaped = escaped[:-1] + "\\ "
    return escaped
