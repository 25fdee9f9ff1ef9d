"""What the lines of a generated log say: messages, routine, connections, and what is wanted of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

MODULE, EVENT, PLAIN = "module", "event", "plain"
"""Kinds of records: `UTCTime` leads, `UTCTime` ends it, and none at all."""

Line = tuple[str, str, str]
"""Process, kind, and what the record says without its time."""

OWN = "10.106.80.31"
_ZONES = ("DefaultZone", "CollaborationEdgeZone", "UC_Traversal", "Webex_DNS", "CEtls-cucm01.example.com")

PATTERN = "|".join(
    (
        'Event="Inbound TLS Negotiation Error"',
        'Event="Outbound TLS Negotiation Error"',
        'Event="Alarm Raised"',
        'Event="Alarm Lowered"',
        'Event="System Configuration Changed"',
        'Event="Application Start"',
        'Module="developer.ssl" Level="ERROR"',
        'Reason="self signed certificate in certificate chain"',
        'Reason="no certificate returned"',
        "ssh: connect to host",
        "SSL connection failed for",
    )
)
"""For `grep -E`: the wanted lines, and wherever they are quoted."""


def message(random: Random, number: int) -> tuple[Line, Line, str, str]:
    """Return a message's INFO twin, its DEBUG record, the marker, and its body."""
    if number % 12 == 0:
        return _http(random)
    method, build = random.choices(tuple(_BODIES.items()), weights=_WEIGHTS)[0]
    action = random.choice(("Sent", "Received"))
    far = "Dst" if action == "Sent" else "Src"
    ends = (
        f'Action="{action}" Local-ip="{OWN}" Local-port="5061" {far}-ip="{_address(random)}" '
        f'{far}-port="{random.randint(25000, 29999)}"'
    )
    digest = random.getrandbits(64)
    twin = (
        f'Module="network.sip" Level="INFO":  {ends} Detail="{action} Request Method={method}, CSeq=100, '
        f"Request-URI=sip:{_user(random)}@example.com;transport=tls, Call-ID={random.getrandbits(128):032x}@{OWN}, "
        f'From-Tag={random.getrandbits(64):016x}, To-Tag=, Msg-Hash={digest}, Local-SessionID=, Remote-SessionID="'
    )
    debug = f'Module="network.sip" Level="DEBUG":  {ends} Msg-Hash="{digest}"'
    body = f"{method} sip:{_user(random)}@example.com;transport=tls SIP/2.0\n{_sip_headers(random, method)}"
    body += build(random)
    if number % 100 == 50:
        body = body.replace("Max-Forwards: ", "Subject: either|or\nMax-Forwards: ")
    return ("tvcs", MODULE, twin), ("tvcs", MODULE, debug), "SIPMSG", body


def quoting(random: Random) -> tuple[Line, str]:
    """Return the record of a SIP MESSAGE, and its body up to where it quotes a line."""
    debug = f'Module="network.sip" Level="DEBUG":  Action="Received" Local-ip="{OWN}" Local-port="5061"'
    body = f"MESSAGE sip:helpdesk@example.com SIP/2.0\n{_sip_headers(random, 'MESSAGE')}\nlook at this line:\n"
    return ("tvcs", MODULE, debug), body


def routine(random: Random) -> Line:
    """Return a line of a module that says nothing of TLS."""
    thread = f"0x7f{random.getrandbits(40):010x}"
    where = f'CodeLocation="ppcmains/oak/calls/call.cpp({random.randint(20, 3000)})"'
    return random.choice(
        (
            (
                "tvcs",
                MODULE,
                f'Module="developer.call" Level="DEBUG" {where} Method="ooak::Call::route" Thread="{thread}":  '
                f'this="0x55{random.getrandbits(40):010x}" Type="Call" State="CallState_Routing" Leg="1"',
            ),
            (
                "tvcs",
                MODULE,
                f'Module="network.dns" Level="DEBUG":  Detail="Sending DNS query" '
                f'Name="_sips._tcp.{_user(random)}.example.com" Type="SRV (IPv4 and IPv6)"',
            ),
            (
                "tvcs",
                MODULE,
                f'Module="network.search" Level="INFO":  Detail="Search attempted" Source="{_user(random)}@example.com" '
                f'Zone="{random.choice(_ZONES)}" Call-serial-number="{random.getrandbits(64):016x}"',
            ),
            (
                "tvcs",
                MODULE,
                f'Module="developer.nomodule" Level="DEBUG" {where} Method="SipProxy::update" Thread="{thread}":  '
                f'Detail="Refreshing the transaction" Timer="{random.randint(1, 32000)}"',
            ),
            (
                "traffic_server",
                MODULE,
                f'Module="network.http.trafficserver" Level="DEBUG":  Detail="Sending Request" '
                f'Txn-id="{random.randint(1, 99999)}" Dst-ip="{_address(random)}" Dst-port="6972"',
            ),
            (
                "tvcs",
                MODULE,
                f'Module="network.ldap" Level="INFO":  Detail="Authentication credential found in directory" '
                f'Username="{_user(random)}"',
            ),
        )
    )


