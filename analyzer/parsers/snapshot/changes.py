"""What may be shown of a record's words, and what a change of a setting says.

Sample::

    xconfiguration clusterConfiguration tls_verify - changed from: Permissive to: Enforcing
    configuration/cluster/tls_verify - changed from: 'Permissive' to: 'Enforcing'
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from msgspec import Struct, field

from analyzer.text import clean

_SECRET_KEYS = ("password", "passphrase", "secret", "token", "cookie", "authorization")
_KEY_MARK, _CIPHER_MARK, _INLINE_MARK = "PRIVATE KEY", "{cipher}", "inline:"
_PRIVATE_KEY = re.compile(rf"-----BEGIN [A-Z ]{{0,40}}{_KEY_MARK}.*", re.DOTALL)
_SECRET_VALUE = re.compile(
    rf"\b((?:{'|'.join(_SECRET_KEYS)})\"?[ ]?[=:][ ]?\"?)[^\s\"]++"
    rf"|(?P<cipher>{re.escape(_CIPHER_MARK)})[^\s\"']*+|(?P<inline>{_INLINE_MARK})\S++",
    re.IGNORECASE,
)
_SECRET_WORDS = (*_SECRET_KEYS, _KEY_MARK.lower(), _CIPHER_MARK, _INLINE_MARK)
"""Where none of these stands, in lower case, neither pattern finds anything."""

# `ExtendedKeyUsage` and `DhKeySize` are settings to be shown, every other key is not.
_SECRET_NAME = re.compile(
    r"pass(?:word|phrase|wd)|secret|token|community|credential|\bpin\b|key(?!.?(?:usage|size))|hash", re.IGNORECASE
)
_PREFIX = re.compile(r"\A\s*x?configuration[\s/]+", re.IGNORECASE)
_REMOVED = "[not shown]"
_SHORT = 64


class SettingNote(Struct, frozen=True, kw_only=True):
    """A change of a setting as it may be shown.

    Attributes:
        detail: the words, without the values of a secret.
        fields: `Setting` (path with blanks between the parts, without `xconfiguration`), `Value`, `Previous`.
    """

    detail: str
    fields: Mapping[str, str] = field(default_factory=dict)


def shown(text: str, limit: int = 1024) -> str:
    """Return untrusted words as they may be shown: no secret, no control characters, at most `limit` characters."""
    return _short_shown(text, limit) if len(text) <= _SHORT else _shown(text, limit)


def _shown(text: str, limit: int) -> str:
    # Outside of ASCII there are letters that only the pattern takes for others.
    if text.isascii() and not any(map(text.lower().__contains__, _SECRET_WORDS)):
        return clean(text, limit)
    without_key = _PRIVATE_KEY.sub("[private key not shown]", text[:65536])
    return clean(_SECRET_VALUE.sub(_without_secret, without_key), limit)


# Most values are short and repeat: names of processes, levels, protocols.
_short_shown = lru_cache(maxsize=1024)(_shown)


def _without_secret(match: re.Match[str]) -> str:
    return (match[1] or match["cipher"] or match["inline"]) + _REMOVED


def setting_change(detail: str) -> SettingNote:
    """Read the detail of a `System Configuration Changed` record; what it does not say is left out."""
    path, changed, values = detail.partition(" - ")
    if not changed:
        path, changed, values = detail.partition(": ")
    setting = _PREFIX.sub("", path).replace("/", " ").strip()
    if _SECRET_NAME.search(setting):
        return SettingNote(detail=f"{path}{changed}{_REMOVED}" if changed else _REMOVED, fields={"Setting": setting})
    before, to, after = values.partition("to: ")
    fields = {"Setting": setting} if changed else {}
    if to:
        fields |= {"Value": _unquoted(after), "Previous": _unquoted(before.partition("from: ")[2])}
    elif changed == ": ":
        fields["Value"] = _unquoted(values)
    return SettingNote(detail=detail, fields={key: value for key, value in fields.items() if value})


def _unquoted(value: str) -> str:
    return value.strip().strip("'\"").strip()
