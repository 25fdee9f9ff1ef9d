from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest

from analyzer.evidence import Endpoint, LogEvent, Side
from analyzer.parsers.snapshot import SnapshotReading, read_snapshot

FILE = "bundle.tar.gz/loggingsnapshot.txt"
STAMP = "2026-03-29T12:24:39.839+05:30 edge"
UTC_TIME = 'UTCTime="2026-03-29 06:54:39,839"'
TIME = datetime(2026, 3, 29, 6, 54, 39, 839000, tzinfo=UTC)

INBOUND = (
    'Event="Inbound TLS Negotiation Error" Service="SIP" Src-ip="192.0.2.16" Src-port="25046" '
    'Dst-ip="192.0.2.31" Dst-port="7001" Detail="unsupported certificate purpose" Protocol="TLS" Level="1" '
    'UTCTime="2026-03-29 06:54:39.839"'
)
CORE = Endpoint(address="192.0.2.16", port=25046)
EDGE = Endpoint(address="192.0.2.31", port=7001)


def read(*lines: str) -> SnapshotReading:
    return read_snapshot(io.BytesIO("\n".join((*lines, "")).encode()), FILE)


def event(line: str) -> LogEvent:
    (found,) = read(line).events
    return found


def module(name: str, level: str, rest: str) -> str:
    return f'{STAMP} tvcs: {UTC_TIME} Module="{name}" Level="{level}" CodeLocation="a.cpp(68)" Method="::b" {rest}'


def ssl(level: str, rest: str, thread: str = "0x7f29") -> str:
    return module("developer.ssl", level, f'Thread="{thread}": {rest}')


@pytest.mark.parametrize(
    ("start", "host"),
    [
        ("2026-03-29T12:24:39.839+05:30 edge tvcs: ", "edge"),
        ("2026-03-29T12:24:39+05:30 edge tvcs: ", "edge"),
        ("2026-03-29T06:54:39.839Z edge tvcs: ", "edge"),
        ("2026-03-29T12:24:39.839+05:30 edge ", "edge"),
        ("2026-03-29T12:24:39.839+05:30 edge_1.example tvcs[2030]: ", "edge_1.example"),
        ("2026-03-29T12:24:39.839+05:30 edge httpd[15060]: web: ", "edge"),
        ("2026-03-29T12:24:39.839+05:30  tvcs: ", None),
        ("2026-03-29T12:24:39.839+05:30\ttvcs: ", None),
        ("Mar 29 12:24:39 edge tvcs: ", "edge"),
        ("Mar  9 12:24:39 edge tvcs: ", "edge"),
        ("<166>2026-03-29T12:24:39.839Z edge tvcs: tvcs: ", "edge"),
        ("<166>Mar 29 12:24:39 edge tvcs: ", "edge"),
    ],
)
def test_every_form_of_header_starts_a_record(start: str, host: str | None) -> None:
    reading = read(start + INBOUND)

    assert [(found.time, found.source) for found in reading.events] == [(TIME, CORE)]
    assert reading.span.hosts == ((host,) if host else ())


def test_a_record_without_a_stamp_starts_with_host_process_and_utc_time() -> None:
    found = event(f'edge XCP_CM[23843]: {UTC_TIME} ThreadID="1" Module="Jabber" Level="ERROR" Detail="TLS failed"')

    assert (found.time, found.process, found.detail) == (TIME, "XCP_CM", "TLS failed")


def test_an_inbound_error_makes_the_expressway_the_server() -> None:
    found = event(f"{STAMP} tvcs: {INBOUND}")

    assert found == LogEvent(
        time=TIME,
        name="Inbound TLS Negotiation Error",
        detail="unsupported certificate purpose",
        file=FILE,
        line=1,
        process="tvcs",
        source=CORE,
        destination=EDGE,
        error="unsupported-purpose",
        local_role=Side.SERVER,
        fields={"Level": "1", "Service": "SIP", "Protocol": "TLS"},
    )