def connection(random: Random) -> Iterator[Line]:
    """Yield the lines of one TLS connection that comes and goes."""
    thread = f"0x7f{random.getrandbits(40):010x}"
    tcp = (
        f'Module="network.tcp" Level="DEBUG":  Src-ip="{OWN}" Src-port="{random.randint(25000, 29999)}" '
        f'Dst-ip="{_address(random)}" Dst-port="5061" Detail='
    )
    yield "tvcs", MODULE, f'{tcp}"TCP Connecting"'
    yield "tvcs", MODULE, f'{tcp}"TCP Connection Established"'
    for _ in range(2):
        detail = 'Detail="Handshake in progress" Reason="want read/write"'
        yield "tvcs", MODULE, _tls("INFO", "::ttssl_continueHandshake", thread, detail)
    if random.random() < 0.25:
        peer, found = f"{_user(random)}.example.com", "alt-name in peer certificate"
        common_name = f'Detail="Found common name in peer certificate" CommonName="{peer}"'
        yield "tvcs", MODULE, _tls("DEBUG", "::TTSSL_retrieveCommonName", thread, common_name)
        for name in (peer, "example.com"):
            alt_name = f'Detail="Found DNS {found}" AltName="{name}"'
            yield "tvcs", MODULE, _tls("DEBUG", "::TTSSL_retrieveAltNames", thread, alt_name)
        yield (
            "tvcs",
            MODULE,
            'Module="developer.zone.zonemgr" Level="DEBUG" CodeLocation="ppcmains/oak/zones/ZoneManager.cpp(1226)" '
            f'Method="ZoneManager::getZoneByIdentities" Thread="{thread}":  this="0x561c2d1cb0a0"  '
            f'Detail="getZoneByIdentities, match complete" Identitites="{{CN: {peer}, Alt-DNS: {peer}, Alt-DNS: '
            f'example.com}}" MatchMechanism="DNSZoneMatch" MatchedZone="{random.choice(_ZONES)}"',
        )
    yield "tvcs", MODULE, _tls("DEBUG", "::ttssl_continueHandshake", thread, 'Detail="Handshake succeeded"')
    yield "tvcs", MODULE, f'{tcp}"TCP Connection Closed" Reason="Got EOF on socket"'


def wanted(random: Random) -> tuple[Line, ...]:
    """Return the line or lines of something that the report tells of."""
    return random.choice((_refused, _refused, _no_certificate, _alarm, _change, _start, _tunnel, _proxy))(random)


def _refused(random: Random) -> tuple[Line, ...]:
    far, port, reason = _address(random), random.randint(25000, 60000), "self signed certificate in certificate chain"
    ends = f'Src-ip="{far}" Src-port="{port}" Dst-ip="{OWN}" Dst-port="5062"'
    error = (
        'TTSSL_continueHandshake: Failed to establish SSL connection iResult="-1" error="1" bServer="true" '
        f"localAddress=\"['IPv4''TCP''{OWN}:5062']\" remoteAddress=\"['IPv4''TCP''{far}:{port}']\" ssl_error_reason="
        '"error:14089086:SSL routines:ssl3_get_client_certificate: certificate verify failed"'
    )
    event = f'Event="Inbound TLS Negotiation Error" Service="SIP" {ends} Detail="{reason}" Protocol="TLS" Level="1"'
    closed = f'Module="network.tcp" Level="DEBUG":  {ends} Detail="TCP Connection Closed" Reason="{reason}"'
    return (
        ("tvcs", EVENT, event),
        ("tvcs", MODULE, _tls("ERROR", "::TTSSLErrorOutput", f"0x7f{random.getrandbits(40):010x}", error)),
        ("tvcs", MODULE, closed),
    )


def _no_certificate(random: Random) -> tuple[Line, ...]:
    ends = f'Src-ip="{_address(random)}" Src-port="{random.randint(25000, 60000)}" Dst-ip="{OWN}" Dst-port="5061"'
    closed = (
        f'Module="network.tcp" Level="DEBUG":  {ends} Detail="TCP Connection Closed" Reason="no certificate returned"'
    )
    return (("tvcs", MODULE, closed),)


def _alarm(random: Random) -> tuple[Line, ...]:
    change = random.choice(("Raised", "Lowered"))
    text = (
        f'Level="WARN" Event="Alarm {change}" Id="20004" UUID="3bca6888-f622-11df-93be-07cc953d7b99" '
        'Severity="warning" Detail="Cluster communication failure: The system is unable to communicate with a peer"'
    )
    return (("alarm", EVENT, text),)


def _change(random: Random) -> tuple[Line, ...]:
    text = (
        'Event="System Configuration Changed" Node="clusterdb@expe01.example.com" PID="<0.345.0>" Detail='
        f'"xconfiguration zones zone {random.randint(1, 9)} tls verify mode - changed from: Off to: On"'
    )
    return (("web", EVENT, text),)


def _start(_: Random) -> tuple[Line, ...]:
    return (("tvcs", EVENT, 'Event="Application Start" Detail="tvcs started" Level="1"'),)


