"""Files that are there but not whole, or that belong to another host: what they do not show may still have been."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from analyzer.evidence import CaptureFile, MemberKind, ReadState
from analyzer.findings import Evidence, EvidenceKind, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.inventory import DUMP_KINDS, PEM_KINDS, fact, kinds_of, quote_member
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import NodeView
from analyzer.text import person_utc
from analyzer.words import itemized, listed, say


def bundle_pcap_gap(view: NodeView) -> Iterator[Judgement]:
    """Rotated capture files are missing, or older ones were overwritten."""
    by_interface: dict[str, list[CaptureFile]] = defaultdict(list)
    for capture in view.node.captures:
        if capture.interface is not None and capture.sequence is not None and capture.first is not None:
            by_interface[capture.interface].append(capture)
    for interface, captures in sorted(by_interface.items()):
        ordered = sorted(captures, key=_first_packet)
        numbers = [capture.sequence for capture in ordered if capture.sequence is not None]
        missing = sorted(set(range(min(numbers), max(numbers) + 1)) - set(numbers))
        wrapped = numbers[0] != min(numbers)
        if not missing and not wrapped and numbers[0] == 0:
            continue
        said = [
            say("numbers {numbers} are missing", numbers=listed(f"{number:02}" for number in missing))
            if missing
            else "",
            say("the numbering has wrapped: older files were overwritten") if wrapped else "",
            say("the first file is number {number:02}", number=numbers[0]) if not wrapped and numbers[0] else "",
        ]
        yield fact(
            interface,
            say(
                "The capture files of {interface} are not whole: {said}. What is not in the capture may have happened "
                "all the same.",
                interface=interface,
                said=itemized(said),
            ),
            severity=Severity.WARNING,
            remedy=(
                Remedy(
                    text=say(
                        "Capture again with a filter on the peer's address, so that the files do not roll over."
                    ),
                    command="Maintenance > Diagnostics > Diagnostic logging",
                    kind=RemedyKind.COLLECT,
                ),
            ),
            evidence=tuple(
                Evidence(
                    kind=EvidenceKind.STATUS,
                    file=capture.name,
                    locator=say("number {number:02}", number=capture.sequence),
                    text=say(
                        "{time}, {packets} packets", time=person_utc(_first_packet(capture)), packets=capture.packets
                    ),
                )
                for capture in ordered[: quote.MOST]
            ),
        )


def _first_packet(capture: CaptureFile) -> datetime:
    if capture.first is None:
        raise ValueError("a capture without packets has no first one")
    return capture.first


def bundle_mixed_hosts(view: NodeView) -> Iterator[Judgement]:
    """An archive that holds a fragment of another host's bundle."""
    home = {member.reference.split("/", 1)[0] for member in view.node.members if "/" in member.reference}
    kinds = kinds_of(view.node)
    beside = [
        other.node.name or say("another host")
        for other in view.others
        if other.node.host != view.node.host
        and home & {member.reference.split("/", 1)[0] for member in other.node.members if "/" in member.reference}
    ]
    if not beside or kinds & (DUMP_KINDS | {MemberKind.SNAPSHOT}) or kinds <= {MemberKind.OTHER}:
        return
    yield fact(
        view.node.name or "",
        say(
            "{archives} mixes files of {host} with those of {others}: of the former there is no log and no dump. They "
            "are analysed as different nodes.",
            archives=listed(sorted(home)),
            host=view.node.name or say("no host"),
            others=listed(beside),
        ),
        severity=Severity.WARNING,
        evidence=tuple(quote_member(member) for member in view.node.members[: quote.MOST]),
    )


def pem_unparsable(view: NodeView) -> Iterator[Judgement]:
    """Certificates that could not be read."""
    for member in view.node.members:
        if member.kind in PEM_KINDS and member.read is not ReadState.WHOLE:
            problems = [p for p in view.case.problems if p.file == member.reference]
            reasons = [say("{what}: {why}", what=p.what, why=p.why) for p in problems[:3]]
            yield fact(
                member.reference,
                say(
                    "{blocks} blocks of this file could not be read: {reasons}. The rest of it was.",
                    blocks=len(problems) or 1,
                    reasons=itemized(reasons) or member.reason,
                ),
                severity=Severity.WARNING,
                evidence=(quote_member(member),),
                count=max(1, len(problems)),
            )


def capture_host_mismatch(view: NodeView) -> Iterator[Judgement]:
    """The capture does not show this node: bundles were mixed up."""
    own = set(view.node.addresses)
    talked = {address for capture in view.node.captures for address in capture.addresses}
    if own and talked and not own & talked:
        yield fact(
            view.node.name or "",
            say(
                "None of the node's own addresses ({addresses}) is in its capture: the files belong to different "
                "hosts, or the capture was taken elsewhere. Roles can't be told.",
                addresses=listed(sorted(own)),
            ),
            severity=Severity.WARNING,
            evidence=tuple(quote_member(m) for m in view.node.members if m.kind is MemberKind.CAPTURE),
        )


RULES = (
    Rule(
        id="bundle-pcap-gap",
        title=say("Capture files are missing or were overwritten"),
        meaning="Said when the numbers of the rotated capture files have a gap, or have wrapped so that older files "
        "were overwritten. What is not in the capture may have happened all the same.",
        severity=Severity.WARNING,
        judge=bundle_pcap_gap,
        needs=(Need.CAPTURE,),
        sources=("AG",),
    ),
    Rule(
        id="bundle-mixed-hosts",
        title=say("One archive mixes files of several hosts"),
        meaning="Said when one archive holds files of another host, of which there is neither log nor dump. They "
        "are analysed as a node of their own, so that nothing is compared with the wrong stores.",
        severity=Severity.WARNING,
        judge=bundle_mixed_hosts,
        sources=("I",),
    ),
    Rule(
        id="pem-unparsable",
        title=say("A certificate could not be read"),
        meaning="Said when a file of certificates has blocks that could not be read. The others were; what a "
        "damaged block held is not known, and a trusted CA list that was read in part is not said to lack "
        "it.",
        severity=Severity.WARNING,
        judge=pem_unparsable,
        sources=("M",),
    ),
    Rule(
        id="capture-host-mismatch",
        title=say("The capture does not show this node"),
        meaning="Said when none of the node's own addresses is in its capture. The files belong to different hosts, "
        "or the capture was taken elsewhere: who was client and who was server on this node can't be told.",
        severity=Severity.WARNING,
        judge=capture_host_mismatch,
        needs=(Need.CAPTURE, Need.LOCAL_ADDRESSES),
        sources=("I",),
    ),
)
