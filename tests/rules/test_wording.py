"""Words that several rules share."""

from __future__ import annotations

from analyzer.evidence import CertificateOrigin, Side
from analyzer.rules.wording import ORIGINS, ROLES, STORES


def test_every_role_and_origin_has_its_word() -> None:
    assert {role: str(role) for role in Side} == ROLES
    assert {origin: str(origin) for origin in CertificateOrigin} == ORIGINS
    assert {role: f"{role} store" for role in Side} == STORES
