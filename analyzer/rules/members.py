"""What the bundles hold and lack: the limits of every other answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from analyzer.evidence import CaptureFile, Certificate, Member, MemberKind, Node, ReadState
from analyzer.facts.releases import Version, newest_expressway
from analyzer.findings import Confidence, Evidence, EvidenceKind, Remedy, RemedyKind, Severity
from analyzer.rules import quote
from analyzer.rules.rule import Judgement, Need, Rule
from analyzer.rules.view import NodeView
from analyzer.text import iso_utc

PEM_KINDS = frozenset({MemberKind.SERVER_PEM, MemberKind.CLIENT_PEM, MemberKind.CA_PEM, MemberKind.CERTIFICATE})
DUMP_KINDS = frozenset({MemberKind.XCONF_XML, MemberKind.XCONF_TEXT, MemberKind.XSTAT_XML, MemberKind.XSTAT_TEXT})
OLDEST_KNOWN = Version(14)

NEW_LOG = Remedy(
    text="Take a new diagnostic log, with the packet capture on, and do not restart while it runs.",
    command="Maintenance > Diagnostics > Diagnostic logging",
    kind=RemedyKind.COLLECT,
)


def _fact(
    subject: str,
    explanation: str,
    *,
    severity: Severity = Severity.INFO,
    remedy: tuple[Remedy, ...] = (),
    evidence: tuple[Evidence, ...] = (),
    count: int = 1,
) -> Judgement:
    """What is in a bundle is a fact: all these are proven."""
    return Judgement(
        severity=severity,
        confidence=Confidence.PROVEN,
        subject=subject,
        explanation=explanation,
        remedy=remedy,
        evidence=evidence,
        count=count,
    )


def _quote_member(member: Member) -> Evidence:
    size = "size unknown" if member.size is None else f"{member.size} bytes"
    return Evidence(
        kind=EvidenceKind.STATUS,
        file=member.reference,
        locator=member.kind,
        text=f"{member.name}: {member.kind}, {size}, read {member.read}"
        + (f" ({member.reason})" if member.reason else ""),
    )


def _kinds(node: Node) -> frozenset[MemberKind]:
    return frozenset(member.kind for member in node.members)


def _in_archive(node: Node) -> bool:
    return any("/" in member.reference for member in node.members)


def bundle_client_pem_missing(view: NodeView) -> Iterator[Judgement]:
    """No client_….pem: a finding from X15.5 on, normal before."""
    kinds = _kinds(view.node)
    if MemberKind.CLIENT_PEM in kinds or not kinds & (PEM_KINDS | DUMP_KINDS):
        return
    expected = view.has_two_stores
    yield _fact(
        view.node.name or "",
        "The bundle holds no client_….pem, though X15.5 has a client store: what it presents as a TLS client can't be compared."
        if expected
        else "The bundle holds no client_….pem: normal before X15.5, which has the first client store.",
        severity=Severity.WARNING if expected else Severity.INFO,
        remedy=(Remedy(text=Need.CLIENT_STORE.collect, kind=RemedyKind.COLLECT),) if expected else (),
        evidence=tuple(_quote_member(m) for m in view.node.members if m.kind in PEM_KINDS | DUMP_KINDS),
    )


def bundle_incomplete_restart(view: NodeView) -> Iterator[Judgement]:
    """Only the log was collected: that is what a restart during logging leaves."""
    kinds = _kinds(view.node) - {MemberKind.OTHER}
    if kinds == {MemberKind.SNAPSHOT} and _in_archive(view.node):
        yield _fact(
            view.node.name or "",
            "The bundle holds the log alone. A restart or reboot while logging runs leaves nothing else: certificates, "
            "settings, states and packets are missing.",
            severity=Severity.WARNING,
            remedy=(NEW_LOG,),
            evidence=tuple(_quote_member(member) for member in view.node.members),
        )


def bundle_no_pcap(view: NodeView) -> Iterator[Judgement]:
    """No capture: the option was not ticked."""
    kinds = _kinds(view.node) - {MemberKind.OTHER}
    if kinds and MemberKind.CAPTURE not in kinds and kinds != {MemberKind.CERTIFICATE}:
        yield _fact(
            view.node.name or "",
            "The bundle holds no packet capture: what was presented on the wire is not to be seen.",
            remedy=(Remedy(text=Need.CAPTURE.collect, kind=RemedyKind.COLLECT),),
            evidence=tuple(_quote_member(member) for member in view.node.members[: quote.MOST]),
        )


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
            f"numbers {', '.join(f'{number:02}' for number in missing)} are missing" if missing else "",
            "the numbering has wrapped: older files were overwritten" if wrapped else "",
            f"the first file is number {numbers[0]:02}" if not wrapped and numbers[0] else "",
        ]
        yield _fact(
            interface,
            f"The capture files of {interface} are not whole: {'; '.join(text for text in said if text)}. What is not in the "
            "capture may have happened all the same.",
            severity=Severity.WARNING,
            remedy=(
                Remedy(
                    text="Capture again with a filter on the peer's address, so that the files do not roll over.",
                    command="Maintenance > Diagnostics > Diagnostic logging",
                    kind=RemedyKind.COLLECT,
                ),
            ),
            evidence=tuple(
                Evidence(
                    kind=EvidenceKind.STATUS,
                    file=capture.name,
                    locator=f"number {capture.sequence:02}",
                    text=f"{iso_utc(_first_packet(capture))}, {capture.packets} packets",
                )
                for capture in ordered[: quote.MOST]
            ),
        )


def _first_packet(capture: CaptureFile) -> datetime:
    if capture.first is None:
        raise ValueError("a capture without packets has no first one")
    return capture.first


def bundle_time_span(view: NodeView) -> Iterator[Judgement]:
    """What log and capture cover."""
    log = quote.span([time for span in view.node.logs for time in (span.first, span.last)])
    capture = quote.span([time for file in view.node.captures for time in (file.first, file.last)])
    spans = [
        f"{what} {iso_utc(first)} to {iso_utc(last)}"
        for what, (first, last) in (("log", log), ("capture", capture))
        if first and last
    ]
    if spans:
        yield _fact(view.node.name or "", f"Covered: {'; '.join(spans)}. Dumps show the moment when logging started.")


def bundle_version_unsupported(view: NodeView) -> Iterator[Judgement]:
    """A release that this program's facts do not cover."""
    version, newest = Version.parse(view.node.version), newest_expressway()
    if version is None or OLDEST_KNOWN <= version < Version(newest.major, newest.minor + 1):
        return
    older = version < OLDEST_KNOWN
    yield _fact(
        str(version),
        f"{version} is {'older' if older else 'newer'} than the releases that the rules were written for "
        f"({OLDEST_KNOWN} to {newest}): what depends on the release may be wrong.",
    )


