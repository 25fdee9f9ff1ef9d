"""Lines of a loggingsnapshot, in the families and header forms that published samples show.

Sample::

    2026-03-24T11:54:26.106+00:00 expe tvcs: UTCTime="2026-03-24 11:54:26,106" Module="network.tcp" Level="DEBUG":  …
    2026-03-24T11:54:26.120+00:00 expe tvcs: Event="Inbound TLS Negotiation Error" … UTCTime="2026-03-24 11:54:26.120"
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from zlib import crc32

from analyzer.evidence import Endpoint, Side


class Stamp(StrEnum):
    """Where a line repeats its time as `UTCTime`."""

    FIRST = "module lines: at once, with a comma before the milliseconds"
    LAST = "event lines: at the end, with a full stop"
    NONE = "ssh and other free text"


class Header(StrEnum):
    """How a line begins."""

    ISO = "2026-03-24T11:54:26.106+00:00 expe tvcs: "
    ISO_SECONDS = "2016-04-19T17:09:13+10:00 expe tvcs: "
    HOSTLESS = "2026-03-29T12:24:39.839+05:30  tvcs: "
    NO_PROCESS = "2020-08-12T15:13:24.976-05:00 expe "
    RFC3164 = "Jul 19 15:30:30 expe tvcs: "
    SYSLOG = "<166>2020-08-12T15:13:24.976Z expe tvcs: tvcs: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One record: `text` is all that follows the header, but for the UTCTime. Bodies are further lines of it."""

    time: datetime
    text: str
    process: str = "tvcs"
    stamp: Stamp = Stamp.FIRST


def snapshot(
    lines: Iterable[Line],
    *,
    host: str,
    utc_offset: timedelta = timedelta(0),
    clock_error: timedelta = timedelta(0),
    header: Header = Header.ISO,
) -> bytes:
    """Write lines in the order of their times.

    Args:
        lines: in any order.
        host: as the header names it.
        utc_offset: of the box's time zone.
        clock_error: by how much its clock is ahead of the capture's.
        header: the form of all lines.
    """
    ordered = sorted(lines, key=lambda line: line.time)
    return "".join(
        rendered(replace(line, time=line.time + clock_error), host, utc_offset, header) for line in ordered
    ).encode()


def rendered(line: Line, host: str, utc_offset: timedelta = timedelta(0), header: Header = Header.ISO) -> str:
    """Write one line, with its line end."""
    match line.stamp:
        case Stamp.FIRST:
            content = f'UTCTime="{_utc(line.time, ",")}" {line.text}'
        case Stamp.LAST:
            content = f'{line.text} UTCTime="{_utc(line.time, ".")}"'
        case Stamp.NONE:
            content = line.text
    return f"{_header(line, host, utc_offset, header)}{content}\n"


def module(
    time: datetime,
    name: str,
    level: str,
    text: str,
    *,
    process: str = "tvcs",
    source: str = "",
    method: str = "",
    thread: str = "",
) -> Line:
    """Return a module record. `source` is its CodeLocation."""
    location = "".join(
        f' {key}="{value}"'
        for key, value in (("CodeLocation", source), ("Method", method), ("Thread", thread))
        if value
    )
    return Line(time=time, process=process, text=f'Module="{name}" Level="{level}"{location}:  {text}')


def event(time: datetime, name: str, fields: dict[str, str], *, process: str = "tvcs", level: str = "1") -> Line:
    """Return an event record, its fields in the order given."""
    pairs = " ".join(f'{key}="{value}"' for key, value in {"Event": name, **fields, "Level": level}.items())
    return Line(time=time, process=process, text=pairs, stamp=Stamp.LAST)


def tcp(
    time: datetime, source: Endpoint, destination: Endpoint, detail: str, *, reason: str = "", level: str = "DEBUG"
) -> Line:
    """Return a `network.tcp` record: `TCP Connecting`, `TCP Connection Closed` …"""
    because = f' Reason="{reason}"' if reason else ""
    return module(time, "network.tcp", level, f'{_addresses(source, destination)} Detail="{detail}"{because}')


def ssl(
    time: datetime, level: str, text: str, *, method: str = "ttssl_continueHandshake", thread: str = "0x7f29ddefa700"
) -> Line:
    """Return a `developer.ssl` record."""
    return module(
        time,
        "developer.ssl",
        level,
        text,
        source="ppcmains/ssl/ttssl/ttssl.cpp(2041)",
        method=f"::{method}",
        thread=thread,
    )


def ssl_error(
    time: datetime, local: Endpoint, remote: Endpoint, *, role: Side, reason: str, thread: str = "0x7f29ddefa700"
) -> Line:
    """Return the `developer.ssl` error of a failed handshake. `reason`: as OpenSSL words it, `error:…` and all."""
    text = (
        'TTSSL_continueHandshake: Failed to establish SSL connection iResult="-1" error="1" '
        f'bServer="{"true" if role is Side.SERVER else "false"}" localAddress="{_brackets(local)}" '
        f'remoteAddress="{_brackets(remote)}" ssl_error_reason="{reason}"'
    )
    return ssl(time, "ERROR", text, method="TTSSLErrorOutput", thread=thread)


