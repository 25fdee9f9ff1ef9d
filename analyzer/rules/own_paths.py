"""The certificates on the paths of the own leaves, each once, with the leaves that stand below it."""

from __future__ import annotations

from collections import defaultdict

from msgspec import Struct

from analyzer.evidence import Certificate
from analyzer.findings import Evidence
from analyzer.rules import quote
from analyzer.rules.authorities import name_of
from analyzer.rules.own_certificates import OwnCertificate, own_certificates, quote_own
from analyzer.rules.view import NodeView
from analyzer.words import Words, say


class Link(Struct, frozen=True):
    """A certificate on the path of own leaves, the leaf itself included."""

    certificate: Certificate
    leaves: tuple[OwnCertificate, ...]

    @property
    def subject(self) -> str:
        leaf = next((own for own in self.leaves if own.certificate.sha256 == self.certificate.sha256), None)
        return leaf.subject if leaf else name_of(self.certificate)

    @property
    def place(self) -> Words:
        """Say where it stands: in a store, or above what is there."""
        several = len(self.leaves) > 1
        below = say("server store and client store") if several else self.leaves[0].where
        if self._is_leaf:
            return say("The certificate ({stores})", stores=below)
        return say(
            "The authority {name}, above the certificate ({stores}),", name=name_of(self.certificate), stores=below
        )

    @property
    def _is_leaf(self) -> bool:
        return any(own.certificate.sha256 == self.certificate.sha256 for own in self.leaves)

    def evidence(self, view: NodeView) -> tuple[Evidence, ...]:
        """Quote it, and the leaves below it."""
        leaves = tuple(row for own in self.leaves for row in quote_own(view, own))
        return (
            leaves if self._is_leaf else (quote.quote_certificate(self.certificate, None, say("authority")), *leaves)
        )


def links(view: NodeView) -> tuple[Link, ...]:
    """Return every certificate on the paths of the own leaves, once."""
    leaves: dict[str, list[OwnCertificate]] = defaultdict(list)
    found: dict[str, Certificate] = {}
    for own in own_certificates(view):
        for certificate in view.path(own.certificate).certificates:
            found[certificate.sha256] = certificate
            leaves[certificate.sha256].append(own)
    return tuple(Link(certificate, tuple(leaves[identity])) for identity, certificate in found.items())
