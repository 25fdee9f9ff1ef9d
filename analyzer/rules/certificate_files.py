"""Certificate files that are not made as they should be, and a key that could not be loaded."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from analyzer.evidence import Certificate
from analyzer.facts.certificates import key_load_failures
from analyzer.findings import Confidence, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.inventory import fact
from analyzer.rules.log_lines import saying
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import NOBODY, NodeView
from analyzer.rules.wording import ROLES
from analyzer.words import Words, say


def pem_multiple_leaves(view: NodeView) -> Iterator[Judgement]:
    """More than one certificate that is no authority in a store's file: which one is served is not certain."""
    for kind, ids in (("server", view.node.stores.server), ("client", view.node.stores.client)):
        held = view.certificates(ids or ())
        if not held:
            continue
        above = {certificate.sha256 for certificate in view.path(held[0]).certificates[1:]}
        leaves = [c for c in held if c.is_ca is not True and c.sha256 not in above]
        if len(leaves) < 2:
            continue
        file = quote.store_file(view.node, kind)
        others = [c for leaf in leaves[1:] for c in view.connections_by_own_leaf.get(leaf.sha256, ())]
        store = say("{store} store", store=ROLES[kind])
        judgement = fact(
            store,
            say(
                "The file of the {store} holds {number} certificates that are no authorities. Expressway takes the first, "
                "and so does this report; the others may be left over from a renewal. {names}",
                store=store,
                number=len(leaves),
                names=_same_name(leaves),
            ),
            severity=Severity.WARNING,
            remedy=(
                Remedy(
                    text=say(
                        "Upload a file that holds the node's own certificate once, and below it its intermediates alone."
                    ),
                    command=f"Maintenance > Security > {kind.capitalize()} certificate",
                    kind=RemedyKind.DURABLE,
                ),
            ),
            evidence=tuple(quote.quote_certificate(c, file, store) for c in leaves[: quote.MOST]),
            count=len(leaves),
        )
        yield replace(judgement, connections=tuple(others), about=() if others else (NOBODY,))


def _same_name(leaves: list[Certificate]) -> Words:
    names = {leaf.common_name for leaf in leaves}
    return say("All bear one common name.") if len(names) == 1 else say("They bear different common names.")


def key_file_newline(view: NodeView) -> Iterator[Judgement]:
    """The log says in OpenSSL's words that a private key could not be loaded."""
    events = saying(view.log.others, *key_load_failures(view.facts))
    if not events:
        return
    first, last = quote.span(event.record.time for event in events)
    yield Judgement(
        severity=Severity.WARNING,
        confidence=Confidence.INFERRED,
        subject=view.node.name or "",
        explanation=say(
            "The log has words by which OpenSSL says that a PEM file could not be read: {line}. A private key that was made "
            "elsewhere and has no line feed at its end is known to break mobile and remote access; joined with a certificate "
            "it gives these very words. No document says what Expressway logs in that case.",
            line=events[0].record.detail,
        ),
        remedy=(
            Remedy(
                text=say(
                    "See that the key file ends with a line feed after its END line, and upload key and certificate again."
                ),
                command="Maintenance > Security > Server certificate (or Client certificate)",
                kind=RemedyKind.DURABLE,
            ),
        ),
        evidence=quote.quote_events(events),
        count=len(events),
        first=first,
        last=last,
        about=(NOBODY,),
    )


RULES = (
    Rule(
        id="pem-multiple-leaves",
        title=say("A store's file holds several certificates of its own"),
        severity=Severity.WARNING,
        judge=pem_multiple_leaves,
        needs=((Need.SERVER_STORE, Need.CLIENT_STORE),),
        sources=("M", "I"),
        meaning="A server_….pem or client_….pem holds more than one certificate that is no authority. Which one the node serves "
        "is then not certain; this report takes the first.",
    ),
    Rule(
        id="key-file-newline",
        title=say("A private key could not be loaded"),
        severity=Severity.WARNING,
        judge=key_file_newline,
        needs=(Need.LOG,),
        sources=("CG0", "M"),
        meaning="The log has words by which OpenSSL says that a PEM file could not be read, as for a key file without a line "
        "feed at its end. Which words Expressway uses is not known: the words are facts (`key_load_failure`) and can be added to.",
    ),
)