def bundle_mixed_hosts(view: NodeView) -> Iterator[Judgement]:
    """An archive that holds a fragment of another host's bundle."""
    home = {member.reference.split("/", 1)[0] for member in view.node.members if "/" in member.reference}
    kinds = _kinds(view.node)
    beside = [
        other.node.name
        for other in view.others
        if other.node.host != view.node.host
        and home & {member.reference.split("/", 1)[0] for member in other.node.members if "/" in member.reference}
    ]
    if not beside or kinds & (DUMP_KINDS | {MemberKind.SNAPSHOT}) or kinds <= {MemberKind.OTHER}:
        return
    yield _fact(
        view.node.name or "",
        f"{', '.join(sorted(home))} mixes files of {view.node.name or 'no host'} with those of "
        f"{', '.join(name or 'another host' for name in beside)}: of the former there is no log and no dump. They are "
        "analysed as different nodes.",
        severity=Severity.WARNING,
        evidence=tuple(_quote_member(member) for member in view.node.members[: quote.MOST]),
    )


def bundle_unsafe_archive(view: NodeView) -> Iterator[Judgement]:
    """Members that try to leave the archive or to exhaust the machine: skipped and named."""
    unsafe = [
        member
        for member in view.node.members
        if member.reason and member.reason.startswith(("unsafe", "limit reached", "overlap"))
    ]
    if unsafe:
        yield _fact(
            ", ".join(sorted({member.reference.split("/", 1)[0] for member in unsafe})),
            f"{len(unsafe)} members were skipped, or read only in part, because they look made to do harm or are too large. "
            "The rest was analysed. Ask where this archive comes from.",
            severity=Severity.CRITICAL,
            evidence=tuple(_quote_member(member) for member in unsafe[: quote.MOST]),
            count=len(unsafe),
        )