def test_an_outbound_error_names_what_was_verified() -> None:
    found = event(
        f'{STAMP} tvcs: Event="Outbound TLS Negotiation Error" Service="SIP" Src-ip="192.0.2.1" Src-port="25697" '
        'Dst-ip="192.0.2.2" Dst-port="7001" Detail="Peer\'s TLS certificate identity was unacceptable" '
        'Protocol="TLS" Common-name="edge.example.com" Level="1" UTCTime="2026-03-29 06:54:39,839"'
    )

    assert found.local_role is Side.CLIENT
    assert found.common_name == "edge.example.com"
    assert found.error == "identity-unacceptable"


def test_blanks_inside_quotes_and_before_them_are_dropped() -> None:
    found = event(
        f'{STAMP} tvcs: Event=" Inbound TLS Negotiation Error " Src-ip=" 192.0.2.16 " Src-port=" 25046 " '
        'Dst-ip="192.0.2.31" Dst-port=" 7001 " Detail= "Peer\'s TLS certificate identity was unacceptable" Level="1"'
    )

    assert (found.source, found.destination) == (CORE, EDGE)
    assert found.error == "identity-unacceptable"


@pytest.mark.parametrize(
    ("server", "role", "source", "destination"),
    [
        ("true", Side.SERVER, "203.0.113.9:58531", "192.0.2.2:5062"),
        ("false", Side.CLIENT, "192.0.2.2:5062", "203.0.113.9:58531"),
    ],
)
def test_an_ssl_error_names_the_role_and_the_initiator_first(
    server: str, role: Side, source: str, destination: str
) -> None:
    found = event(
        ssl(
            "ERROR",
            f'TTSSL_continueHandshake: Failed to establish SSL connection iResult="-1" error="1" bServer="{server}" '
            "localAddress=\"['IPv4''TCP''192.0.2.2:5062']\" remoteAddress=\"['IPv4''TCP''203.0.113.9:58531']\" "
            'ssl_error_reason="error:14094416:SSL routines:ssl3_read_bytes: sslv3 alert certificate unknown"',
        )
    )

    assert (found.name, found.local_role) == ("developer.ssl", role)
    assert (str(found.source), str(found.destination)) == (source, destination)
    assert (found.error, found.alert) == ("peer-alert", 46)
    assert found.detail.endswith("sslv3 alert certificate unknown")


def test_ipv6_addresses_are_compressed_and_mapped_ones_are_ipv4() -> None:
    found = event(
        ssl(
            "ERROR",
            "Failed to establish SSL connection error=\"1\" bServer=\"false\" localAddress=\"['IPv6''TCP''"
            "[2001:DB8:0:0::1]:25001']\" remoteAddress=\"['IPv6''TCP''[::ffff:192.0.2.9]:5061']\"",
        )
    )

    assert found.source == Endpoint(address="2001:db8::1", port=25001)
    assert found.destination == Endpoint(address="192.0.2.9", port=5061)


def test_an_ssl_error_without_a_reason_or_a_remote_address_is_a_disconnect() -> None:
    found = event(
        ssl(
            "ERROR",
            'TTSSL_continueHandshake: Failed to establish SSL connection iResult="-1" error="5" bServer="false" '
            "localAddress=\"['IPv4''TCP''192.0.2.2:28351']\"",
        )
    )

    assert found.error == "remote-disconnect"
    assert (found.source, found.destination) == (Endpoint(address="192.0.2.2", port=28351), None)
    assert "Failed to establish SSL connection" in found.detail


TUPLE = 'Src-ip="192.0.2.16" Src-port="25046" Dst-ip="192.0.2.31" Dst-port="7001"'


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        ("no certificate returned", "no-certificate"),
        ("self signed certificate in certificate chain", "self-signed-in-chain"),
    ],
)
def test_a_close_for_a_tls_reason_is_an_event_and_a_trace(reason: str, error: str) -> None:
    line = f'{STAMP} tvcs: {UTC_TIME} Module="network.tcp" Level="DEBUG":  {TUPLE}'
    reading = read(f'{line} Detail="TCP Connection Closed" Reason="{reason}"')

    assert [(found.name, found.error, found.source) for found in reading.events] == [("network.tcp", error, CORE)]
    assert [(trace.what, trace.reason) for trace in reading.traces] == [("closed", reason)]


