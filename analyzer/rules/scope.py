"""What all answers of a node are about: its release, the time that is covered, the interfaces that were captured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from analyzer.facts.releases import Version, newest_expressway
from analyzer.findings import Severity
from analyzer.rules import quote
from analyzer.rules.inventory import fact
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import NodeView
from analyzer.text import person_utc
from analyzer.words import itemized, listed, say, sentences

OLDEST_KNOWN = Version(14)


def bundle_version_unsupported(view: NodeView) -> Iterator[Judgement]:
    """A release that this program's facts do not cover."""
    version, newest = Version.parse(view.node.version), newest_expressway(view.facts)
    if version is None or OLDEST_KNOWN <= version < Version(newest.major, newest.minor + 1):
        return
    known = {"release": version, "oldest": OLDEST_KNOWN, "newest": newest}
    yield fact(
        str(version),
        say(
            "{release} is older than the releases that the rules were written for ({oldest} to {newest}): what depends on "
            "the release may be wrong.",
            **known,
        )
        if version < OLDEST_KNOWN
        else say(
            "{release} is newer than the releases that the rules were written for ({oldest} to {newest}): what depends on "
            "the release may be wrong.",
            **known,
        ),
    )


def bundle_time_span(view: NodeView) -> Iterator[Judgement]:
    """What log and capture cover."""
    spans = []
    first, last = quote.span([time for span in view.node.logs for time in (span.first, span.last)])
    if first and last:
        spans.append(say("log {first} to {last}", first=person_utc(first), last=person_utc(last)))
    first, last = quote.span([time for file in view.node.captures for time in (file.first, file.last)])
    if first and last:
        spans.append(say("capture {first} to {last}", first=person_utc(first), last=person_utc(last)))
    began, taken = view.node.logging_started_by, view.node.taken
    if spans and began:
        covered = say(
            "Covered: {spans}. Dumps show the moment when logging started, at {time} or before.",
            spans=itemized(spans),
            time=person_utc(began),
        )
        collected = (
            say("The time in the file names, {time}, is when the bundle was collected.", time=person_utc(taken))
            if taken
            else ""
        )
        yield fact(view.node.name or "", sentences((covered, collected)))


def dual_nic_address_map(view: NodeView) -> Iterator[Judgement]:
    """Which interface saw which of the node's own addresses."""
    seen: dict[str, set[str]] = defaultdict(set)
    for capture in view.node.captures:
        if capture.interface:
            seen[capture.interface] |= set(capture.addresses) & set(view.node.addresses)
    if len(seen) > 1:
        said = itemized(
            say("{interface}: {addresses}", interface=nic, addresses=listed(sorted(own)) or say("none of them"))
            for nic, own in sorted(seen.items())
        )
        yield fact(view.node.name or "", say("Own addresses by interface: {addresses}.", addresses=said))


RULES = (
    Rule(
        id="bundle-version-unsupported",
        title=say("A release that the rules do not cover"),
        meaning="Said when a node's release is older than X14 or newer than the newest release that the facts know. "
        "What depends on the release (the stores, the default of the check) may be wrong.",
        severity=Severity.INFO,
        judge=bundle_version_unsupported,
        needs=(Need.VERSION,),
        sources=("I",),
    ),
    Rule(
        id="bundle-time-span",
        title=say("What log and capture cover"),
        meaning="Says which time log and capture cover. The dumps show the moment when logging started, so that "
        "what came later is only in these two.",
        severity=Severity.INFO,
        judge=bundle_time_span,
        needs=((Need.LOG, Need.CAPTURE),),
        sources=("AG",),
        is_context=True,
    ),
    Rule(
        id="dual-nic-address-map",
        title=say("Which interface saw which address"),
        meaning="Says which interface saw which of the node's own addresses, where more than one was captured. It "
        "helps to find the right capture file, and to see which side of an Edge a connection was on.",
        severity=Severity.INFO,
        judge=dual_nic_address_map,
        needs=(Need.CAPTURE, Need.LOCAL_ADDRESSES),
        sources=("AG",),
        is_context=True,
    ),
)
