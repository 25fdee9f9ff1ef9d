from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer import facts
from analyzer.evidence import NodeRole, Side
from analyzer.facts import messages
from analyzer.facts.services import service_label, services, source_port_ranges, source_ports

CORE, EDGE, UNKNOWN = NodeRole.CORE, NodeRole.EDGE, NodeRole.UNKNOWN
CLIENT, SERVER = Side.CLIENT, Side.SERVER


@pytest.mark.parametrize(
    ("port", "local_role", "node_role", "label"),
    [
        (5061, SERVER, EDGE, "SIP TLS"),
        (5061, None, UNKNOWN, "SIP TLS"),
        (5062, CLIENT, EDGE, "SIP mutual TLS"),
        (7001, CLIENT, CORE, "Unified Communications traversal"),
        (7003, SERVER, EDGE, "Unified Communications traversal"),
        (2222, CLIENT, CORE, "Unified Communications SSH tunnel"),
        (6972, CLIENT, CORE, "CUCM TFTP over HTTPS"),
        (8443, SERVER, EDGE, "Mobile and remote access HTTPS"),
        (8443, CLIENT, CORE, "CUCM, IM and Presence or Unity Connection HTTPS"),
        (8443, None, UNKNOWN, "HTTPS"),
        (443, CLIENT, EDGE, "HTTPS to the cloud"),
        (443, SERVER, CORE, "HTTPS (web administration, WebRTC)"),
        (443, None, EDGE, "HTTPS"),
        (7443, CLIENT, CORE, "Unity Connection message waiting"),
        (7443, SERVER, EDGE, None),
        (4372, CLIENT, EDGE, "Cluster database"),
        (49152, CLIENT, CORE, None),
    ],
)
def test_a_port_suggests_a_service(
    port: int, local_role: Side | None, node_role: NodeRole, label: str | None
) -> None:
    assert service_label(port, local_role, node_role) == label


@pytest.mark.parametrize(
    ("port", "program"),
    [
        (24999, None),
        (25000, "sip"),
        (29999, "sip"),
        (30000, "daemons"),
        (35999, "daemons"),
        (36000, None),
    ],
)
def test_the_own_port_tells_the_program(port: int, program: str | None) -> None:
    ports = source_ports(port)

    assert (ports.id if ports else None) == program


def test_every_label_is_a_message_for_babel() -> None:
    with (Path(facts.__file__).parent / "services.toml").open("rb") as file:
        found = [message for _, _, message, _ in messages.extract(file, {}, (), {})]

    labels = [row.label for row in services()] + [ports.label for ports in source_port_ranges()]
    assert found == [label.message for label in labels]


def test_a_table_without_words_has_no_messages() -> None:
    assert list(messages.extract(io.BytesIO(b'as_of = 2026-01-01\n[[date]]\nid = "x"'), {}, (), {})) == []


def test_ranges_are_the_right_way_round() -> None:
    assert all(0 < row.first <= row.last <= 65535 for row in services())
    assert all(0 < row.first <= row.last <= 65535 for row in source_port_ranges())


@given(
    st.integers(min_value=-1, max_value=70000),
    st.sampled_from([None, *Side]),
    st.sampled_from(list(NodeRole)),
)
def test_more_knowledge_never_loses_a_label(port: int, local_role: Side | None, node_role: NodeRole) -> None:
    assert service_label(port) is None or service_label(port, local_role, node_role) is not None
