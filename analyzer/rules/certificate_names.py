"""Names that somebody looks for in a certificate of this node, and that its subjectAltName lacks.

Each name is looked for in the certificate of the role that is presented there (rules-amendments A10): federated
servers meet the server store, Unified CM and the Edge a Core's client store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from analyzer.correlate.name_match import NameMatch, is_ip, match_name, plain_name
from analyzer.evidence import Certificate, ConfiguredName, NodeRole, Side
from analyzer.findings import Confidence, Evidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.authorities import name_of
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import NodeView
from analyzer.rules.wording import store_name
from analyzer.words import Words, counted, listed, say, sentences

LACKING = frozenset({NameMatch.NONE, NameMatch.COMMON_NAME})


def lacks(leaf: Certificate, name: str) -> bool:
    """Whether a certificate's subjectAltName was read and lacks a name."""
    return match_name(name, leaf) in LACKING


def san_missing_xmpp_domain(view: NodeView) -> Iterator[Judgement]:
    """The Edge's server certificate lacks a domain of XMPP federation."""
    yield from _names_not_in(
        view,
        Side.SERVER,
        view.federation_domains or (),
        lambda names: say(
            "{names} take part in XMPP federation: federated servers look for them in the Edge's certificate.",
            names=names,
        ),
    )


def san_missing_chat_alias(view: NodeView) -> Iterator[Judgement]:
    """The server certificate lacks a chat node alias."""
    yield from _names_not_in(
        view,
        Side.SERVER,
        view.chat_aliases or (),
        lambda names: say(
            "{names} are chat node aliases of the IM and Presence nodes: federated group chat needs them in the "
            "certificates of Core and Edge.",
            names=names,
        ),
    )


def san_missing_phone_security_profile(view: NodeView) -> Iterator[Judgement]:
    """The certificate that a Core presents to Unified CM lacks the name of a phone security profile."""
    profiles = view.node.needed_names.phone_security_profiles or ()
    yield from _names_not_in(
        view,
        Side.CLIENT,
        [profile for profile in profiles if is_domain_name(profile.name)],
        lambda names: say(
            "{names} are phone security profiles of Unified CM: it looks for them in the certificate that the Core "
            "presents for encrypted phones.",
            names=names,
        ),
    )


def is_domain_name(name: str) -> bool:
    """Whether a profile's name is a fully qualified domain name, as one for encrypted phones must be (since X12.6)."""
    return "." in name and " " not in name.strip() and not is_ip(name)


def san_missing_cluster_name(view: NodeView) -> Iterator[Judgement]:
    """The certificate that a clustered Core presents as TLS client lacks the cluster's name."""
    name = cluster_name(view)
    if name is None:
        return
    yield from _names_not_in(
        view,
        Side.CLIENT,
        [ConfiguredName(name=name, source=_configuration_of(view))],
        lambda names: say(
            "{name} is the name of the Core's cluster: the Edge's TLS verify subject name, and peers that know the "
            "cluster by it, look for it in every peer's certificate.",
            name=names,
        ),
    )


def cluster_name(view: NodeView) -> str | None:
    """Return the name of the cluster that a node shares with others, if it is a domain name."""
    cluster = view.node.cluster
    if cluster is None or not cluster.name or not is_domain_name(cluster.name):
        return None
    own = {plain_name(name) for name in (*view.node.addresses, *view.node.host_names)}
    return cluster.name if any(plain_name(peer) not in own for peer in cluster.peers) else None


def _configuration_of(view: NodeView) -> str:
    file = next((m.reference for m in view.node.members if m.kind in {"xconf_xml", "xconf_text"}), "xconf_dump")
    return f"{file}: Alternates Cluster Name"


def _names_not_in(
    view: NodeView, role: Side, names: Iterable[ConfiguredName], words: Callable[[str], Words]
) -> Iterator[Judgement]:
    """Yield one judgement about all names that the certificate of a role lacks."""
    leaf = view.expected_leaf(role)
    missing = [] if leaf is None else [one for one in names if lacks(leaf, one.name)]
    if leaf is not None and missing:
        said = [one.name for one in missing]
        yield missing_names(
            view, leaf, role, said, words(listed(said[: quote.MOST])),
            severity=Severity.WARNING, evidence=tuple(quote.quote_configured_name(one) for one in missing[: quote.MOST]),
        )  # fmt: skip


def missing_names(
    view: NodeView,
    leaf: Certificate,
    role: Side,
    missing: Sequence[str],
    explanation: str,
    *,
    severity: Severity,
    evidence: tuple[Evidence, ...],
) -> Judgement:
    """Return the judgement about names that the certificate of a role lacks."""
    kind = view.expected_store(role)
    file = quote.store_file(view.node, kind)
    store = store_name(view, kind)
    lacking = counted(
        len(missing),
        "The certificate in the {store} does not have it.",
        "The certificate in the {store} does not have them.",
        store=store,
    )
    return Judgement(
        severity=severity,
        confidence=Confidence.PROVEN,
        subject=name_of(leaf),
        explanation=sentences((explanation, lacking)),
        remedy=(
            Remedy(
                text=say(
                    "Have the certificate of the {store} issued with {names} among its subject alternative names.",
                    store=store,
                    names=listed(f"DNS:{one}" for one in missing[: quote.MOST]),
                ),
                command=f"Maintenance > Security > {kind.capitalize()} certificate > Generate CSR",
                kind=RemedyKind.DURABLE,
            ),
        ),
        evidence=(quote.quote_names(leaf, file, store), *evidence),
        count=len(missing),
    )


_CLIENT_LEAF = (Need.VERSION, (Need.CLIENT_STORE, Need.SERVER_STORE), (Need.CONFIGURATION, Need.STATUS))

RULES = (
    Rule(
        id="san-missing-cluster-name",
        title=say("The cluster's name is not in the certificate"),
        severity=Severity.WARNING,
        judge=san_missing_cluster_name,
        needs=_CLIENT_LEAF,
        roles=(NodeRole.CORE,),
        sources=("CG", "T1"),
        meaning="A clustered Core presents a certificate without the cluster's name, by which the Edge and others know it.",
    ),
    Rule(
        id="san-missing-xmpp-domain",
        title=say("A domain of XMPP federation is not in the Edge's certificate"),
        severity=Severity.WARNING,
        judge=san_missing_xmpp_domain,
        needs=(Need.SERVER_STORE, Need.FEDERATION_DOMAINS),
        roles=(NodeRole.EDGE,),
        sources=("CG",),
        meaning="The Edge's server certificate lacks a domain that takes part in XMPP federation.",
    ),
    Rule(
        id="san-missing-chat-alias",
        title=say("A chat node alias is not in the certificate"),
        severity=Severity.WARNING,
        judge=san_missing_chat_alias,
        needs=(Need.SERVER_STORE, Need.CHAT_ALIASES),
        roles=(NodeRole.CORE, NodeRole.EDGE),
        sources=("CG",),
        meaning="The server certificate lacks a chat node alias, which federated group chat needs on Core and Edge.",
    ),
    Rule(
        id="san-missing-phone-security-profile",
        title=say("A phone security profile is not in the Core's certificate"),
        severity=Severity.WARNING,
        judge=san_missing_phone_security_profile,
        needs=(*_CLIENT_LEAF, Need.PHONE_SECURITY_PROFILES),
        roles=(NodeRole.CORE,),
        sources=("CG",),
        meaning="The certificate that the Core presents to Unified CM (its client store's since X15.5) lacks the name of a "
        "phone security profile. Profiles whose name is no domain name are left out: encrypted phones need one that is.",
    ),
)
