"""What a bundle holds that it should not, and lacks that it should hold: the limits of every other answer."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.evidence import MemberKind, Node
from analyzer.findings import Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.inventory import DUMP_KINDS, PEM_KINDS, fact, kinds_of, quote_member
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import NodeView
from analyzer.words import counted, say

NEW_LOG = Remedy(
    text=say(
        "Take a new diagnostic log, with the packet capture on, and do not reboot the Expressway while it runs."
    ),
    command="Maintenance > Diagnostics > Diagnostic logging",
    kind=RemedyKind.COLLECT,
)


def _in_archive(node: Node) -> bool:
    return any("/" in member.reference for member in node.members)


def private_key_present(view: NodeView) -> Iterator[Judgement]:
    """A private key is in the bundle: it was not kept, and should not be passed on."""
    for member in view.node.members:
        if member.private_keys:
            yield fact(
                member.reference,
                say(
                    "A private key is in this file. It is in no output of this program. Whoever has the file has the "
                    "key."
                ),
                severity=Severity.CRITICAL,
                remedy=(
                    Remedy(
                        text=say(
                            "Do not attach this bundle to a case. Treat the key as compromised: make a new key and "
                            "have the certificate issued again."
                        ),
                        command="Maintenance > Security > Server certificate > Generate CSR",
                        kind=RemedyKind.DURABLE,
                    ),
                ),
                evidence=(quote_member(member),),
                count=member.private_keys,
            )


def bundle_unsafe_archive(view: NodeView) -> Iterator[Judgement]:
    """Members that try to leave the archive or to exhaust the machine: skipped and named."""
    unsafe = [
        member
        for member in view.node.members
        if member.reason and member.reason.startswith(("unsafe", "limit reached", "overlap"))
    ]
    if unsafe:
        yield fact(
            ", ".join(sorted({member.reference.split("/", 1)[0] for member in unsafe})),
            counted(
                len(unsafe),
                "{count} member was skipped, or read only in part, because of looking made to do harm or being too "
                "large. The rest was analysed. Ask where this archive comes from.",
                "{count} members were skipped, or read only in part, because of looking made to do harm or being too "
                "large. The rest was analysed. Ask where this archive comes from.",
            ),
            severity=Severity.CRITICAL,
            evidence=tuple(quote_member(member) for member in unsafe[: quote.MOST]),
            count=len(unsafe),
        )


def bundle_incomplete_restart(view: NodeView) -> Iterator[Judgement]:
    """Only the log was collected: that is what a restart during logging leaves."""
    kinds = kinds_of(view.node) - {MemberKind.OTHER}
    if kinds == {MemberKind.SNAPSHOT} and _in_archive(view.node):
        yield fact(
            view.node.name or "",
            say(
                "The bundle holds the log alone. A restart or reboot while logging runs leaves nothing else: "
                "certificates, settings, states and packets are missing."
            ),
            severity=Severity.WARNING,
            remedy=(NEW_LOG,),
            evidence=tuple(quote_member(member) for member in view.node.members),
        )


def bundle_client_pem_missing(view: NodeView) -> Iterator[Judgement]:
    """No client_….pem: a finding from X15.5 on, normal before."""
    kinds = kinds_of(view.node)
    if MemberKind.CLIENT_PEM in kinds or not kinds & (PEM_KINDS | DUMP_KINDS):
        return
    expected = view.has_two_stores
    yield fact(
        view.node.name or "",
        say(
            "The bundle holds no client_….pem, though X15.5 has a client store: what it presents as a TLS client can't "
            "be compared."
        )
        if expected
        else say("The bundle holds no client_….pem: normal before X15.5, which has the first client store."),
        severity=Severity.WARNING if expected else Severity.INFO,
        remedy=(Remedy(text=Need.CLIENT_STORE.collect, kind=RemedyKind.COLLECT),) if expected else (),
        evidence=tuple(quote_member(m) for m in view.node.members if m.kind in PEM_KINDS | DUMP_KINDS),
    )


def bundle_no_pcap(view: NodeView) -> Iterator[Judgement]:
    """No capture: the option was not ticked."""
    kinds = kinds_of(view.node) - {MemberKind.OTHER}
    if kinds and MemberKind.CAPTURE not in kinds and kinds != {MemberKind.CERTIFICATE}:
        yield fact(
            view.node.name or "",
            say("The bundle holds no packet capture: what was presented on the wire is not to be seen."),
            remedy=(Remedy(text=Need.CAPTURE.collect, kind=RemedyKind.COLLECT),),
            evidence=tuple(quote_member(member) for member in view.node.members[: quote.MOST]),
        )


RULES = (
    Rule(
        id="private-key-present",
        title=say("A private key is in the bundle"),
        meaning="Said when a file of the bundle holds a private key. This program keeps it out of all it writes, "
        "but whoever has the bundle has the key: do not attach it to a case, and replace key and "
        "certificate.",
        severity=Severity.CRITICAL,
        judge=private_key_present,
        sources=("I",),
    ),
    Rule(
        id="bundle-unsafe-archive",
        title=say("The archive holds unsafe members"),
        meaning="Said when members of an archive try to leave it or would exhaust the machine. They are skipped, or "
        "read in part, and named; the rest is analysed. A bundle from an Expressway has no such members: "
        "ask where it comes from.",
        severity=Severity.CRITICAL,
        judge=bundle_unsafe_archive,
        sources=("I",),
    ),
    Rule(
        id="bundle-incomplete-restart",
        title=say("Only the log was collected: a restart while logging"),
        meaning="Said when an archive holds the log alone. A restart or reboot while logging runs leaves nothing "
        "else, so that certificates, settings, states and packets are missing from every other answer.",
        severity=Severity.WARNING,
        judge=bundle_incomplete_restart,
        sources=("AG",),
    ),
    Rule(
        id="bundle-client-pem-missing",
        title=say("No client certificate in the bundle"),
        meaning="Said when a bundle has other certificates or dumps but no client_….pem. Before X15.5 that is "
        "normal; from X15.5 on, what the node presents as a TLS client can't be compared with its store.",
        severity=Severity.WARNING,
        judge=bundle_client_pem_missing,
        needs=(Need.VERSION,),
        sources=("AG", "S"),
    ),
    Rule(
        id="bundle-no-pcap",
        title=say("No packet capture in the bundle"),
        meaning="Said when a bundle holds no packet capture: the option was not ticked when logging was started. "
        "What was presented on the wire is then not to be seen, and the log has to answer.",
        severity=Severity.INFO,
        judge=bundle_no_pcap,
        sources=("AG",),
    ),
)
