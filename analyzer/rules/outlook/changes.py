"""A change, applied to the evidence: the same case as it would be after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from analyzer.correlate.origin import origins_of
from analyzer.evidence import Case, Certificate, Node, NodeRole, ReferenceTime, Setting, Stores
from analyzer.facts.releases import FIRST_WITH_TWO_STORES, Version
from analyzer.facts.settings import EKU_CHECKING_MODE
from analyzer.rules.authorities import name_of
from analyzer.rules.view import NodeView, views_of
from analyzer.text import said_serial


class Change(Struct, frozen=True, kw_only=True):
    """What is asked for.

    Attributes:
        check: On or Off, of the Edges; where there is none, of an Edge that is not at hand.
        client, server: what takes the place of a store's certificate, leaf first.
        upgrade: to this release; copies the server certificate into a client store that is not there.
        as_of: judge validity at this time.
        node: the only one that is changed; None: the one that the change is most likely meant for.
    """

    check: str | None = None
    client: tuple[Certificate, ...] | None = None
    server: tuple[Certificate, ...] | None = None
    upgrade: Version | None = None
    as_of: datetime | None = None
    node: str | None = None


class Changed(Struct, frozen=True, kw_only=True):
    """The case after a change.

    Attributes:
        absent_check: the check of an Edge that is not at hand; None: as little known as before.
        words: what was changed, and on which node.
        cautions: what whoever makes the change should know of it.
    """

    case: Case
    absent_check: str | None
    words: tuple[str, ...]
    cautions: tuple[str, ...]


class NoSuchChangeError(Exception):
    """The change does not fit what was given; it says why."""


def apply(case: Case, change: Change) -> Changed:
    """Apply a change to a case.

    Raises:
        NoSuchChangeError: if it does not fit the case.
    """
    words: list[str] = []
    if change.upgrade is not None:
        case = _upgraded(case, change, change.upgrade, words)
    for kind, chain, role in (("client", change.client, NodeRole.CORE), ("server", change.server, NodeRole.EDGE)):
        if chain:
            case = _with_certificate(case, change, kind, chain, role, words)
    absent_check = None
    if change.check is not None:
        case, absent_check = _with_check(case, change, change.check, words)
    if change.as_of is not None:
        words.append(f"dates are judged at {change.as_of:%Y-%m-%d %H:%M} UTC")
        at = ReferenceTime(time=change.as_of, origin="as-of")
        nodes = tuple(replace(node, reference_time=at) for node in case.nodes)
        case = replace(case, nodes=nodes, reference_time=at)
    return Changed(case=case, absent_check=absent_check, words=tuple(words), cautions=tuple(_cautions(change)))


def _cautions(change: Change) -> Iterator[str]:
    if change.check == "Off":
        yield (
            "The check concerns every inbound SIP TLS peer of the node, the Internet's included. With it off, CA and name "
            "checks remain, and the SSH tunnels still want clientAuth: it does not bring mobile and remote access back."
        )
    if change.server:
        yield (
            "A new server certificate takes effect with a restart: service-affecting, so in a maintenance window, one "
            "peer at a time."
        )


def _label(node: Node) -> str:
    return node.name or "the loose files"


def _named(case: Case, name: str) -> Node:
    """Return the node that a user names, by its name or one of its host names."""
    for node in case.nodes:
        if name.lower() in {known.lower() for known in (node.name, *node.host_names) if known}:
            return node
    known = ", ".join(_label(node) for node in case.nodes)
    raise NoSuchChangeError(f"there is no node {name}: what was given is of {known}")


def _one(case: Case, change: Change, role: NodeRole, option: str) -> Node:
    """Return the one node that a certificate is meant for."""
    if change.node is not None:
        return _named(case, change.node)
    meant = [node for node in case.nodes if node.role is role] or list(case.nodes)
    if len(meant) != 1:
        names = ", ".join(_label(node) for node in meant)
        raise NoSuchChangeError(f"{option} could be meant for several nodes: say which with --node ({names})")
    return meant[0]


def _replaced(case: Case, chosen: Sequence[Node], make: Callable[[Node], Node]) -> Case:
    ids = {id(node) for node in chosen}
    return replace(case, nodes=tuple(make(node) if id(node) in ids else node for node in case.nodes))


def _views(case: Case, chosen: Sequence[Node]) -> Iterator[NodeView]:
    ids = {id(node) for node in chosen}
    return (view for view in views_of(case) if id(view.node) in ids)


def _upgraded(case: Case, change: Change, release: Version, words: list[str]) -> Case:
    chosen = [_named(case, change.node)] if change.node is not None else list(case.nodes)
    for view in _views(case, chosen):
        if view.version is not None and view.version > release:
            raise NoSuchChangeError(f"{_label(view.node)} runs {view.version} already, which is newer than {release}")
    split = release >= FIRST_WITH_TWO_STORES

    def upgraded(node: Node) -> Node:
        said, stores, settings = f"{_label(node)}: {release}", node.stores, dict(node.settings)
        if split and stores.client is None and stores.server is not None:
            stores = replace(stores, client=stores.server)
            said += ", which copies the server certificate into the client store"
        known = settings.get(EKU_CHECKING_MODE)
        if split and (known is None or known.current is None):
            settings[EKU_CHECKING_MODE] = Setting(value="On", assumed=True)
            said += ", extended key usage check On (the default)"
        words.append(said)
        return replace(node, version=str(release), stores=stores, settings=settings)

    return _replaced(case, chosen, upgraded)


def _with_certificate(
    case: Case, change: Change, kind: str, chain: tuple[Certificate, ...], role: NodeRole, words: list[str]
) -> Case:
    node = _one(case, change, role, f"--{kind}-cert")
    (view,) = _views(case, [node])
    if kind == "client" and view.version is not None and not view.has_two_stores:
        raise NoSuchChangeError(
            f"{_label(node)} runs {view.version}, which has no client store: give --server-cert, or --upgrade X15.5 as well"
        )
    words.append(f"{_label(node)}: {name_of(chain[0])}, serial {said_serial(chain[0].serial)}, in the {kind} store")
    ids = tuple(dict.fromkeys(certificate.sha256 for certificate in chain))

    def holding(one: Node) -> Node:
        stores: Stores = replace(one.stores, **{kind: ids})
        return replace(one, stores=stores)

    return _knowing(_replaced(case, [node], holding), chain)


def _knowing(case: Case, chain: tuple[Certificate, ...]) -> Case:
    """Return the case with further certificates, and with where these come from."""
    certificates: Mapping[str, Certificate] = {**case.certificates, **{one.sha256: one for one in chain}}
    trusted = frozenset(identity for node in case.nodes for identity in node.stores.trusted or ())
    return replace(case, certificates=certificates, origins=origins_of(certificates, trusted))


def _with_check(case: Case, change: Change, check: str, words: list[str]) -> tuple[Case, str | None]:
    if change.node is not None:
        chosen = [_named(case, change.node)]
    else:
        chosen = [node for node in case.nodes if node.role is NodeRole.EDGE]
        if not chosen and any(node.role is NodeRole.CORE for node in case.nodes):
            words.append(f"the Edge, whose bundle was not given: extended key usage check {check}")
            return case, check
        chosen = chosen or list(case.nodes)
    for view in _views(case, chosen):
        if view.version is not None and not view.has_two_stores:
            raise NoSuchChangeError(
                f"{_label(view.node)} runs {view.version}, which has no extended key usage check: give --upgrade X15.5 as well"
            )

    def checking(node: Node) -> Node:
        words.append(f"{_label(node)}: extended key usage check {check}")
        return replace(node, settings={**node.settings, EKU_CHECKING_MODE: Setting(value=check)})

    return _replaced(case, chosen, checking), None
