"""What clients of mobile and remote access find in the Edge's server certificate: their domain, and who issued it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.correlate.name_match import plain_name
from analyzer.evidence import Certificate, CertificateOrigin, NodeRole, Side
from analyzer.facts.services import services
from analyzer.findings import Confidence, Evidence, EvidenceKind, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.authorities import name_of
from analyzer.rules.certificate_names import lacks, missing_names
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import NodeView
from analyzer.rules.wording import ORIGINS, store_name
from analyzer.words import both, listed, say, sentences

_CLIENTS_COME_TO = frozenset({"mra-https", "xmpp-clients"})
"""Services of an Edge that clients of mobile and remote access use, and nobody else."""


def san_missing_mra_domain(view: NodeView) -> Iterator[Judgement]:
    """The Edge's server certificate names no domain that clients sign in with."""
    leaf = view.server_leaf
    missing = [] if leaf is None else _domains_not_named(view, leaf)
    if leaf is None or not missing:
        return
    refused = clients_refuse(view)
    yield missing_names(
        view,
        leaf,
        Side.SERVER,
        missing,
        sentences(
            (
                say(
                    "Clients that sign in with a user of {domains} look for that domain, or for collab-edge. before it, in "
                    "the Edge's certificate. Jabber asks its user to accept the certificate otherwise.",
                    domains=listed(missing[: quote.MOST]),
                ),
                say("In the capture such clients refused the certificate.") if refused else "",
            )
        ),
        severity=Severity.WARNING if refused else Severity.INFO,
        evidence=(_quote_domains(view, missing),),
    )


def _domains_not_named(view: NodeView, leaf: Certificate) -> list[str]:
    if view.is_without_remote_access:
        return []
    domains = [domain for domain in view.service_domains if plain_name(domain)]
    return [one for one in domains if lacks(leaf, one) and lacks(leaf, f"collab-edge.{plain_name(one)}")]


def clients_refuse(view: NodeView) -> bool:
    """Whether a client of mobile and remote access refused this Edge's certificate in the capture."""
    ports = {service.first for service in services(view.facts) if service.id in _CLIENTS_COME_TO}
    return any(
        c.local_role is Side.SERVER and c.handshake.server.port in ports and c.refused_by is Side.CLIENT
        for c in view.connections
    )


def _quote_domains(view: NodeView, domains: Sequence[str]) -> Evidence:
    source = view if set(view.node.domains) & set(domains) else next(iter(view.partners), view)
    file = next((m.reference for m in source.node.members if m.kind in {"xconf_xml", "xconf_text"}), None)
    text = say("domains with Unified Communications services: {domains}", domains=listed(domains[: quote.MOST]))
    return Evidence(kind=EvidenceKind.SETTING, file=file, locator="SIP Domains", text=text)


def mra_client_name_or_ca_prompt(view: NodeView) -> Iterator[Judgement]:
    """Clients of mobile and remote access are asked to accept the Edge's certificate (seed condition 3b)."""
    leaf = view.server_leaf
    in_use = view.service_domains or any(zone.unified_communications for zone in view.traversal_zones)
    if leaf is None or not in_use or view.is_without_remote_access:
        return
    known = view.case.origins.get(leaf.sha256)
    origin = known.origin if known else CertificateOrigin.UNKNOWN
    unnamed = _domains_not_named(view, leaf) if clients_refuse(view) else []
    nobody_trusts = origin in {CertificateOrigin.SELF_SIGNED, CertificateOrigin.DEFAULT}
    reasons = [say("it comes from no authority ({origin})", origin=ORIGINS[origin])] if nobody_trusts else []
    reasons += [say("it comes from a private authority")] if origin is CertificateOrigin.PRIVATE else []
    reasons += [say("it does not name {domains}", domains=listed(unnamed[: quote.MOST]))] if unnamed else []
    if not reasons:
        return
    yield Judgement(
        severity=Severity.WARNING if nobody_trusts else Severity.INFO,
        confidence=Confidence.STRONG,
        subject=name_of(leaf),
        explanation=say(
            "Clients of mobile and remote access meet the Edge's server certificate, and {reasons}. Jabber asks its user to "
            "accept it, unless the device was taught to trust it; phones with a fixed list of authorities refuse it.",
            reasons=both(reasons),
        ),
        remedy=(
            Remedy(
                text=say(
                    "Use a public CA for the Edge's server certificate, with the domains as subject alternative names."
                ),
                command="Maintenance > Security > Server certificate > Generate CSR",
                kind=RemedyKind.DURABLE,
            ),
        ),
        evidence=(
            quote.quote_certificate(leaf, quote.store_file(view.node, "server"), store_name(view, "server")),
            quote.quote_names(leaf, quote.store_file(view.node, "server"), store_name(view, "server")),
        ),
    )


RULES = (
    Rule(
        id="san-missing-mra-domain",
        title=say("A domain of mobile and remote access is not in the Edge's certificate"),
        severity=Severity.WARNING,
        judge=san_missing_mra_domain,
        needs=(Need.SERVER_STORE, Need.DOMAINS),
        roles=(NodeRole.EDGE,),
        sources=("CG", "T1"),
        meaning="The Edge's server certificate names a domain that clients sign in with in neither of the two forms that they "
        "accept. Jabber then asks its user. A warning where a capture shows clients that refuse the certificate.",
    ),
    Rule(
        id="mra-client-name-or-ca-prompt",
        title=say("Clients of mobile and remote access are asked to accept the certificate"),
        severity=Severity.WARNING,
        judge=mra_client_name_or_ca_prompt,
        needs=(Need.SERVER_STORE, (Need.CONFIGURATION, Need.ZONES)),
        roles=(NodeRole.EDGE,),
        sources=("S", "T1", "MRA"),
        meaning="The Edge's server certificate comes from an authority that clients do not know by themselves, or does not "
        "name their domain.",
    ),
)
