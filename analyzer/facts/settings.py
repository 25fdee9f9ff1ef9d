"""The settings that a diagnosis may ask for: their command paths, and what a release does without them.

A setting that stands in no dump is unknown unless a row says what its absence means. Sources are the codes of the
diagnosis catalogue: S Cisco 225693 (2026-04-15), P 225482 (2026-02-13), AR Administrator Guide X15.0 reference
(2023-12-19), AG Administrator Guide X15.5 (2026-02-09), T2 225476 (2026-01-20), AZ Administrator Guide X14.3,
CLU Cisco's cluster troubleshooting document (2020), RN the release notes of X14.2; K: no public source names the
path.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from msgspec import Struct

from analyzer.facts.releases import matches

EKU_CHECKING_MODE = "SIP TLS Certificate ExtendedKeyUsage Checking Mode"
ENABLE_SERVER_EKU_UPLOAD = "XCP TLS Certificate CVS EnableServerEkuUpload"
REVOCATION_CHECKING_MODE = "SIP TLS Certificate Revocation Checking Mode"
SOURCE_INACCESSIBILITY_BEHAVIOR = "SIP TLS Certificate Revocation Source Inaccessibility Behavior"
SIP_MTLS_MODE = "SIP MTLS Mode"
SIP_TLS_VERSIONS = "SIP Advanced SipTlsVersions"
TLS_SIGNATURE_ALGORITHM_PREFERS_RSA = "SIP Advanced TlsSignatureAlgoPrefRsa"
CLUSTER_TLS_VERIFY = "clusterConfiguration tls_verify"
DEFAULT_ZONE_TLS_VERIFY_MODE = "Zones DefaultZone SIP TLS Verify Mode"
DEFAULT_ZONE_MEDIA_ENCRYPTION_MODE = "Zones DefaultZone SIP Media Encryption Mode"
COLLABORATION_EDGE_ENABLED = "CollaborationEdge Enabled"


class KnownSetting(Struct, frozen=True, kw_only=True):
    """One setting.

    Attributes:
        name: the path that the command line uses; the key in `Configuration.settings`.
        source: code of the document that names it.
        default: the product's default; None: not documented.
        applies_to: the releases that have this default (`>=X15.5`); empty: all.
        assumed_if_absent: a whole dump without it means the default.
        switch: On or Off; other spellings of yes and no mean the same.
        aliases: other paths that mean the same.
    """

    name: str
    source: str
    default: str | None = None
    applies_to: str = ""
    assumed_if_absent: bool = False
    switch: bool = True
    aliases: tuple[str, ...] = ()


SETTINGS: tuple[KnownSetting, ...] = (
    KnownSetting(
        name=EKU_CHECKING_MODE,
        source="S",
        default="On",
        applies_to=">=X15.5",
        assumed_if_absent=True,
        aliases=("ExtendedKeyUsage Checking Mode", "SIP TLS Certificate EKU Checking Mode"),
    ),
    KnownSetting(name=ENABLE_SERVER_EKU_UPLOAD, source="P", aliases=("CVS EnableServerEkuUpload",)),
    KnownSetting(name=REVOCATION_CHECKING_MODE, source="AR", default="Off", assumed_if_absent=True),
    KnownSetting(
        name=SOURCE_INACCESSIBILITY_BEHAVIOR,
        source="AR",
        default="Fail",
        switch=False,
        aliases=("SIP TLS Certificate Revocation Checking Source Inaccessibility Behavior",),
    ),
    KnownSetting(
        name="SIP TLS Certificate Revocation Checking CRL Mode",
        source="AR",
        aliases=("SIP TLS Certificate Revocation CRL Mode",),
    ),
    KnownSetting(
        name="SIP TLS Certificate Revocation Checking CRL Network Fetch Mode",
        source="AR",
        aliases=("SIP TLS Certificate Revocation CRL Network Fetch Mode",),
    ),
    KnownSetting(
        name="SIP TLS Certificate Revocation Checking OCSP Mode",
        source="AR",
        default="On",
        aliases=("SIP TLS Certificate Revocation OCSP Mode",),
    ),
    KnownSetting(name="XCP TLS Certificate CVS CertificateRevocationCheck", source="K"),
    KnownSetting(name="SIP TLS Mode", source="AR", default="On"),
    KnownSetting(name="SIP TLS Port", source="AR", default="5061", switch=False),
    KnownSetting(name=SIP_MTLS_MODE, source="K", aliases=("SIP MutualTLS Mode",)),
    KnownSetting(name="SIP MTLS Port", source="K", switch=False, aliases=("SIP MutualTLS Port",)),
    KnownSetting(name=SIP_TLS_VERSIONS, source="AR", default="TLSv1:TLSv1.1:TLSv1.2", switch=False),
    KnownSetting(
        name="SIP Advanced SipTlsDhKeySize", source="AG", default="2048", applies_to=">=X15.2", switch=False
    ),
    KnownSetting(name=TLS_SIGNATURE_ALGORITHM_PREFERS_RSA, source="T2"),
    KnownSetting(
        name=CLUSTER_TLS_VERIFY,
        source="CLU",
        switch=False,
        aliases=("Alternates Cluster TLS Verify Mode", "Alternates TLS Verify Mode", "Cluster TLS Verify Mode"),
    ),
    KnownSetting(
        name=DEFAULT_ZONE_TLS_VERIFY_MODE,
        source="AZ",
        aliases=("Zones DefaultZone SIP MutualTLS Mode", "Zones DefaultZone MutualTLS Mode"),
    ),
    KnownSetting(name=DEFAULT_ZONE_MEDIA_ENCRYPTION_MODE, source="AZ", switch=False),
    KnownSetting(name=COLLABORATION_EDGE_ENABLED, source="K", aliases=("CollaborationEdge Mode",)),
    KnownSetting(name="EdgeConfigServer VerifyOriginServer", source="RN", default="On", applies_to=">=X14.2"),
    KnownSetting(name="Management Interface Port", source="AR", default="443", switch=False),
)
"""In the order in which a report lists them."""


def default_of(name: str, version: str | None) -> str | None:
    """Return what a whole dump without this setting means on a release; None: not documented, or release unknown."""
    known = next((setting for setting in SETTINGS if setting.name == name), None)
    if known is None or not known.assumed_if_absent:
        return None
    return known.default if matches(version, known.applies_to) else None


def setting_named(path: str) -> str | None:
    """Return the name of the setting that a command line or log path means, however it is spelt; None: none.

    >>> setting_named("xConfiguration sip tls certificate extendedkeyusage checking mode")
    'SIP TLS Certificate ExtendedKeyUsage Checking Mode'
    """
    key = path_key(path)
    return _names_by_key().get(key.removeprefix("xconfiguration").removeprefix("configuration"))


def path_key(path: str) -> str:
    """Return a path's letters and digits run together in lower case: dumps split its words in several ways."""
    return "".join(character for character in path.lower() if character.isalnum())


@cache
def _names_by_key() -> Mapping[str, str]:
    return {path_key(path): setting.name for setting in SETTINGS for path in (setting.name, *setting.aliases)}
