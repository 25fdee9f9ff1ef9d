from __future__ import annotations

from datetime import timedelta

from analyzer.evidence import Side
from samples.builders.certificates import pem
from samples.builders.dumps import EKU_CHECKING_MODE
from samples.builders.stage import Stage
from samples.builders.topology import CORE, EDGE, authorities, core, cucm, edge, in_time_zone, webex
from samples.situations.timing import COLLECTED, after

KNOWN = authorities()
SERVER_ONLY_CORE = core(KNOWN, client=KNOWN.server_only(CORE), server=KNOWN.server_only(CORE))
WORKING_EDGE = edge(KNOWN, client=KNOWN.private(EDGE), server=KNOWN.server_only(EDGE))


def test_a_refused_connection_is_told_alike_by_both_ends() -> None:
    stage = Stage(collected=COLLECTED)

    transcript = stage.connect(SERVER_ONLY_CORE, WORKING_EDGE, port=7001, client_port=25045, time=after(1))

    here, there = stage.bundle(SERVER_ONLY_CORE), stage.bundle(WORKING_EDGE)
    assert (transcript.refused_by, transcript.alert) == (Side.SERVER, 43)
    assert here.captures == there.captures
    assert b'Event="Outbound TLS Negotiation Error"' in (here.log or b"")
    assert b'Detail="sslv3 alert unsupported certificate"' in (here.log or b"")
    assert b"error:14094413:SSL routines:ssl3_read_bytes:sslv3 alert unsupported certificate" in (here.log or b"")
    assert b'Event="Inbound TLS Negotiation Error"' in (there.log or b"")
    assert b'Detail="unsupported certificate purpose"' in (there.log or b"")


def test_the_edge_heeds_its_checking_mode() -> None:
    lenient = edge(KNOWN, client=None, server=KNOWN.server_only(EDGE), settings={EKU_CHECKING_MODE: "Off"})

    transcript = Stage(collected=COLLECTED).connect(
        SERVER_ONLY_CORE, lenient, port=7001, client_port=25045, time=after(1)
    )

    assert transcript.completed


def test_a_client_presents_its_client_store_and_webex_takes_it() -> None:
    stage = Stage(collected=COLLECTED)

    transcript = stage.connect(WORKING_EDGE, webex(KNOWN), port=5061, client_port=25002, time=after(1))

    assert WORKING_EDGE.client is not None
    assert WORKING_EDGE.client.der in transcript.sent(Side.CLIENT)
    log = stage.bundle(WORKING_EDGE).log or b""
    assert b'AltName="*.webex.com"' in log
    assert b'Detail="Handshake succeeded"' in log
    assert b"TCP Connection Closed" not in log


def test_an_unacceptable_name_is_reset_and_named_in_the_log() -> None:
    stage = Stage(collected=COLLECTED)

    stage.connect(SERVER_ONLY_CORE, WORKING_EDGE, port=7001, client_port=25045, time=after(1), refuses_name=True)

    here, there = (stage.bundle(host).log or b"" for host in (SERVER_ONLY_CORE, WORKING_EDGE))
    assert b'Detail="Peer\'s TLS certificate identity was unacceptable"' in here
    assert b'AltName="expe.harbor.example"' in here
    assert b"ssl_error_reason" not in here + there
    assert b"probably remote disconnect" in there


def test_a_resumed_connection_names_nobody() -> None:
    stage, cloud = Stage(collected=COLLECTED), webex(KNOWN)
    full = Stage(collected=COLLECTED).connect(WORKING_EDGE, cloud, port=5061, client_port=25002, time=after(1))

    stage.connect(WORKING_EDGE, cloud, port=5061, client_port=25003, time=after(2), resume=full)

    assert b"Found common name" not in (stage.bundle(WORKING_EDGE).log or b"")


def test_the_traffic_server_logs_in_its_own_way() -> None:
    stage = Stage(collected=COLLECTED)

    stage.connect(SERVER_ONLY_CORE, cucm(KNOWN), port=6972, client_port=30011, time=after(1), by_traffic_server=True)

    log = stage.bundle(SERVER_ONLY_CORE).log or b""
    assert b"SSL connection failed for 'cucm1.harbor.example': error:14094418: SSL routines" in log
    assert b"tvcs" not in log


def test_a_port_that_does_not_answer_fails_in_the_log() -> None:
    stage = Stage(collected=COLLECTED)

    stage.knock(SERVER_ONLY_CORE, WORKING_EDGE, port=2222, client_port=30100, time=after(1))

    assert b'Detail="TCP Connection Failed"' in (stage.bundle(SERVER_ONLY_CORE).log or b"")
    assert not stage.bundle(WORKING_EDGE).log


def test_a_bundle_holds_what_the_host_holds() -> None:
    host = in_time_zone(WORKING_EDGE, "Asia/Kolkata", timedelta(hours=5, minutes=30))
    stage = Stage(collected=COLLECTED)
    stage.connect(SERVER_ONLY_CORE, host, port=7001, client_port=25045, time=after(1))

    bundle = stage.bundle(host)

    assert bundle.server == host.server.pem()
    assert bundle.trusted == pem(*KNOWN.trusted)
    assert (bundle.log or b"").startswith(b"2026-03-24T17:10:01.000+05:30 expe")
    assert bundle.state is not None
    assert bundle.state.time_zone == "Asia/Kolkata"
