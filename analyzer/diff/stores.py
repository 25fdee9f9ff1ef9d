"""The certificates in the stores and the trusted CA list: the same, renewed, of another CA, replaced, gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from analyzer.diff.pairs import Nodes, Pair, Shown
from analyzer.diff.saved import SavedCertificate
from analyzer.diff.sections import Row, Section, Subject, added_and_gone, changed, joined, row
from analyzer.evidence import CertificateOrigin, MemberKind
from analyzer.facts.releases import with_one_store
from analyzer.report.wording import ORIGINS
from analyzer.text import common_name_of, person_serial

StoreName = Literal["server", "client"]
STORES: tuple[StoreName, ...] = ("server", "client")


def stores_section(nodes: Nodes) -> Section:
    """Tell of each store what became of its certificate; that it is the same, too, if another one changed."""
    told = [one for pair in nodes.pairs for one in _stores(pair)]
    return Section(Subject.STORES, tuple(one for one, _ in told) if any(is_change for _, is_change in told) else ())


def _stores(pair: Pair) -> list[tuple[Row, bool]]:
    """Return a node's rows, and of each whether it is a change; one row where both stores say the same."""
    server, client = (_store(pair, store) for store in STORES)
    if server == client and server[0]:
        return [(Row(f"{pair.label}, both stores", server[0]), server[1])]
    has_one = all(with_one_store(shown.node.version) for shown in (pair.before, pair.after))
    named = (("single store" if has_one else "server store", server), ("client store", client))
    return [(Row(f"{pair.label}, {name}", lines), is_change) for name, (lines, is_change) in named if lines]


def _store(pair: Pair, store: StoreName) -> tuple[tuple[str, ...], bool]:
    """Return what to say of a store, and whether it is a change."""
    before, after = _chain(pair.before, store), _chain(pair.after, store)
    if before is None and after is None:
        return (), False
    old, new = _leaf(pair.before, before), _leaf(pair.after, after)
    if before is None:
        return (f"{_why_none(pair.before, store, 'before')}; now {_now(pair.after, store, new)}",), True
    if after is None:
        return (f"{_why_none(pair.after, store, 'after')}; before {_one(old)}",), True
    if old is None or new is None:
        return ((), False) if old is new else ((f"{_one(old)} → {_one(new)}",), True)
    if before[0] == after[0]:
        return _same(pair, new, before, after)
    return (_what_came(old, new), *_changes(old, new)), True


def _chain(shown: Shown, store: StoreName) -> tuple[str, ...] | None:
    stores = shown.node.stores
    return stores.server if store == "server" else stores.client


def _leaf(shown: Shown, chain: Sequence[str] | None) -> SavedCertificate | None:
    return shown.report.certificates.get(chain[0]) if chain else None


def _why_none(shown: Shown, store: StoreName, when: str) -> str:
    """Say why there is no store: the release has none, or its file is not in the bundle, which says nothing."""
    if store == "client" and with_one_store(shown.node.version):
        return f"{'added' if when == 'before' else 'gone'}: {shown.node.version} has no client store"
    return f"not to be seen {when}: no {store}_….pem in that bundle"


def _now(after: Shown, store: StoreName, leaf: SavedCertificate | None) -> str:
    server = after.node.stores.server
    is_copy = store == "client" and server and after.node.stores.client and server[0] == after.node.stores.client[0]
    return "the certificate of the server store" if is_copy else _one(leaf)


def _one(leaf: SavedCertificate | None) -> str:
    if leaf is None:
        return "no certificate that could be read"
    return f"{_name(leaf)}, serial {person_serial(leaf.serial)}, {_usage(leaf)}, issued by {_issuer(leaf)}"


def _same(
    pair: Pair, leaf: SavedCertificate, before: Sequence[str], after: Sequence[str]
) -> tuple[tuple[str, ...], bool]:
    others = added_and_gone(
        _subjects(pair.before.certificates(before[1:])), _subjects(pair.after.certificates(after[1:]))
    )
    more = (f"other certificates in its file: {', '.join(others)}",) if others else ()
    return (f"the same: {_name(leaf)}, serial {person_serial(leaf.serial)}", *more), bool(others)


