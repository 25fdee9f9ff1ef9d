"""What the rules about the inputs themselves share: kinds of files, a file quoted, a fact as a judgement."""

from __future__ import annotations

from analyzer.evidence import Member, MemberKind, Node, ReadState
from analyzer.findings import Confidence, Evidence, EvidenceKind, Remedy, Severity
from analyzer.rules.rule import Judgement
from analyzer.words import Words, say

PEM_KINDS = frozenset({MemberKind.SERVER_PEM, MemberKind.CLIENT_PEM, MemberKind.CA_PEM, MemberKind.CERTIFICATE})
DUMP_KINDS = frozenset({MemberKind.XCONF_XML, MemberKind.XCONF_TEXT, MemberKind.XSTAT_XML, MemberKind.XSTAT_TEXT})

_READ = {ReadState.WHOLE: say("read whole"), ReadState.PART: say("read part"), ReadState.NOT: say("read not")}


def fact(
    subject: str,
    explanation: Words,
    *,
    severity: Severity = Severity.INFO,
    remedy: tuple[Remedy, ...] = (),
    evidence: tuple[Evidence, ...] = (),
    count: int = 1,
) -> Judgement:
    """Return the judgement of what is in a bundle: that is a fact, so all these are proven."""
    return Judgement(
        severity=severity,
        confidence=Confidence.PROVEN,
        subject=subject,
        explanation=explanation,
        remedy=remedy,
        evidence=evidence,
        count=count,
    )


def quote_member(member: Member) -> Evidence:
    """Quote a file of the bundle: its kind, size, and how far it was read."""
    size = say("size unknown") if member.size is None else say("{size} bytes", size=member.size)
    text = say(
        "{file}: {kind}, {size}, {read}", file=member.name, kind=member.kind, size=size, read=_READ[member.read]
    )
    return Evidence(
        kind=EvidenceKind.STATUS,
        file=member.reference,
        locator=member.kind,
        text=say("{text} ({reason})", text=text, reason=member.reason) if member.reason else text,
    )


def kinds_of(node: Node) -> frozenset[MemberKind]:
    """Return the kinds of files that a node's bundle holds."""
    return frozenset(member.kind for member in node.members)
