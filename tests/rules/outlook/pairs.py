"""Core and Edge as real files: any certificates, real handshakes, dumps that tell the outcome."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from samples.builders.bundle import Bundle
from samples.builders.certificates import BOTH_USAGES, SERVER_ONLY, Authority, AuthorityKind, Identity
from samples.builders.dumps import EKU_CHECKING_MODE
from samples.builders.stage import Stage
from samples.builders.topology import CORE, EDGE, Authorities, authorities, core, edge
from samples.situations.timing import COLLECTED, after

DENIED = "Permission denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What certificate to issue."""

    usages: tuple[str, ...] | None = BOTH_USAGES
    public: bool = False
    narrow: bool = False
    key_usages: tuple[str, ...] = ("digital_signature", "key_encipherment")


PRIVATE, PUBLIC = Kind(), Kind(public=True)
S = Kind(usages=SERVER_ONLY, public=True)
S_PRIVATE = Kind(usages=SERVER_ONLY)
CLIENT_ALONE = Kind(usages=("clientAuth",))
NO_EXTENSION = Kind(usages=None)
BELOW_NARROW = Kind(narrow=True)
ANY_ALONE = Kind(usages=("anyExtendedKeyUsage",))


@cache
def narrow() -> Authority:
    """Return a private authority whose own extended key usage is serverAuth alone."""
    root = Authority.root("harbor-Narrow-Root", key="ec256", kind=AuthorityKind.PRIVATE)
    return root.intermediate("harbor-Narrow-CA", usages=SERVER_ONLY, key="ec256")


@cache
def known() -> Authorities:
    return authorities("ec256")


def issue(kind: Kind, name: str) -> Identity:
    by = narrow() if kind.narrow else known().public if kind.public else known().internal
    return by.issue(name, usages=kind.usages, key_usages=kind.key_usages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """What to stage. `edge_client` None: a copy of the server certificate. `split`: there are client stores."""

    core_client: Kind | None
    core_server: Kind
    edge_server: Kind
    edge_client: Kind | None = None
    check: str = "On"
    zone: str = "Active"
    tunnels: str | None = None
    version: str = "X15.5"
    split: bool = True


def stage(what: Staged) -> tuple[Bundle, Bundle]:
    """Stage two handshakes on the traversal zone, and return the bundles, Core before Edge."""
    core_server, edge_server = issue(what.core_server, CORE), issue(what.edge_server, EDGE)
    edge_client = issue(what.edge_client, EDGE) if what.edge_client else edge_server
    settings = {EKU_CHECKING_MODE: what.check} if what.split else {}
    client = core(
        known(),
        client=issue(what.core_client, CORE) if what.core_client and what.split else None,
        server=core_server,
        zone_status=what.zone,
        tunnel_reason=what.tunnels,
        version=what.version,
    )
    server = edge(
        known(),
        client=edge_client if what.split else None,
        server=edge_server,
        zone_status=what.zone,
        tunnel_reason=what.tunnels,
        version=what.version,
        settings=settings,
    )
    client, server = (replace(host, trusts=(*host.trusts, *narrow().path)) for host in (client, server))
    staged = Stage(collected=COLLECTED)
    for number in range(2):
        staged.connect(client, server, port=7001, client_port=25037 + number, time=after(60 + number))
    if what.tunnels != "Connection timed out":
        staged.tunnel(client, server, client_port=30101, time=after(63), accepted=what.tunnels is None)
    return staged.bundle(client), staged.bundle(server)


def written(what: Staged, folder: Path) -> list[Path]:
    """Write the bundles of what is staged."""
    return [bundle.write_zip(folder) for bundle in stage(what)]
