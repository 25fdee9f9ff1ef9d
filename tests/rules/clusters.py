"""Three Edges of one cluster, each with certificates of its own, for the rules about clusters."""

from __future__ import annotations

from functools import cache
from typing import Any

from analyzer.evidence import Certificate, Cluster, Node, Peer, PeerKind, Setting
from analyzer.facts.settings import CLUSTER_TLS_VERIFY
from tests.rules.nodes import edge, stores
from tests.rules.pki import BOTH, PUBLIC, SERVER_ONLY, certificate

NAME = "edge.harbor.example"
CLUSTER = Cluster(name=NAME, peers=tuple(f"edge{number}.harbor.example" for number in (1, 2, 3)))
ENFORCING = {CLUSTER_TLS_VERIFY: Setting(value="Enforcing", source="edge1.zip/xconf.xml: Alternates")}


def server(number: int, *, named: bool = True, **options: Any) -> Certificate:
    """Return a peer's server certificate; `named`: it has the cluster's name, too."""
    names = (NAME,) if named else ()
    eku = options.pop("eku", SERVER_ONLY)
    return certificate(f"edge{number}.harbor.example", eku, PUBLIC, names=names, **options)


def client(number: int, *, eku: tuple[str, ...] = BOTH, named: bool = True) -> Certificate:
    return certificate(f"edge{number}.harbor.example", eku, names=(NAME,) if named else ())


@cache
def _held(number: int) -> tuple[Certificate, Certificate]:
    return server(number), client(number)


def peer(number: int, **changes: Any) -> Node:
    """Return a healthy peer of the cluster, with changes."""
    known = {
        "name": f"edge{number}",
        "host": f"edge{number}",
        "addresses": (f"10.2.2.2{number}",),
        "host_names": (f"edge{number}", f"edge{number}.harbor.example"),
        "cluster": CLUSTER,
        "stores": stores(*_held(number)),
    }
    return edge(**{**known, **changes})


def as_peer(number: int) -> Peer:
    return Peer(name=f"edge{number}", kind=PeerKind.CLUSTER, node=f"edge{number}")