NOTHING_RETURNED = (
    f'{STAMP} tvcs: {UTC_TIME} Module="network.tcp" Level="DEBUG":  {TUPLE} Detail="TCP Connection Closed" '
    'Reason="no certificate returned"'
)


def handshake_line(is_server: str, port: int = 25046) -> str:
    return ssl(
        "INFO",
        f"Detail=\"Handshake in progress\" bServer=\"{is_server}\" localAddress=\"['IPv4''TCP''192.0.2.31:7001']\" "
        f"remoteAddress=\"['IPv4''TCP''192.0.2.16:{port}']\"",
    )


@pytest.mark.parametrize(
    ("other", "role"),
    [
        (handshake_line("true"), Side.SERVER),
        (handshake_line("false"), Side.CLIENT),
        (handshake_line("true", 25047), None),
        (module("network.tcp", "DEBUG", f'{TUPLE} Detail="TCP Connection Accepted"'), Side.SERVER),
        (module("network.tcp", "DEBUG", f'{TUPLE} Detail="TCP Connecting"'), None),
    ],
)
def test_a_close_has_the_role_that_another_line_of_the_connection_tells(other: str, role: Side | None) -> None:
    for lines in ((other, NOTHING_RETURNED), (NOTHING_RETURNED, other)):
        (found,) = read(*lines).events

        assert (found.error, found.local_role) == ("no-certificate", role)


def test_a_close_that_repeats_a_failure_has_no_role_of_its_own() -> None:
    failure, close = read(f"{STAMP} tvcs: {INBOUND}", NOTHING_RETURNED).events

    assert (failure.local_role, close.local_role) == (Side.SERVER, None)


def test_lines_that_contradict_each_other_tell_no_role() -> None:
    (found,) = read(handshake_line("true"), handshake_line("false"), NOTHING_RETURNED).events

    assert found.local_role is None


def test_an_ordinary_close_is_a_trace_only() -> None:
    line = f'{STAMP} tvcs: {UTC_TIME} Module="network.tcp" Level="DEBUG":  {TUPLE}'
    reading = read(f'{line} Detail="TCP Connection Closed" Reason="Got EOF on socket"')

    assert reading.events == ()
    assert [trace.what for trace in reading.traces] == ["closed"]


@pytest.mark.parametrize(
    ("detail", "what"),
    [
        ("TCP Connecting", "connecting"),
        ("TCP Connection Established", "established"),
        ("TCP Connection Accepted", "accepted"),
    ],
)
def test_the_steps_of_a_connection_are_traced(detail: str, what: str) -> None:
    reading = read(f'{STAMP} tvcs: {UTC_TIME} Module="network.tcp" Level="DEBUG":  {TUPLE} Detail="{detail}"')

    (trace,) = reading.traces
    assert (trace.time, trace.what, trace.source, trace.destination, trace.line) == (TIME, what, CORE, EDGE, 1)


def test_a_failed_connection_is_an_event_and_a_trace() -> None:
    reading = read(
        f'{STAMP} tvcs: {UTC_TIME} Module="network.tcp" Level="ERROR":  {TUPLE} Detail="TCP Connection Failed"'
    )

    assert [found.detail for found in reading.events] == ["TCP Connection Failed"]
    assert [trace.what for trace in reading.traces] == ["failed"]


@pytest.mark.parametrize("reason", ["Connection timed out", "Permission denied (publickey).", "Connection refused"])
def test_ssh_tunnel_failures_are_events(reason: str) -> None:
    found = event(
        f'2026-03-29T12:33:12.384+05:30 ssh: Detail="ssh: connect to host edge.example.com port 2222: {reason}" '
        'Level="ERROR"'
    )

    assert (found.name, found.process) == ("ssh", "ssh")
    assert found.detail.endswith(reason)
    assert found.time == datetime(2026, 3, 29, 7, 3, 12, 384000, tzinfo=UTC)
    assert found.error is None


