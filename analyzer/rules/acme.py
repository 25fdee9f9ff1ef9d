"""Automatic renewal (ACME): it fails, or it brings a certificate that will not do as a client's.

The Expressway-E's own ACME client orders from Let's Encrypt, in the classic profile only (Cisco 225482, FN74362).
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.correlate.purpose import ExtendedKeyUsageClass, eku_class
from analyzer.facts.alarms import AlarmTopic
from analyzer.facts.dates import acme_default
from analyzer.findings import Confidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.renewal import named, sources_of
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import NodeView
from analyzer.rules.wording import ROLES, store_name
from analyzer.words import listed, say, sentences

_PAGE = "Maintenance > Security > Server certificate"


def acme_failure(view: NodeView) -> Iterator[Judgement]:
    """An alarm says that a certificate could not be signed or deployed automatically."""
    raised = view.raised(AlarmTopic.ACME)
    if not raised:
        return
    leaf = view.server_leaf
    alarms = listed(say("alarm {id}", id=alarm.id) for alarm in raised)
    failure = say(
        "The automatic renewal of the certificate failed, in signing or in deployment ({alarms}).", alarms=alarms
    )
    until = (
        say("The one in the {store} lasts until {day}.", store=store_name(view, "server"), day=leaf.not_after.date())
        if leaf and leaf.not_after
        else ""
    )
    file = quote.store_file(view.node, "server")
    yield Judgement(
        severity=Severity.WARNING,
        confidence=Confidence.PROVEN,
        subject="ACME",
        explanation=sentences((failure, until)),
        remedy=(
            Remedy(
                text=say(
                    "Check that the CA reaches this Expressway over HTTP on port 80 under every name of the certificate, "
                    "and that this Expressway reaches the CA; then renew by hand before the certificate ends."
                ),
                command=_PAGE,
                kind=RemedyKind.DURABLE,
            ),
        ),
        evidence=(
            *(row for alarm in raised for row in quote.quote_alarm(alarm)),
            *((quote.quote_certificate(leaf, file, store_name(view, "server")),) if leaf else ()),
        ),
        count=len(raised),
    )


def acme_will_drop_clientauth(view: NodeView) -> Iterator[Judgement]:
    """What is presented as a client is from the CA of ACME, whose only profile here has no clientAuth any more."""
    leaf = view.leaf_as_client
    default = acme_default(leaf.issuer, view.facts) if leaf else None
    if leaf is None or default is None:
        return
    kind = "client" if view.has_two_stores else "server"
    store = say("{store} store", store=ROLES[kind])
    issued = leaf.not_before.date() if leaf.not_before else None
    why = say(
        "that client orders the classic profile only, which has no clientAuth since {day} ({documents}). That it was "
        "ordered so is inferred from its issuer.",
        day=default.effective_on,
        documents=named(default, view.facts),
    )
    carries = eku_class(leaf) in {ExtendedKeyUsageClass.BOTH, ExtendedKeyUsageClass.CLIENT_ONLY}
    if carries:
        explanation = say(
            "The certificate for the TLS client by the store rule ({store}) is from the CA that the Expressway's own ACME "
            "client orders from, and has clientAuth. If it is renewed automatically, its successor will not: {why}",
            store=store,
            why=why,
        )
    elif eku_class(leaf) is ExtendedKeyUsageClass.SERVER_ONLY and issued and issued >= default.effective_on:
        explanation = say(
            "The certificate for the TLS client by the store rule ({store}) is from the CA that the Expressway's own ACME "
            "client orders from, and was issued on {issued}, without clientAuth; every automatic renewal will come "
            "without: {why}",
            store=store,
            issued=issued,
            why=why,
        )
    else:
        return
    yield Judgement(
        severity=Severity.WARNING,
        confidence=Confidence.INFERRED,
        subject=leaf.common_name or leaf.sha256[:16],
        explanation=explanation,
        due=leaf.not_after.date() if carries and leaf.not_after else None,
        remedy=(
            Remedy(
                text=say(
                    "Switch the automatic signing off before it overwrites a certificate with clientAuth, and order what is "
                    "presented as a client from another CA."
                ),
                command=f"{_PAGE} (ACME)",
                kind=RemedyKind.DURABLE,
            ),
        ),
        evidence=(quote.quote_certificate(leaf, quote.store_file(view.node, kind), store),),
        sources=sources_of((default,)),
    )


RULES = (
    Rule(
        id="acme-failure",
        title=say("The automatic renewal of the certificate failed"),
        severity=Severity.WARNING,
        judge=acme_failure,
        needs=((Need.STATUS, Need.LOG),),
        sources=("AR", "CG0-ACME"),
        meaning="One of the ACME alarms is raised: the certificate was not signed or not deployed automatically, and will end.",
    ),
    Rule(
        id="acme-will-drop-clientauth",
        title=say("Automatic renewal brings certificates without clientAuth"),
        severity=Severity.WARNING,
        judge=acme_will_drop_clientauth,
        needs=((Need.SERVER_STORE, Need.CLIENT_STORE), Need.VERSION),
        sources=("P", "FN", "AR"),
        meaning="What this node presents as a TLS client is from Let's Encrypt. The Expressway's own ACME client orders a profile "
        "that has no clientAuth since 2026-02-11, so an automatic renewal takes it away.",
    ),
)
