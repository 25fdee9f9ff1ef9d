"""Settings, zones, SSH tunnels and alarms, as far as both bundles have the dump that shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from analyzer.diff.pairs import Nodes, Pair
from analyzer.diff.saved import SavedAlarm, SavedSetting, SavedTunnel, SavedZone
from analyzer.diff.sections import Section, Subject, added_and_gone, changed, joined, row
from analyzer.facts.settings import EKU_CHECKING_MODE, SETTINGS
from analyzer.report.json_nodes import snake_case

_NAMES = {"eku_checking_mode": EKU_CHECKING_MODE, **{snake_case(one.name): one.name for one in SETTINGS}}
_NOT_SET = SavedSetting(value=None)


def settings_section(nodes: Nodes) -> Section:
    """Tell which settings have another value, what the log changed included."""
    return Section(
        Subject.SETTINGS, joined([one for pair in nodes.pairs for one in row(pair.label, _settings(pair))])
    )


def _settings(pair: Pair) -> Iterator[str]:
    if not pair.shows(Subject.SETTINGS):
        return
    before, after = pair.before.node.settings, pair.after.node.settings
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key, _NOT_SET), after.get(key, _NOT_SET)
        if _current(old) != _current(new):
            yield from changed(f"{_NAMES.get(key, key)}:", _words(old), _words(new))


def _current(setting: SavedSetting) -> str | None:
    return setting.changes[-1].value if setting.changes else setting.value


def _words(setting: SavedSetting) -> str | None:
    value = _current(setting)
    assumed = setting.assumed and not setting.changes
    return f"{value} (the release's default, assumed)" if assumed and value else value


def zones_section(nodes: Nodes) -> Section:
    """Tell which zones came, went, changed their state or were configured otherwise."""
    return Section(Subject.ZONES, joined([one for pair in nodes.pairs for one in row(pair.label, _zones(pair))]))


def _zones(pair: Pair) -> Iterator[str]:
    if not pair.shows(Subject.ZONES):
        return
    before = {zone.name: zone for zone in reversed(pair.before.node.zones)}
    after = {zone.name: zone for zone in reversed(pair.after.node.zones)}
    for name, zone in sorted(after.items()):
        if name not in before:
            yield f"+ {name}{_kind(zone)}"
        elif parts := tuple(_zone(before[name], zone, pair)):
            yield f"{name}: {'; '.join(parts)}"
    yield from (f"− {name}{_kind(zone)}" for name, zone in sorted(before.items()) if name not in after)


def _kind(zone: SavedZone) -> str:
    known = [zone.type, zone.status]
    return f" ({', '.join(text for text in known if text)})" if any(known) else ""


def _zone(before: SavedZone, after: SavedZone, pair: Pair) -> Iterator[str]:
    if before.status and after.status:
        yield from changed("state", before.status, after.status)
    states = _states(before)
    for peer in after.peer_states:
        was = states.get(peer.address)
        if was and peer.status and (was, peer.status) != (before.status, after.status):
            yield from changed(f"state of {peer.address}", was, peer.status)
    if not pair.shows(Subject.SETTINGS):
        return
    yield from changed("type", before.type, after.type)
    yield from changed("port", before.port, after.port)
    yield from changed("transport", before.transport, after.transport)
    yield from changed("TLS verify mode", before.tls_verify_mode, after.tls_verify_mode)
    yield from changed("TLS verify subject name", before.tls_verify_subject, after.tls_verify_subject)
    yield from changed("inbound classification", before.inbound_classification, after.inbound_classification)
    if peers := added_and_gone(before.peers, after.peers):
        yield f"peers {', '.join(peers)}"


def _states(zone: SavedZone) -> Mapping[str, str | None]:
    return {peer.address: peer.status for peer in zone.peer_states}


def tunnels_section(nodes: Nodes) -> Section:
    """Tell which SSH tunnels came up, failed, came or went."""
    return Section(Subject.TUNNELS, joined([one for pair in nodes.pairs for one in row(pair.label, _tunnels(pair))]))


def _tunnels(pair: Pair) -> Iterator[str]:
    if pair.before.node.tunnels is None or pair.after.node.tunnels is None:
        return
    before, after = _by_ends(pair.before.node.tunnels), _by_ends(pair.after.node.tunnels)
    for ends, tunnel in after.items():
        if ends not in before:
            yield f"+ {ends}: {_state(tunnel)}"
        elif _state(before[ends]) != _state(tunnel):
            yield f"{ends}: {_state(before[ends])} → {_state(tunnel)}"
    yield from (f"− {ends}: {_state(tunnel)}" for ends, tunnel in before.items() if ends not in after)


def _by_ends(tunnels: Sequence[SavedTunnel]) -> dict[str, SavedTunnel]:
    named = {
        f"to {tunnel.target or '?'}, domain {tunnel.domain or '?'}{f', peer {tunnel.peer}' if tunnel.peer else ''}": (
            tunnel
        )
        for tunnel in tunnels
    }
    return dict(sorted(named.items()))


def _state(tunnel: SavedTunnel) -> str:
    return f"{tunnel.status or 'state not given'}{f' ({tunnel.reason})' if tunnel.reason else ''}"


def alarms_section(nodes: Nodes) -> Section:
    """Tell which alarms were raised and which were cleared."""
    return Section(Subject.ALARMS, joined([one for pair in nodes.pairs for one in row(pair.label, _alarms(pair))]))


def _alarms(pair: Pair) -> Iterator[str]:
    if not pair.shows(Subject.ALARMS):
        return
    before, after = _by_id(pair.before.node.alarms), _by_id(pair.after.node.alarms)
    yield from (f"raised: {_alarm(one)}" for key, one in after.items() if key not in before)
    yield from (f"cleared: {_alarm(one)}" for key, one in before.items() if key not in after)


def _by_id(alarms: Sequence[SavedAlarm]) -> dict[str, SavedAlarm]:
    """Return alarms by id: a title may carry a date or a count. One without an id goes by its title."""
    named = {alarm.id or alarm.title: alarm for alarm in reversed(alarms)}
    return dict(sorted(named.items()))


def _alarm(alarm: SavedAlarm) -> str:
    known = [text for text in (alarm.id, alarm.severity) if text]
    return f"{' '.join(known)}{': ' if known else ''}{alarm.title}"