@pytest.mark.parametrize(
    ("message", "error", "alert", "name"),
    [
        (
            "[ET_NET 1]ERROR:SSL connection failed for 'cucm.example.com':error:14094418: SSL routines:"
            "ssl3_read_bytes:tlsv1 alert unknown ca",
            "peer-alert",
            48,
            "cucm.example.com",
        ),
        (
            " [ET_NET 0] WARNING: Core server certificate verification failed for (cucm.example.com)."
            " Action=Terminate Error=self signed certificate server=cucm.example.com(192.0.2.7) depth=0",
            "self-signed",
            None,
            "cucm.example.com",
        ),
        (
            " [ET_NET 0] WARNING: SNI (cucm.example.com) not in certificate. Action=Terminate server=cucm(192.0.2.7)",
            "identity-unacceptable",
            None,
            "cucm.example.com",
        ),
    ],
)
def test_traffic_server_errors_are_those_of_a_client(message: str, error: str, alert: int | None, name: str) -> None:
    for header in ("", f'{UTC_TIME} Module="network.http.trafficserver" Level="ERROR": '):
        found = event(f"{STAMP} traffic_server[2030]: {header}{message}")

        assert (found.name, found.error, found.alert, found.common_name) == ("traffic_server", error, alert, name)
        assert found.local_role is Side.CLIENT
        assert (found.source, found.destination) == (None, None)
        assert found.detail == message.strip()


def test_traffic_server_that_goes_on_in_spite_of_a_failure_refuses_nothing() -> None:
    found = event(
        f"{STAMP} traffic_server[2030]: [ET_NET 0] WARNING: Core server certificate verification failed for (cucm)."
        " Action=Continue Error=self signed certificate server=cucm(192.0.2.7) depth=0"
    )

    assert (found.error, found.alert, found.local_role) == (None, None, Side.CLIENT)
    assert found.common_name == "cucm"


def test_traffic_server_that_asked_for_no_name_is_told_by_the_server() -> None:
    found = event(
        f"{STAMP} traffic_server[2030]: [ET_NET 0] ERROR: Core server certificate verification failed for ()."
        " Action=Terminate Error=certificate has expired server=cucm.example.com(192.0.2.7) depth=0"
    )

    assert (found.error, found.common_name) == ("expired", "cucm.example.com")


def test_alarms_have_id_severity_and_title_whoever_raises_them() -> None:
    found = event(
        f'{STAMP} supervisor: Level="ERROR" Event="Alarm raised" Id="15019" UUID="1a18bfa6" Severity="error" '
        'Detail="Application failed: the details" UTCTime="2026-03-29 06:54:39,839"'
    )

    assert found.name == "Alarm Raised"
    assert found.fields == {"Level": "ERROR", "Id": "15019", "Severity": "error", "Title": "Application failed"}
    assert found.error is None


@pytest.mark.parametrize(
    ("detail", "setting", "value", "previous"),
    [
        (
            "xconfiguration clusterConfiguration tls_verify - changed from: Permissive to: Enforcing",
            "clusterConfiguration tls_verify",
            "Enforcing",
            "Permissive",
        ),
        (
            "configuration/cluster/tls_verify - changed from: 'Permissive' to: 'Enforcing'",
            "cluster tls_verify",
            "Enforcing",
            "Permissive",
        ),
        (
            "xConfiguration SIP TLS Certificate ExtendedKeyUsage Checking Mode - changed from: On to: Off",
            "SIP TLS Certificate ExtendedKeyUsage Checking Mode",
            "Off",
            "On",
        ),
    ],
)
def test_a_changed_setting_has_its_path_and_values(detail: str, setting: str, value: str, previous: str) -> None:
    found = event(f'{STAMP} {UTC_TIME} Event="System Configuration Changed" Node="a" Node="b" Detail="{detail}"')

    assert found.fields == {"Setting": setting, "Value": value, "Previous": previous}
    assert found.detail == detail


@pytest.mark.parametrize("name", ["Administrator Password", "SNMP Community Name", "zone/authentication/secret"])
def test_the_values_of_a_secret_setting_are_not_kept(name: str) -> None:
    found = event(
        f'{STAMP} httpd[1]: web: Event="System Configuration Changed" '
        f'Detail="xconfiguration {name} - changed from: hunter1 to: hunter2" User="admin" Level="1"'
    )

    assert "hunter" not in repr(found)
    assert "Setting" in found.fields


