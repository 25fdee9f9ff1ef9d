"""What a verifier makes of a certificate: each of its checks, on the chain that was presented to it.

A check is judged only with what it needs: trust with the verifier's own trusted CA list (rules-amendments A8), the
purpose with its checking mode, names with its zone. What is not at hand is "not checked", never assumed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import Struct

from analyzer.correlate.chains import CertificationPath, Pool, build_path
from analyzer.correlate.purpose import Capability, client_capable, server_capable
from analyzer.evidence import Certificate, Side, Zone
from analyzer.facts.releases import FIRST_WITH_TWO_STORES, Version
from analyzer.facts.settings import REVOCATION_CHECKING_MODE
from analyzer.facts.verification import LEAST_BITS, WEAK_DIGESTS, Check
from analyzer.rules.authorities import name_of
from analyzer.rules.view import NodeView
from analyzer.words import Words, both, either, listed, say


class Presented(Struct, frozen=True, kw_only=True):
    """A certificate as it was presented.

    Attributes:
        owner: a view of the node whose bundle knows the path: the presenter's or the verifier's.
        chain: leaf first, as it was sent, or as its owner would send it.
        side: who presented it.
        time: when, on the capture's clock.
    """

    owner: NodeView
    chain: tuple[Certificate, ...]
    side: Side
    time: datetime | None

    @property
    def leaf(self) -> Certificate:
        """The certificate that is judged."""
        return self.chain[0]


class Verifier(Struct, frozen=True, kw_only=True):
    """Who verifies.

    Attributes:
        view: if it is an Expressway whose bundle is at hand.
        zone: of its configuration, that it verifies for.
        is_edge: it is the Edge of this Core, whether its bundle is at hand or not.
    """

    view: NodeView | None = None
    zone: Zone | None = None
    is_edge: bool = False


class CheckResult(Struct, frozen=True, kw_only=True):
    """What came of one check.

    Attributes:
        passed: None: it was not made here, for want of what it needs, or because it may be either.
        reason: why it fails, or why it was not made.
        fix: what to do about a failure.
        certificate: the one that it is about.
        failures: how many certificates fail it; each has to be put right.
    """

    check: Check
    passed: bool | None
    reason: str = ""
    fix: str = ""
    certificate: Certificate | None = None
    failures: int = 1


def check_all(presented: Presented, verifier: Verifier) -> tuple[CheckResult, ...]:
    """Make all checks of a verifier, in its order."""
    return tuple(check(presented, verifier) for check in _CHECKS)


def path_of(presented: Presented, verifier: Verifier) -> CertificationPath:
    """Return the path that the verifier has; where that has no root, the one that it will have once it trusts it."""
    own = _own_path(presented, verifier.view) if verifier.view else None
    if own is not None and own.complete:
        return own
    return build_path(presented.leaf, presented.owner.known_authorities, presented.time)


def _own_path(presented: Presented, view: NodeView) -> CertificationPath:
    return build_path(presented.leaf, Pool((*presented.chain, *view.trusted)), presented.time)


def _leaf_key(presented: Presented, _: Verifier) -> CheckResult:
    weak = _weak_key(presented.leaf)
    if weak is None:
        return CheckResult(check=Check.LEAF_KEY, passed=True)
    return CheckResult(check=Check.LEAF_KEY, passed=None, reason=_refused_by_level(weak))


def _trust(presented: Presented, verifier: Verifier) -> CheckResult:
    view = verifier.view
    if view is None or view.node.stores.trusted is None:
        return CheckResult(
            check=Check.TRUST, passed=None, reason=say("the verifier's trusted CA list is not at hand")
        )
    held = set(view.node.stores.trusted)
    path = _own_path(presented, view)
    if path.complete and path.top.sha256 in held:
        return CheckResult(check=Check.TRUST, passed=True)
    if not view.trusted_is_whole:
        return CheckResult(
            check=Check.TRUST, passed=None, reason=say("its trusted CA list could be read only in part")
        )
    if path.top.issuer_der is None:
        return CheckResult(check=Check.TRUST, passed=None, reason=say("the issuer cannot be read"))
    sent = {certificate.sha256 for certificate in presented.chain}
    whole = path_of(presented, verifier)
    wanted = [c for c in whole.certificates[1:] if c.sha256 not in held and (c.sha256 not in sent or c.self_issued)]
    names = [*(name_of(c) for c in wanted), *([whole.missing_issuer] if whole.missing_issuer else [])]
    lacking = both(names or [name_of(path.top)])
    return CheckResult(
        check=Check.TRUST,
        passed=False,
        reason=say("the trusted CA list of {node} lacks {lacking}", node=view.node.name, lacking=lacking),
        fix=say("append {lacking} to the trusted CA list of {node}", node=view.node.name, lacking=lacking),
        certificate=wanted[0] if wanted else None,
        failures=max(1, len(names)),
    )


def _purpose(presented: Presented, verifier: Verifier) -> CheckResult:
    asks = _asks_for_purpose(presented, verifier.view)
    path = path_of(presented, verifier)
    capability = client_capable(path) if presented.side is Side.CLIENT else server_capable(path)
    if asks is not True:
        return CheckResult(check=Check.PURPOSE, passed=None, reason=_not_asked(asks, verifier, capability))
    usage = "clientAuth" if presented.side is Side.CLIENT else "serverAuth"
    if capability.capable is False:
        return CheckResult(
            check=Check.PURPOSE,
            passed=False,
            reason=capability.reason,
            fix=say("replace the certificate by one whose whole path allows {usage}", usage=usage),
            certificate=capability.certificate,
        )
    no_authority = next((c for c in path.certificates[1:] if c.is_ca is False), None)
    if no_authority is not None:
        return CheckResult(
            check=Check.PURPOSE,
            passed=False,
            reason=say("{certificate} is no CA certificate and may issue none", certificate=name_of(no_authority)),
            fix=say("replace the certificate by one of a proper CA"),
            certificate=no_authority,
        )
    if capability.capable is None or not capability.whole:
        why = capability.reason if capability.capable is None else say("its path is not known up to the root")
        return CheckResult(check=Check.PURPOSE, passed=None, reason=why)
    return CheckResult(check=Check.PURPOSE, passed=True)


def _not_asked(asks: bool | None, verifier: Verifier, capability: Capability) -> str:
    why = (
        say("its extended key usage check is off")
        if asks is False
        else say("whether the verifier checks it is not known from what was given")
    )
    if verifier.is_edge and capability.capable is False:
        return say(
            "{why}; {reason}, and the SSH tunnels need it whatever the setting", why=why, reason=capability.reason
        )
    return why


def _asks_for_purpose(presented: Presented, view: NodeView | None) -> bool | None:
    """Whether the verifier checks extended key usage; of other products than Expressway nothing is predicted."""
    if view is None:
        return None
    if presented.side is Side.SERVER:
        return True
    mode = view.checking_mode_at(presented.time)
    if mode in {"On", "Off"}:
        return mode == "On"
    version = Version.parse(view.node.version)
    return True if version is not None and version < FIRST_WITH_TWO_STORES else None


def _strength(presented: Presented, verifier: Verifier) -> CheckResult:
    path = path_of(presented, verifier).certificates
    for certificate in path:
        weak = _weak_key(certificate) if certificate is not presented.leaf else None
        if weak is None and not certificate.self_issued:
            weak = _weak_signature(certificate)
        if weak is not None:
            return CheckResult(
                check=Check.STRENGTH, passed=None, reason=_refused_by_level(weak), certificate=certificate
            )
    return CheckResult(check=Check.STRENGTH, passed=True)


def _refused_by_level(weak: Words) -> Words:
    return say("{weak}, which OpenSSL's security level 2 refuses", weak=weak)


def _weak_key(certificate: Certificate) -> Words | None:
    least = LEAST_BITS.get(certificate.key_type or "")
    if least is None or certificate.key_bits is None or certificate.key_bits >= least:
        return None
    return say(
        "{certificate} has a key of only {bits} bits ({type})",
        certificate=name_of(certificate),
        bits=certificate.key_bits,
        type=certificate.key_type,
    )


def _weak_signature(certificate: Certificate) -> Words | None:
    algorithm = certificate.signature_algorithm or ""
    if not any(digest in algorithm.lower() for digest in WEAK_DIGESTS):
        return None
    return say("{certificate} is signed with {algorithm}", certificate=name_of(certificate), algorithm=algorithm)


def _revocation(_: Presented, verifier: Verifier) -> CheckResult:
    mode = verifier.view.setting(REVOCATION_CHECKING_MODE) if verifier.view else None
    if mode == "Off":
        return CheckResult(check=Check.REVOCATION, passed=True)
    return CheckResult(check=Check.REVOCATION, passed=None, reason=say("revocation lists are not in what was given"))


def _not_yet_valid(presented: Presented, verifier: Verifier) -> CheckResult:
    def words(certificate: Certificate, time: datetime) -> Words | None:
        begins = certificate.not_before
        if begins is None or begins <= time:
            return None
        return say("{certificate} was not valid before {day:%Y-%m-%d}", certificate=name_of(certificate), day=begins)

    return _dates(presented, verifier, Check.NOT_YET_VALID, words)


def _expired(presented: Presented, verifier: Verifier) -> CheckResult:
    def words(certificate: Certificate, time: datetime) -> Words | None:
        ends = certificate.not_after
        if ends is None or ends >= time:
            return None
        return say("{certificate} had expired on {day:%Y-%m-%d}", certificate=name_of(certificate), day=ends)

    return _dates(presented, verifier, Check.EXPIRED, words)


def _dates(
    presented: Presented,
    verifier: Verifier,
    check: Check,
    words: Callable[[Certificate, datetime], Words | None],
) -> CheckResult:
    """Look at all certificates of the path, the root first; which authorities a stranger has is not known."""
    time = presented.time
    if time is None:
        return CheckResult(check=check, passed=None, reason=say("the time of the handshake is not known"))
    certificates = path_of(presented, verifier).certificates if verifier.view else (presented.leaf,)
    wrong = [(c, found) for c in reversed(certificates) if (found := words(c, time))]
    if not wrong:
        return CheckResult(check=check, passed=True)
    return CheckResult(
        check=check,
        passed=False,
        reason=both((found for _, found in wrong)),
        fix=say("renew {certificates}", certificates=both((name_of(c) for c, _ in wrong))),
        certificate=wrong[-1][0],
        failures=len(wrong),
    )


def _name(presented: Presented, verifier: Verifier) -> CheckResult:
    zone = verifier.zone
    if zone is None or verifier.view is None:
        return CheckResult(check=Check.NAME, passed=None, reason=say("the verifier's zone is not in what was given"))
    if zone.tls_verify_mode != "On":
        mode = zone.tls_verify_mode or say("not in the dump")
        reason = say("TLS verify of zone {zone} is {mode}", zone=zone.name, mode=mode)
        return CheckResult(check=Check.NAME, passed=None, reason=reason)
    inbound = presented.side is Side.CLIENT
    wanted = _names_wanted(zone, inbound=inbound)
    if not wanted:
        reason = say("zone {zone} gives no name to compare with", zone=zone.name)
        return CheckResult(check=Check.NAME, passed=None, reason=reason)
    if any(_bears(presented.leaf, name) for name in wanted):
        return CheckResult(check=Check.NAME, passed=True)
    if "subject_alternative_names" in presented.leaf.unreadable:
        return CheckResult(check=Check.NAME, passed=None, reason=say("the names of the certificate cannot be read"))
    if any(_may_bear(presented.leaf, name) for name in wanted):
        reason = say("the name is only in the common name, or under a wildcard")
        return CheckResult(check=Check.NAME, passed=None, reason=reason)
    return _without_name(presented.leaf, zone, verifier.view.node.name, wanted)


def _without_name(leaf: Certificate, zone: Zone, node: str | None, wanted: list[str]) -> CheckResult:
    by_subject = wanted == [zone.tls_verify_subject]
    what = say("the TLS verify subject name") if by_subject else say("the peer address")
    return CheckResult(
        check=Check.NAME,
        passed=False,
        reason=say(
            "{what} of zone {zone} on {node}, {names}, is not among the names of the certificate ({borne})",
            what=what,
            zone=zone.name,
            node=node,
            names=either(wanted),
            borne=listed(leaf.subject_alternative_names[:6]) or say("none"),
        ),
        fix=say(
            "have it issued with {name} as a subject alternative name, or correct {what} of zone {zone}",
            name=wanted[0],
            what=what,
            zone=zone.name,
        ),
        certificate=leaf,
    )


def _names_wanted(zone: Zone, *, inbound: bool) -> list[str]:
    """Return the names that a zone's peer must bear one of.

    A caller that fits no DNS or Webex zone is not refused for it: its call falls into the Default Zone.
    """
    kind = zone.kind
    if inbound:
        wanted = [zone.tls_verify_subject] if kind == "traversalserver" else []
    elif kind in {"dns", "webex"}:
        wanted = [zone.tls_verify_subject]
    else:
        wanted = [peer.address for peer in zone.peers]
    return [name for name in wanted if name]


def _bears(leaf: Certificate, name: str) -> bool:
    names = {alternative.partition(":")[2].lower() for alternative in leaf.subject_alternative_names}
    return name.lower().rstrip(".") in names


def _may_bear(leaf: Certificate, name: str) -> bool:
    """Whether it depends on the release: a common name, or a wildcard, may do or not."""
    wanted = name.lower().rstrip(".")
    covering = f"*.{wanted.partition('.')[2]}"
    return covering in leaf.names or (leaf.common_name or "").lower() in {wanted, covering}


_CHECKS: Sequence[Callable[[Presented, Verifier], CheckResult]] = (
    _leaf_key,
    _trust,
    _purpose,
    _strength,
    _revocation,
    _not_yet_valid,
    _expired,
    _name,
)