def private_key_present(view: NodeView) -> Iterator[Judgement]:
    """A private key is in the bundle: it was not kept, and should not be passed on."""
    for member in view.node.members:
        if member.private_keys:
            yield _fact(
                member.reference,
                "A private key is in this file. It is in no output of this program. Whoever has the file has the key.",
                severity=Severity.CRITICAL,
                remedy=(
                    Remedy(
                        text="Do not attach this bundle to a case. Treat the key as compromised: make a new key and have the "
                        "certificate issued again.",
                        command="Maintenance > Security > Server certificate > Generate CSR",
                        kind=RemedyKind.DURABLE,
                    ),
                ),
                evidence=(_quote_member(member),),
                count=member.private_keys,
            )


def pem_unparsable(view: NodeView) -> Iterator[Judgement]:
    """Certificates that could not be read."""
    for member in view.node.members:
        if member.kind in PEM_KINDS and member.read is not ReadState.WHOLE:
            problems = [p for p in view.case.problems if p.file == member.reference]
            yield _fact(
                member.reference,
                f"{len(problems) or 1} blocks of this file could not be read: "
                f"{'; '.join(p.what + ': ' + p.why for p in problems[:3]) or member.reason}. The rest of it was.",
                severity=Severity.WARNING,
                evidence=(_quote_member(member),),
                count=max(1, len(problems)),
            )


def dual_nic_address_map(view: NodeView) -> Iterator[Judgement]:
    """Which interface saw which of the node's own addresses."""
    seen: dict[str, set[str]] = defaultdict(set)
    for capture in view.node.captures:
        if capture.interface:
            seen[capture.interface] |= set(capture.addresses) & set(view.node.addresses)
    if len(seen) > 1:
        said = "; ".join(f"{nic}: {', '.join(sorted(own)) or 'none of them'}" for nic, own in sorted(seen.items()))
        yield _fact(view.node.name or "", f"Own addresses by interface: {said}.")


def capture_host_mismatch(view: NodeView) -> Iterator[Judgement]:
    """The capture does not show this node: bundles were mixed up."""
    own = set(view.node.addresses)
    talked = {address for capture in view.node.captures for address in capture.addresses}
    if own and talked and not own & talked:
        yield _fact(
            view.node.name or "",
            f"None of the node's own addresses ({', '.join(sorted(own))}) is in its capture: the files belong to different "
            "hosts, or the capture was taken elsewhere. Roles can't be told.",
            severity=Severity.WARNING,
            evidence=tuple(_quote_member(m) for m in view.node.members if m.kind is MemberKind.CAPTURE),
        )


def _stored(view: NodeView) -> tuple[Certificate, Certificate] | None:
    server, client = view.server_leaf, view.client_leaf
    if server is None or client is None or server.sha256 == client.sha256:
        return None
    return server, client


def _quote_stores(view: NodeView, pair: Sequence[Certificate]) -> tuple[Evidence, ...]:
    return tuple(
        quote.quote_certificate(leaf, quote.store_file(view.node, kind), f"{kind} store")
        for kind, leaf in zip(("server", "client"), pair, strict=True)
    )


def store_certs_differ(view: NodeView) -> Iterator[Judgement]:
    """The stores hold different certificates: context."""
    if pair := _stored(view):
        yield _fact(
            view.node.name or "",
            "Client store and server store hold different certificates.",
            evidence=_quote_stores(view, pair),
        )


def store_key_shared(view: NodeView) -> Iterator[Judgement]:
    """Two certificates, one key: issued again for the same request."""
    pair = _stored(view)
    if pair and pair[0].public_key_sha256 and pair[0].public_key_sha256 == pair[1].public_key_sha256:
        yield _fact(
            view.node.name or "",
            "The certificates of both stores differ but share one key: issued again for the same request.",
            evidence=_quote_stores(view, pair),
        )