@pytest.mark.parametrize(
    "name",
    [
        "Application Exit",
        "Application Failed",
        "Application Start",
        "Authentication Failed",
        "Certificate Management",
        "Diagnostic Logging",
        "External Server Communications Failure",
        "Security Alert",
        "Sending HTTP error response",
    ],
)
def test_events_of_interest_are_kept(name: str) -> None:
    found = event(f'{STAMP} tvcs: Event="{name}" Detail="the detail" Level="1" {UTC_TIME}')

    assert (found.name, found.detail, found.error) == (name, "the detail", None)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("web: Upload: the certificate does not have a client usage attribute", "client usage attribute"),
        ("management: System restart requested", "System restart requested"),
        ("shutdown: Rebooting", "Rebooting"),
        ('newdaemon: Level="ERROR" Detail="Could not load the certificate store"', "certificate store"),
        ('tvcs: Event="New TLS Event" Detail="something" Level="1"', "something"),
        ('tvcs: Level="ERROR" Detail="error:0906D066:PEM routines:PEM_read_bio:bad end line"', "bad end line"),
        ("DEBUG_MARKER: before the call", "before the call"),
    ],
)
def test_words_that_no_public_line_shows_are_kept_by_what_they_speak_of(message: str, words: str) -> None:
    assert words in event(f"{STAMP} {message}").detail


@pytest.mark.parametrize(
    "line",
    [
        module("network.sip", "INFO", 'Detail="Receive Request Method=INVITE, certificate TLS"'),
        ssl("DEBUG", 'Detail="Handshake in progress" Reason="want read/write"'),
        f'{STAMP} tvcs: Event="Call Connected" Protocol="TLS" Level="1" {UTC_TIME}',
        f"{STAMP} management: all is well",
        f"  {STAMP} tvcs: {INBOUND}",
        f"x{STAMP} tvcs: {INBOUND}",
        f"{INBOUND}",
    ],
)
def test_routine_and_what_does_not_start_like_a_record_is_no_event(line: str) -> None:
    assert read(line).events == ()


def test_each_line_of_one_failure_is_an_event_of_its_own() -> None:
    reading = read(
        f"{STAMP} tvcs: {INBOUND}",
        ssl(
            "ERROR", 'Failed to establish SSL connection error="1" bServer="true" ssl_error_reason="error:14089086:"'
        ),
        f'{STAMP} tvcs: {UTC_TIME} Module="network.tcp" Level="DEBUG":  {TUPLE} Detail="TCP Connection Closed" '
        'Reason="unsupported certificate purpose"',
    )

    assert [(found.line, found.name) for found in reading.events] == [
        (1, "Inbound TLS Negotiation Error"),
        (2, "developer.ssl"),
        (3, "network.tcp"),
    ]


def test_records_that_lost_the_line_feed_between_them_are_all_read() -> None:
    reading = read(f"{STAMP} tvcs: {INBOUND} {STAMP} tvcs: {INBOUND}")

    assert [found.line for found in reading.events] == [1, 1]


def test_a_quoted_value_does_not_start_a_record() -> None:
    quoted = f"{STAMP} tvcs: Event=Inbound TLS Negotiation Error"

    assert [found.detail for found in read(f'{STAMP} tvcs: Event="Security Alert" Detail="{quoted}"').events] == [
        quoted
    ]


def test_a_handshake_that_succeeded_is_traced_by_its_thread() -> None:
    ends = "localAddress=\"['IPv4''TCP''192.0.2.31:7001']\" remoteAddress=\"['IPv4''TCP''192.0.2.16:25046']\""
    reading = read(
        ssl("DEBUG", f'Detail="Handshake started" bServer="true" {ends}'),
        ssl("DEBUG", 'Detail="Handshake succeeded"', thread="0x1"),
        ssl("DEBUG", 'Detail="Handshake succeeded"'),
    )

    assert [(trace.what, trace.source, trace.destination, trace.line) for trace in reading.traces] == [
        ("handshake-succeeded", CORE, EDGE, 3)
    ]
    assert reading.span.has_ssl_debug


