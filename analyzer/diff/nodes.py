"""Nodes that came, went or were renamed, and their releases."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.diff.pairs import Nodes, Pair, Shown
from analyzer.diff.sections import Row, Section, Subject, added_and_gone, changed, joined, row
from analyzer.facts.releases import FIRST_WITH_TWO_STORES, Version
from analyzer.facts.settings import EKU_CHECKING_MODE, default_of


def nodes_section(nodes: Nodes) -> Section:
    """Tell which nodes are in both reports, and under which names."""
    rows = [one for pair in nodes.pairs for one in row(pair.label, _identity(pair))]
    rows += [Row(one.label, (f"only after{_what(one)}: not compared",)) for one in nodes.added]
    rows += [Row(one.label, (f"only before{_what(one)}: not compared",)) for one in nodes.gone]
    return Section(Subject.NODES, tuple(rows))


def _what(shown: Shown) -> str:
    known = [shown.node.role.capitalize() if shown.node.role != "unknown" else None, shown.node.version]
    said = ", ".join(text for text in known if text)
    return f" ({said})" if said else ""


def _identity(pair: Pair) -> Iterator[str]:
    before, after = pair.before.node, pair.after.node
    if pair.is_renamed:
        yield f"was called {pair.before.label}: the same by its serial number, {after.serial_number}"
    if before.serial_number and after.serial_number and before.serial_number != after.serial_number:
        yield from changed("serial number", before.serial_number, after.serial_number)
        yield "Another machine has this name now, or the machine was set up anew."
    if "unknown" not in {before.role, after.role}:
        yield from changed("role", before.role, after.role)
    if before.addresses and after.addresses and (moved := added_and_gone(before.addresses, after.addresses)):
        yield f"addresses: {', '.join(moved)}"
    if before.cluster and after.cluster:
        yield from changed("cluster", before.cluster.name, after.cluster.name)
        if peers := added_and_gone(before.cluster.peers, after.cluster.peers):
            yield f"cluster peers: {', '.join(peers)}"


def release_section(nodes: Nodes) -> Section:
    """Tell which nodes have another release, and what the one with the second store changes."""
    return Section(Subject.RELEASE, joined([one for pair in nodes.pairs for one in row(pair.label, _release(pair))]))


def _release(pair: Pair) -> Iterator[str]:
    before, after = pair.before.node.version, pair.after.node.version
    if before == after:
        return
    if before is None or after is None:
        yield f"{before or 'not known'} → {after or 'not known'}"
        return
    old, new = Version.parse(before), Version.parse(after)
    if old is None or new is None:
        yield f"{before} → {after}"
        return
    yield f"{before} → {after}: {'an upgrade' if old < new else 'the same' if old == new else 'an older release'}"
    if old < FIRST_WITH_TWO_STORES <= new:
        yield (
            f"From {FIRST_WITH_TWO_STORES} on there are two stores: as a TLS client it presents the client store's "
            "certificate, as a server the server store's. The upgrade copies certificate and key of the server store "
            f"into the client store: {_copy(pair.after)}."
        )
        yield (
            "The extended key usage check of inbound SIP TLS comes with it and is "
            f"{default_of(EKU_CHECKING_MODE, after)} by default: peers whose client certificate has no clientAuth "
            "are refused from then on."
        )


def _copy(after: Shown) -> str:
    client, server = after.node.stores.client, after.node.stores.server
    if not client or not server:
        return "whether it still holds that copy is not in what was given"
    if client[0] == server[0]:
        return "both hold the same certificate"
    return "by now it holds a certificate of its own"