def _tunnel(random: Random) -> tuple[Line, ...]:
    detail = f"ssh: connect to host {_user(random)}.example.com port 2222: Connection timed out"
    return (("ssh", PLAIN, f'Level="ERROR" Detail="{detail}"'),)


def _proxy(random: Random) -> tuple[Line, ...]:
    failure = "error:14094418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca"
    text = f"[ET_NET 1] ERROR: SSL connection failed for '{_user(random)}.example.com':{failure}"
    return (("traffic_server", MODULE, f'Module="network.http.trafficserver" Level="ERROR":  {text}'),)


def _tls(level: str, method: str, thread: str, rest: str) -> str:
    code = "ppcmains/ssl/ttssl/ttssl_openssl.cpp(68)"
    return f'Module="developer.ssl" Level="{level}" CodeLocation="{code}" Method="{method}" Thread="{thread}": {rest}'


def _http(random: Random) -> tuple[Line, Line, str, str]:
    ends = f'Src-ip="{_address(random)}" Src-port="{random.randint(25000, 60000)}" Dst-ip="{OWN}" Dst-port="8443"'
    twin = f'Module="network.http.trafficserver" Level="INFO":  Detail="Receive Request" {ends} Txn-id="1"'
    debug = f'Module="network.http.trafficserver" Level="DEBUG":  Detail="Receive Request" {ends}'
    body = (
        f"GET http://vcs_control.example.com:8443/ZXhhbXBsZS5jb20/get_edge_config/{_user(random)} HTTP/1.1\n"
        f"Host: {OWN}:8443\nAuthorization: <CONCEALED>\nCookie: <CONCEALED>\nAccept: */*\n"
        "User-Agent: Jabber-Win-12.9.1\nTrackingID: "
        f"{random.getrandbits(128):032x}\nContent-Type: text/xml\n\n"
        + "".join(f"<address><name>{_user(random)}</name><port>6970</port></address>\n" for _ in range(8))
    )
    return ("traffic_server", MODULE, twin), ("traffic_server", MODULE, debug), "HTTPMSG", body


def _sip_headers(random: Random, method: str) -> str:
    via = "".join(
        f"Via: SIP/2.0/TLS {_address(random)}:5061;egress-zone={random.choice(_ZONES)};branch=z9hG4bK"
        f"{random.getrandbits(128):032x}.{random.getrandbits(64):016x};proxy-call-id={random.getrandbits(64):016x};"
        f"received={_address(random)};rport={random.randint(1024, 65535)};ingress-zone={random.choice(_ZONES)}\n"
        for _ in range(random.randint(1, 4))
    )
    user = _user(random)
    return (
        f"{via}Call-ID: {random.getrandbits(128):032x}@{OWN}\nCSeq: 100 {method}\nContact: <sip:{user}@{OWN}:5061;"
        f"transport=tls>\nFrom: <sip:{user}@example.com>;tag={random.getrandbits(64):016x}\nTo: <sip:{_user(random)}"
        "@example.com>\nMax-Forwards: 15\nAllow: INVITE,ACK,CANCEL,INFO,OPTIONS,BYE,REFER,NOTIFY,SUBSCRIBE,UPDATE\n"
        "User-Agent: TANDBERG/4137 (X15.5)\nSupported: replaces,timer,path,outbound,gruu\n"
    )


def _sdp(random: Random) -> str:
    lines = "".join(
        f"a=rtpmap:{number} opus/48000/2\na=fmtp:{number} maxplaybackrate=16000\n" for number in range(16)
    )
    key = f"{random.getrandbits(240):060x}"
    media = f"m=audio {random.randint(36000, 59999)} RTP/SAVP 96 97 98\na=crypto:1 AES_CM_128 inline:{key}\n"
    return f"Content-Type: application/sdp\nContent-Length: 1200\n\nv=0\no=- 1 1 IN IP4 {OWN}\ns=-\n{media}{lines}a=sendrecv\n"


def _presence(random: Random) -> str:
    tuples = "".join(
        f'<tuple id="{random.getrandbits(32):08x}"><status><basic>open</basic></status></tuple>\n'
        for _ in range(random.randint(2, 8))
    )
    return f'Content-Type: application/pidf+xml\nContent-Length: 600\n\n<?xml version="1.0"?>\n<presence>\n{tuples}</presence>\n'


def _nothing(_: Random) -> str:
    return "Content-Length: 0\n\n"


_BODIES: dict[str, Callable[[Random], str]] = {
    "OPTIONS": _nothing,
    "REGISTER": _nothing,
    "INVITE": _sdp,
    "ACK": _nothing,
    "BYE": _nothing,
    "NOTIFY": _presence,
    "SUBSCRIBE": _nothing,
    "UPDATE": _sdp,
}
_WEIGHTS = (20, 20, 15, 10, 8, 12, 8, 7)


def _address(random: Random) -> str:
    return f"10.{random.randint(1, 99)}.{random.randint(1, 250)}.{random.randint(1, 250)}"


def _user(random: Random) -> str:
    return f"user{random.randint(1000, 9999)}"