def names(thread: str = "0x7f29") -> tuple[str, ...]:
    return (
        ssl("DEBUG", 'Detail="Found common name in peer certificate" CommonName="core.example.com"', thread),
        ssl("DEBUG", 'Detail="Found DNS alt-name in peer certificate" AltName="core.example.com"', thread),
        ssl("DEBUG", 'Detail="Found DNS alt-name in peer certificate" AltName="phones.example.com"', thread),
        module(
            "developer.zone.zonemgr",
            "DEBUG",
            f'Thread="{thread}": this="0x1"  Detail="getZoneByIdentities, match complete" '
            'Identitites="{CN: core.example.com, Alt-DNS: phones.example.com}" MatchedZone="UC traversal"',
        ),
    )


def test_names_of_a_peer_are_joined_by_thread_to_the_error_that_follows() -> None:
    error = (
        'Failed to establish SSL connection error="1" bServer="true" '
        "localAddress=\"['IPv4''TCP''192.0.2.31:7001']\" remoteAddress=\"['IPv4''TCP''192.0.2.16:25046']\""
    )
    (identity,) = read(*names(), ssl("ERROR", error)).identities

    assert identity.names == ("core.example.com", "phones.example.com")
    assert (identity.local, identity.remote, identity.zone) == (EDGE, CORE, "UC traversal")


def test_names_are_not_joined_to_an_error_before_them_or_of_another_thread() -> None:
    error = (
        'Failed to establish SSL connection error="1" bServer="true" '
        "localAddress=\"['IPv4''TCP''192.0.2.31:7001']\" remoteAddress=\"['IPv4''TCP''192.0.2.16:25046']\""
    )
    (identity,) = read(ssl("ERROR", error), *names(), ssl("ERROR", error, thread="0x2")).identities

    assert (identity.local, identity.remote) == (None, None)
    assert identity.names == ("core.example.com", "phones.example.com")


def test_a_zone_match_alone_gives_the_names_that_it_lists() -> None:
    (identity,) = read(names()[-1]).identities

    assert identity.names == ("core.example.com", "phones.example.com")


def test_the_span_covers_all_records_of_the_log_in_either_order() -> None:
    first = (
        f'2026-03-29T06:00:00.000+05:30 edge tvcs: UTCTime="2026-03-29 00:30:00,000" {"Module"}="a" Level="DEBUG": x'
    )
    last = (
        f'2026-03-29T18:00:00.000+05:30 edge tvcs: UTCTime="2026-03-29 12:30:00,000" {"Module"}="a" Level="DEBUG": x'
    )
    middle = f"{STAMP} tvcs: {INBOUND}"
    forward, backward = read(first, middle, last).span, read(last, middle, first).span

    assert (forward.first, forward.last) == (
        datetime(2026, 3, 29, 0, 30, tzinfo=UTC),
        datetime(2026, 3, 29, 12, 30, tzinfo=UTC),
    )
    assert (backward.first, backward.last) == (forward.first, forward.last)
    assert (forward.lines, forward.records, forward.utc_offset) == (3, 3, 19800)
    assert not forward.has_ssl_debug


def test_a_time_without_year_or_offset_is_not_known() -> None:
    assert event('Mar 29 12:24:39 edge ssh: Detail="ssh: connect to host a port 2222: x" Level="ERROR"').time is None


def test_what_is_shown_is_clean_bounded_and_without_secrets() -> None:
    found = event(
        f'{STAMP} tvcs: Event="Security Alert" Detail="\x1b[31m\u202e password=hunter2 {"long " * 900}" Level="1"'
    )

    assert len(found.detail) <= 2048
    assert found.detail.startswith("\\x1b[31m\\u202e password=[not shown]")
    assert found.detail.endswith("…")


def test_private_keys_are_counted_and_never_kept() -> None:
    key = ("-----BEGIN RSA PRIVATE KEY-----", "c2VjcmV0", "-----END RSA PRIVATE KEY-----")
    reading = read(
        f'{STAMP} web: Event="Certificate Management" Detail="uploaded"',
        *key,
        f'{STAMP} web: Event="Certificate Management" Detail="-----BEGIN PRIVATE KEY-----c2VjcmV0"',
    )

    assert reading.private_keys == 2
    assert "c2VjcmV0" not in repr(reading)
