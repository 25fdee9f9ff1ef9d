"""What stands in the trusted CA list and does not belong there: two certificates of one name, and no authorities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from analyzer.evidence import Certificate, Connection, Outcome
from analyzer.findings import Confidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.authorities import TRUSTED_CA, name_of
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import FAMILIAR, NOBODY, NodeView
from analyzer.words import Words, listed, say, sentences


def is_end_entity(certificate: Certificate) -> bool:
    """Whether a certificate is a host's. Authorities of before 1999 have no basicConstraints, and no host's marks."""
    if certificate.is_ca is None:
        marks = certificate.extended_key_usage or certificate.subject_alternative_names
        return bool(marks) and "is_ca" not in certificate.unreadable
    return certificate.is_ca is False


def _is_self_signed_host(certificate: Certificate) -> bool:
    """Whether it is a server's certificate that is its own issuer; CUCM's call themselves authorities at times."""
    names_hosts = bool(certificate.extended_key_usage and certificate.subject_alternative_names)
    return certificate.self_issued and (is_end_entity(certificate) or names_hosts)


def trust_duplicate_cn(view: NodeView) -> Iterator[Judgement]:
    """Equal names with different keys: Expressway stops at the first (rules-amendments A16)."""
    told: set[str] = set()
    refused = _refused_by_name(view)
    for certificate in view.trusted:
        if certificate.sha256 in told:
            continue
        twins = view.trusted.named(certificate.subject_der)
        told.update(twin.sha256 for twin in twins)
        hosts = [twin for twin in twins if _is_self_signed_host(twin)]
        if _have_several_keys(hosts):
            held = say(
                "The trusted CA list holds {count} self-signed certificates of hosts with one name and different keys.",
                count=len(hosts),
            )
            yield _duplicate(view, hosts, held, refused)
        elif _have_several_keys(twins) and not _are_told_apart(twins):
            held = say(
                "The trusted CA list holds {count} authorities without key identifiers that tell them apart with one name "
                "and different keys.",
                count=len(twins),
            )
            yield _duplicate(view, twins, held, refused)


def _have_several_keys(certificates: Sequence[Certificate]) -> bool:
    """One key under two certificates is a renewal, or a cross-certificate: either of them verifies the same."""
    return len({c.public_key_sha256 for c in certificates if c.public_key_sha256}) > 1


def _are_told_apart(certificates: Sequence[Certificate]) -> bool:
    """Whether every key has an identifier of its own, as after the rollover of an authority's key."""
    identifiers = {c.public_key_sha256: c.subject_key_identifier for c in certificates}
    return None not in identifiers.values() and len(set(identifiers.values())) == len(identifiers)


def _duplicate(
    view: NodeView,
    twins: Sequence[Certificate],
    held: Words,
    refused_by_name: Mapping[bytes | None, list[Connection]],
) -> Judgement:
    refused = refused_by_name.get(twins[0].subject_der, [])
    first, last = quote.span(connection.handshake.started for connection in refused)
    file = quote.store_file(view.node, "ca")
    peers = sorted({connection.peer.name for connection in refused})
    return Judgement(
        severity=Severity.WARNING,
        confidence=Confidence.INFERRED if refused else Confidence.PROVEN,
        subject=name_of(twins[0]),
        explanation=sentences(
            (
                held,
                say(
                    "Expressway stops at the first that matches: TLS verify towards that host, or secure SIP with it, can "
                    "fail (CUCM's Tomcat and CallManager certificates are the usual pair)."
                ),
                say("It refused {peers}, whose chain bears this name.", peers=listed(peers[:6])) if peers else "",
            )
        ),
        remedy=(
            Remedy(
                text=say(
                    "Have the host's certificates signed by a CA and trust that, or keep the one that it uses now. Then "
                    "check the next handshake."
                ),
                command=TRUSTED_CA,
                kind=RemedyKind.DURABLE,
                at=None,
            ),
        ),
        evidence=(
            *(quote.quote_certificate(twin, file, say("one of the name")) for twin in twins[: quote.MOST]),
            *(quote.quote_alert(c, a) for c in refused[: quote.MOST] for a in c.handshake.alerts),
        ),
        count=len(twins),
        first=first,
        last=last,
        connections=tuple(refused),
        about=() if refused else (NOBODY,),
    )


def _refused_by_name(view: NodeView) -> Mapping[bytes | None, list[Connection]]:
    """Return the connections in which this node refused a familiar peer, by each name that the peer's chain bears."""
    found: dict[bytes | None, list[Connection]] = defaultdict(list)
    for connection in view.connections:
        shown = connection.peer_certificate
        refused = connection.outcome is Outcome.REFUSED and connection.refused_by is connection.local_role
        if shown is not None and refused and connection.peer.kind in FAMILIAR:
            chain = view.certificates(shown.chain)
            for name in {name for c in chain for name in (c.subject_der, c.issuer_der)}:
                found[name].append(connection)
    return found


def trust_contains_leaf(view: NodeView) -> Iterator[Judgement]:
    """Certificates of hosts in the list: context."""
    hosts = [certificate for certificate in view.trusted if is_end_entity(certificate)]
    if hosts:
        file = quote.store_file(view.node, "ca")
        yield Judgement(
            severity=Severity.INFO,
            confidence=Confidence.PROVEN,
            subject=say("trusted CA list"),
            explanation=say(
                "{count} certificates in the list are no authorities but hosts' own, as self-signed certificates of CUCM "
                "are when they are imported. Each has to be exchanged whenever its host renews it.",
                count=len(hosts),
            ),
            evidence=tuple(quote.quote_certificate(c, file, say("a host's")) for c in hosts[: quote.MOST]),
            count=len(hosts),
        )


RULES = (
    Rule(
        id="trust-duplicate-cn",
        title=say("Two certificates of one name in the trusted CA list"),
        severity=Severity.WARNING,
        judge=trust_duplicate_cn,
        needs=(Need.TRUSTED_LIST,),
        sources=("MRA", "CG", "T2"),
        meaning="The list holds self-signed host certificates of one name with different keys, or authorities of one name "
        "without key identifiers that tell them apart. Expressway stops at the first. An authority's key rollover is normal "
        "and is not told.",
    ),
    Rule(
        id="trust-contains-leaf",
        title=say("The trusted CA list holds certificates of hosts"),
        severity=Severity.INFO,
        judge=trust_contains_leaf,
        needs=(Need.TRUSTED_LIST,),
        sources=("MRA",),
        meaning="The list holds certificates that are no authorities, such as self-signed ones of CUCM. It works until the host "
        "renews its certificate.",
        is_context=True,
    ),
)