def same_serial_different_certificate(view: NodeView) -> Iterator[Judgement]:
    """Equal serials are no identity: another issuer, or issued again."""
    own = [leaf for leaf in (view.server_leaf, view.client_leaf) if leaf]
    shown = {
        presented.leaf: presented
        for connection in view.connections
        for presented in (connection.client_certificate, connection.server_certificate)
        if presented.leaf
    }
    others = {leaf.sha256: leaf for leaf in (*own, *view.certificates(shown))}
    for leaf in dict.fromkeys(own):
        twins = [c for c in others.values() if c.serial == leaf.serial and c.serial and c.sha256 != leaf.sha256]
        if twins and (twins[0] not in own or leaf.sha256 < twins[0].sha256):
            yield _fact(
                leaf.serial or "",
                f"Serial {leaf.serial} stands in two different certificates. They are told apart by their SHA-256.",
                severity=Severity.WARNING,
                evidence=tuple(quote.quote_certificate(c, None, c.sha256[:16]) for c in (leaf, *twins)),
            )


RULES = (
    Rule(
        id="private-key-present",
        title="A private key is in the bundle",
        severity=Severity.CRITICAL,
        judge=private_key_present,
        sources=("I",),
    ),
    Rule(
        id="bundle-unsafe-archive",
        title="The archive holds unsafe members",
        severity=Severity.CRITICAL,
        judge=bundle_unsafe_archive,
        sources=("I",),
    ),
    Rule(
        id="bundle-incomplete-restart",
        title="Only the log was collected: a restart while logging",
        severity=Severity.WARNING,
        judge=bundle_incomplete_restart,
        sources=("AG",),
    ),
    Rule(
        id="bundle-client-pem-missing",
        title="No client certificate in the bundle",
        severity=Severity.WARNING,
        judge=bundle_client_pem_missing,
        needs=(Need.VERSION,),
        sources=("AG", "S"),
    ),
    Rule(
        id="bundle-no-pcap",
        title="No packet capture in the bundle",
        severity=Severity.INFO,
        judge=bundle_no_pcap,
        sources=("AG",),
    ),
    Rule(
        id="bundle-pcap-gap",
        title="Capture files are missing or were overwritten",
        severity=Severity.WARNING,
        judge=bundle_pcap_gap,
        needs=(Need.CAPTURE,),
        sources=("AG",),
    ),
    Rule(
        id="bundle-mixed-hosts",
        title="One archive mixes files of several hosts",
        severity=Severity.WARNING,
        judge=bundle_mixed_hosts,
        sources=("I",),
    ),
    Rule(
        id="pem-unparsable",
        title="A certificate could not be read",
        severity=Severity.WARNING,
        judge=pem_unparsable,
        sources=("M",),
    ),
    Rule(
        id="capture-host-mismatch",
        title="The capture does not show this node",
        severity=Severity.WARNING,
        judge=capture_host_mismatch,
        needs=(Need.CAPTURE, Need.LOCAL_ADDRESSES),
        sources=("I",),
    ),
    Rule(
        id="same-serial-different-cert",
        title="Two certificates have the same serial",
        severity=Severity.WARNING,
        judge=same_serial_different_certificate,
        needs=((Need.SERVER_STORE, Need.CLIENT_STORE),),
        sources=("I",),
    ),
    Rule(
        id="store-certs-differ",
        title="The stores hold different certificates",
        severity=Severity.INFO,
        judge=store_certs_differ,
        needs=(Need.SERVER_STORE, Need.CLIENT_STORE),
        sources=("I",),
    ),
    Rule(
        id="store-key-shared",
        title="The certificates of both stores share one key",
        severity=Severity.INFO,
        judge=store_key_shared,
        needs=(Need.SERVER_STORE, Need.CLIENT_STORE),
        sources=("I",),
    ),
    Rule(
        id="bundle-version-unsupported",
        title="A release that the rules do not cover",
        severity=Severity.INFO,
        judge=bundle_version_unsupported,
        needs=(Need.VERSION,),
        sources=("I",),
    ),
    Rule(
        id="bundle-time-span",
        title="What log and capture cover",
        severity=Severity.INFO,
        judge=bundle_time_span,
        needs=((Need.LOG, Need.CAPTURE),),
        sources=("AG",),
    ),
    Rule(
        id="dual-nic-address-map",
        title="Which interface saw which address",
        severity=Severity.INFO,
        judge=dual_nic_address_map,
        needs=(Need.CAPTURE, Need.LOCAL_ADDRESSES),
        sources=("AG",),
    ),
)