def _what_came(old: SavedCertificate, new: SavedCertificate) -> str:
    """Name the kind of change. Renewed: the same CA issued a certificate for the same host again."""
    if not _names(old) & _names(new):
        return f"replaced: {_name(old)} → {_name(new)}"
    if old.issuer is None or new.issuer is None:
        return f"new certificate: {_name(new)}"
    if old.issuer != new.issuer:
        return f"new certificate, from another CA: {_name(new)}"
    is_older = old.not_before is not None and new.not_before is not None and new.not_before < old.not_before
    return f"replaced by one that was issued earlier: {_name(new)}" if is_older else f"renewed: {_name(new)}"


def _names(certificate: SavedCertificate) -> frozenset[str]:
    name = common_name_of(certificate.subject)
    return frozenset(
        one.lower() for one in (*([f"DNS:{name}"] if name else []), *certificate.subject_alternative_names)
    )


def _changes(old: SavedCertificate, new: SavedCertificate) -> Iterator[str]:
    yield from changed("serial", person_serial(old.serial), person_serial(new.serial))
    yield from changed("subject", old.subject, new.subject)
    yield from changed("issuer", _issuer(old), _issuer(new))
    yield from changed("valid", _validity(old), _validity(new))
    yield from _usage_change(old, new)
    yield _key(old, new)
    names = added_and_gone(old.subject_alternative_names, new.subject_alternative_names)
    if names:
        yield f"names {', '.join(names)}"


def _usage_change(old: SavedCertificate, new: SavedCertificate) -> Iterator[str]:
    if _usage(old) == _usage(new):
        return
    (told,) = changed("usage", _usage(old), _usage(new))
    could, can = (one.extended_key_usage for one in (old, new))
    if could is None or can is None or ("clientAuth" in could) == ("clientAuth" in can):
        yield told
    else:
        yield f"{told}: {'gained' if 'clientAuth' in can else 'lost'} clientAuth"


def _usage(certificate: SavedCertificate) -> str:
    if "extended_key_usage" in certificate.unreadable:
        return "unreadable"
    usages = certificate.extended_key_usage
    return "no extended key usage" if usages is None else ", ".join(usages) or "an empty extended key usage"


def _key(old: SavedCertificate, new: SavedCertificate) -> str:
    kinds = [" ".join(str(part) for part in (one.key.type, one.key.bits) if part) or "?" for one in (old, new)]
    if old.key.sha256 and new.key.sha256:
        if old.key.sha256 == new.key.sha256:
            return f"key the same ({kinds[1]})"
        return f"key another one ({kinds[1]})" if kinds[0] == kinds[1] else f"key {kinds[0]} → {kinds[1]}"
    return f"key {kinds[0]} → {kinds[1]}" if kinds[0] != kinds[1] else "key: whether it is the same is not known"


def _name(certificate: SavedCertificate) -> str:
    names = certificate.subject_alternative_names
    return common_name_of(certificate.subject) or (names[0] if names else None) or "a certificate without a name"


def _issuer(certificate: SavedCertificate) -> str:
    known = {str(origin): words for origin, words in ORIGINS.items() if origin is not CertificateOrigin.UNKNOWN}
    kind = known.get(certificate.origin)
    return f"{common_name_of(certificate.issuer) or 'unreadable'}{f' ({kind})' if kind else ''}"


def _validity(certificate: SavedCertificate) -> str:
    return " to ".join(
        f"{day:%Y-%m-%d}" if day else "unreadable" for day in (certificate.not_before, certificate.not_after)
    )


def trusted_section(nodes: Nodes) -> Section:
    """Tell which authorities were appended to and removed from the trusted CA lists, by their subjects."""
    return Section(Subject.TRUSTED, joined([one for pair in nodes.pairs for one in row(pair.label, _trusted(pair))]))


def _trusted(pair: Pair) -> Iterator[str]:
    before, after = pair.before.node.stores.trusted, pair.after.node.stores.trusted
    if before is None or after is None:
        return
    old, new = frozenset(before), frozenset(after)
    added = pair.after.certificates(one for one in after if one not in old)
    removed = pair.before.certificates(one for one in before if one not in new)
    yield from (f"+ {words}" for words in _subjects(added))
    yield from (f"− {words}" for words in _subjects(removed))
    if (added or removed) and MemberKind.CA_PEM in pair.before.in_part | pair.after.in_part:
        yield "One of the two lists could be read only in part: what it lacks may stand in what was not read."


def _subjects(certificates: dict[str, SavedCertificate]) -> tuple[str, ...]:
    return tuple(
        sorted(
            f"{one.subject or 'a subject that cannot be read'}, serial {person_serial(one.serial)}"
            + (f", valid to {one.not_after:%Y-%m-%d}" if one.not_after else "")
            for one in certificates.values()
        )
    )
