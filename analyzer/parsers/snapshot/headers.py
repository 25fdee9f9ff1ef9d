r"""What the first line of a log record looks like, in every form that Expressway and syslog write.

Sample::

    2026-03-24T11:54:26.106+00:00 edge tvcs: UTCTime="2026-03-24 11:54:26,106" Module="network.sip" Level="DEBUG": …
    2016-04-19T17:09:13+10:00 edge tvcs: UTCTime="2016-04-19 07:09:13,979" Module="network.tcp" …
    2020-08-12T15:13:24.976-05:00 edge UTCTime="2020-08-12 20:13:24,975" Event="System Configuration Changed" …
    2026-01-29T14:01:16.974-05:00 core traffic_server[2030]: UTCTime="2026-01-29 19:01:16,974" …
    2020-08-12T15:13:24.976-05:00 edge httpd[15060]: web: Event="System Configuration Changed" …
    2025-06-30T21:53:09.102-04:00 core _c_mgmt: PermissionError: [Errno 13] Permission denied: …
    2026-03-29T12:24:39.839+05:30  tvcs: Event="Inbound TLS Negotiation Error" …
    Jul 19 15:30:30 edge tvcs: UTCTime="2011-07-19 15:30:30,616" Module="network.http" …
    <166>2020-07-19T15:30:30Z edge tvcs: tvcs: UTCTime="2020-07-19 15:30:30,616" …
    core XCP_JABBERD[23843]: UTCTime="2014-03-25 17:19:45,843" ThreadID="139747212576512" Module="Jabber" …

A record starts at the margin with its own stamp and process, and at nothing less: what a peer wrote must not
look like a record. The patterns begin with the line feed before the record, so that a search jumps from line
to line; groups are atomic, so that a failing line is given up at once.
"""

from __future__ import annotations

import re

_PRIORITY = r"(?:<\d{1,3}>(?:1[ ])?)?+"
_ISO_STAMP = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{1,9})?+(?:Z|[+-]\d\d:?\d\d)?+"
_BSD_STAMP = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[ ][ \d]\d[ ]\d\d:\d\d:\d\d"
_WORD = r"[^\s:=\"'<>\[\]|]{1,255}+"
_HOST = rf"(?:(?P<host>{_WORD})[ \t]++)?+"
_FIRST_KEY = r"(?:UTCTime|Event|Level)="

_START = rf"""
    {_PRIORITY}
    (?: (?: (?P<iso>{_ISO_STAMP}) | {_BSD_STAMP} ) [ \t]++
        {_HOST}
        (?: (?P<process>{_WORD})(?:\[\d{{1,9}}\])?+: | (?={_FIRST_KEY}) )
      | (?P<bare_host>{_WORD})[ ](?P<bare_process>{_WORD})(?:\[\d{{1,9}}\])?+:[ ](?=UTCTime="20)
    )
    [ \t]*+
    # syslog servers double the tag; Apache logs for the web interface
    (?: (?P<inner>{_WORD}):[ \t]*+(?={_FIRST_KEY}) )?+
"""

RECORD_START = re.compile(_START, re.VERBOSE | re.ASCII)
"""The header of one line, from its first character to the first pair or word of the message."""

_ANONYMOUS = re.sub(r"\?P<\w+>", "?:", _START)

HEADER = re.compile(rf"\n{_ANONYMOUS}".encode(), re.VERBOSE)
"""The header of a record, with the line feed before it."""

# At DEBUG and INFO these modules tell connections, handshakes and names of peers; the rest is routine.
_WATCHED = r"developer\.ssl|developer\.zone|network\.tcp"

_ROUTINE = rf"""
    UTCTime="[^"\n]*+"[ ]++ (?:ThreadID="[^"\n]*+"[ ]++)?+
    Module="(?![ ]?(?:{_WATCHED}))[^"\n]*+"[ ]++ Level="[ ]?(?:DEBUG|INFO|TRACE)
"""

# The same for the forms of nearly every line, in runs of "anything but one character", which are four times as fast.
# Of these, only that of the time can leave its line, and only where the message is empty: then nothing is lost.
_ROUTINE_AT_A_GLANCE = rf"""
    (?: (?: 20[^ ]{{8,33}}+ | <\d{{1,3}}>20[^ ]{{8,33}}+ | [A-Z][a-z][a-z][ ][ \d]\d[ ]\d\d:\d\d:\d\d )[ ]
        (?: [^ :\n]{{1,255}}+[ ] (?: [^ \n]{{1,255}}+[ ] (?: UTCTime=" | {_WORD}:[ ]UTCTime=" ) | UTCTime=" )
          | [ ]{_WORD}(?:\[\d{{1,9}}\])?+:[ ]UTCTime="
        )
      | {_WORD}[ ]{_WORD}(?:\[\d{{1,9}}\])?+:[ ]UTCTime="
    )
    [^"]{{0,33}}+"[ ]Module="(?![ ]?(?:{_WATCHED}))[^"]{{0,255}}+"[ ]Level="(?:DEBUG|INFO|TRACE)
"""

CANDIDATE = re.compile(
    rf"\n(?!{_ROUTINE_AT_A_GLANCE})(?=[^ \n]){_ANONYMOUS}(?!{_ROUTINE})[^\n]*+".encode(), re.VERBOSE
)
"""A whole record line that is not routine, with the line feed before it."""

HANDSHAKE_GOES_ON = re.compile(
    rb"""
    \n20[^ \n]{8,33}[ ](?P<host>[^\s:="'<>\[\]|]{1,255})[ ]tvcs(?:\[\d{1,9}\])?:[ ]
    UTCTime="(?P<time>20\d\d-\d\d-\d\d[ ]\d\d:\d\d:\d\d[.,]\d{3})"[ ]Module="developer\.ssl"[ ]Level="INFO"[ ]
    CodeLocation="[^"\n]*"[ ]Method="[^"\n]*"[ ]Thread="[^"\n]*":[ ]
    Detail="Handshake[ ]in[ ]progress"(?:[ ]Reason="[^"\n]*")?\Z
    """,
    re.VERBOSE,
)
"""A line of a handshake that says nothing of its own: one in four of those that are not routine."""