def negotiation_error(
    time: datetime, source: Endpoint, destination: Endpoint, *, role: Side, detail: str, common_name: str = ""
) -> Line:
    """Return a TLS Negotiation Error event: inbound if the local role is server, else outbound."""
    direction = "Inbound" if role is Side.SERVER else "Outbound"
    fields = {"Service": "SIP", **_address_fields(source, destination), "Detail": detail, "Protocol": "TLS"}
    if common_name:
        fields["Common-name"] = common_name
    return event(time, f"{direction} TLS Negotiation Error", fields)


def sip(time: datetime, action: str, local: Endpoint, remote: Endpoint, message: str, *, indent: str = " ") -> Line:
    """Return a SIP message. `action`: Sent or Received; each line of the body begins with `indent`."""
    other = "Dst" if action == "Sent" else "Src"
    head = (
        f'Action="{action}" Local-ip="{local.address}" Local-port="{local.port}" {other}-ip="{remote.address}" '
        f'{other}-port="{remote.port}" Msg-Hash="{crc32(message.encode())}"'
    )
    body = "".join(f"\n{indent}{line}" for line in ("SIPMSG:", *f"|{message}".splitlines(), "|"))
    return module(time, "network.sip", "DEBUG", f"{head}{body}\n")


def http(time: datetime, local: Endpoint, remote: Endpoint, message: str) -> Line:
    """Return an HTTP request of the traffic server, with its body."""
    body = "".join(f"\n {line}" for line in ("HTTPMSG:", *f"|{message}".splitlines(), "|"))
    text = (
        f'Detail="Sending Request" Txn-id="3028" Dst-ip="{remote.address}" Dst-port="{remote.port}" '
        f'Src-ip="{local.address}" Src-port="{local.port}" Msg="{message.splitlines()[0]}"{body}\n'
    )
    return module(time, "network.http.trafficserver", "DEBUG", text, process="traffic_server[2030]")


def ssh(time: datetime, host: str, reason: str, *, port: int = 2222) -> Line:
    """Return what the SSH client of a Unified Communications tunnel says."""
    text = f'Detail="ssh: connect to host {host} port {port}: {reason}" Level="ERROR"'
    return Line(time=time, process="ssh", text=text, stamp=Stamp.NONE)


def traffic_server(time: datetime, text: str) -> Line:
    """Return a line of the traffic server's own error log: `SSL connection failed for …`."""
    return Line(time=time, process="traffic_server[2030]", text=f"[ET_NET 1] ERROR: {text}", stamp=Stamp.NONE)


def alarm(time: datetime, number: str, severity: str, detail: str, *, action: str = "Raised") -> Line:
    """Return an alarm record. `detail`: `title: description`."""
    text = (
        f'Level="WARN" Event="Alarm {action}" Id="{number}" UUID="3bca6888-f622-11df-93be-07cc953d7b99" '
        f'Severity="{severity}" Detail="{detail}"'
    )
    return Line(time=time, process="alarm", text=text, stamp=Stamp.LAST)


def setting_changed(time: datetime, path: str, before: str, after: str, *, user: str = "admin") -> Line:
    """Return a configuration change as the command line makes it."""
    fields = {
        "Detail": f"xconfiguration {path} - changed from: {before} to: {after}",
        "User": user,
        "Node": "clusterdb@127.0.0.1",
        "PID": "<0.345.0>",
    }
    return event(time, "System Configuration Changed", fields, process="clusterdb")


def _address_fields(source: Endpoint, destination: Endpoint) -> dict[str, str]:
    return {
        "Src-ip": source.address,
        "Src-port": str(source.port),
        "Dst-ip": destination.address,
        "Dst-port": str(destination.port),
    }


def _addresses(source: Endpoint, destination: Endpoint) -> str:
    return " ".join(f'{key}="{value}"' for key, value in _address_fields(source, destination).items())


def _brackets(endpoint: Endpoint) -> str:
    version = "IPv6" if ":" in endpoint.address else "IPv4"
    address = f"[{endpoint.address}]" if version == "IPv6" else endpoint.address
    return f"['{version}''TCP''{address}:{endpoint.port}']"


def _utc(time: datetime, separator: str) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S}{separator}{time.microsecond // 1000:03d}"


def _header(line: Line, host: str, utc_offset: timedelta, header: Header) -> str:
    local = line.time.astimezone(timezone(utc_offset))
    match header:
        case Header.ISO:
            return f"{local.isoformat(timespec='milliseconds')} {host} {line.process}: "
        case Header.ISO_SECONDS:
            return f"{local.isoformat(timespec='seconds')} {host} {line.process}: "
        case Header.HOSTLESS:
            return f"{local.isoformat(timespec='milliseconds')}  {line.process}: "
        case Header.NO_PROCESS:
            return f"{local.isoformat(timespec='milliseconds')} {host} "
        case Header.RFC3164:
            return f"{local:%b} {local.day:2d} {local:%H:%M:%S} {host} {line.process}: "
        case Header.SYSLOG:
            utc = line.time.replace(tzinfo=None).isoformat(timespec="milliseconds")
            return f"<166>{utc}Z {host} {line.process}: {line.process}: "
