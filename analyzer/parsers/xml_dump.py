"""Reduces an XML dump to leaves while it is being read, without ever building a tree.

Sample::

    <?xml version="1.0"?>
    <Configuration xmlns="http://www.tandberg.no/XML/CUIL/1.0">
      <SIP item="1"><TLS item="1"><Mode item="1">On</Mode></TLS></SIP>
      <Zones item="1"><Zone item="1"><Name item="1">Traversal</Name></Zone></Zones>
    </Configuration>

The dump is untrusted: a document type declaration (and with it every entity) is refused at once, nothing is fetched,
and broken XML is kept up to the break, with a row that names the place. Namespaces are ignored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from lxml import etree
from msgspec import Struct, field

from analyzer.evidence import Problem
from analyzer.parsers.leaves import (
    MAX_LEAVES,
    MAX_VALUE,
    WRAPPER_DEPTH,
    LeafReading,
    Leaves,
    Reduction,
    Step,
    beginning,
    plain,
)
from analyzer.parsers.readable import Readable
from analyzer.text import clean
from analyzer.words import Words, say

if TYPE_CHECKING:
    from lxml.etree import ParserTarget

_CHUNK = 1 << 16
_MAX_DEPTH = 256
_MAX_SIBLING_NAMES = 4096
_MAX_NAME = 128
_CONTROL = bytes(byte for byte in range(32) if byte not in b"\t\n\r")
_WITHOUT_CONTROL = bytes.maketrans(_CONTROL, b"?" * len(_CONTROL))


class _RefusedError(Exception):
    """The document is not read any further. `why` says why, in words for a person."""

    def __init__(self, why: Words) -> None:
        super().__init__(why)
        self.why = why


class _DoctypeError(_RefusedError):
    """The document declares a type, which no Expressway dump does, and entities might follow."""


class _Element(Struct):
    """An open element.

    Attributes:
        words: of the steps from the root down to it; empty deeper than wrappers go.
        begin: see `beginning`; None: nothing here is wanted.
        attribute: a value written there.
    """

    step: Step
    words: tuple[str, ...]
    begin: int | None
    attribute: str = ""
    text: str = ""
    has_children: bool = False
    siblings: dict[str, int] = field(default_factory=dict)


class _Flattener:
    """Parser target: hands each element's text to the reduction when the element ends."""

    def __init__(self, reduction: Reduction) -> None:
        self._reduction = reduction
        self._open: list[_Element] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if len(self._open) >= _MAX_DEPTH:
            raise _RefusedError(say("elements are nested deeper than {most} levels", most=_MAX_DEPTH))
        if self._reduction.full:
            raise _RefusedError(say("more than {most:,} values", most=MAX_LEAVES))
        name, word = _local_name(tag[-_MAX_NAME:])
        parent = self._open[-1] if self._open else None
        occurrence = 1
        if parent:
            parent.has_children = True
            occurrence = parent.siblings.get(word, 0) + 1
            if occurrence > 1 or len(parent.siblings) < _MAX_SIBLING_NAMES:
                parent.siblings[word] = occurrence
        index = attributes.get("item") or attributes.get("index", "")
        step = Step(name, word, int(index) if index.isdecimal() and len(index) < 10 else None, occurrence)
        begin = parent.begin if parent else None
        words: tuple[str, ...] = ()
        if begin is None and len(self._open) < WRAPPER_DEPTH:
            words = (*parent.words, word) if parent else (word,)
            begin = beginning(words)
        self._open.append(_Element(step, words, begin, attributes.get("value", "")))
        if begin is not None and "name" in attributes:
            self._reduction.add((*self._trail(), Step("name", "name")), begin, attributes["name"])

    def data(self, text: str) -> None:
        element = self._open[-1]
        if element.begin is not None and len(element.text) <= MAX_VALUE:
            element.text += text[:MAX_VALUE] if element.text else text.lstrip()[:MAX_VALUE]

    def end(self, _tag: str) -> None:
        element = self._open[-1]
        if element.begin is not None:
            text = element.text.strip() or element.attribute
            if text or not element.has_children:
                self._reduction.add(self._trail(), element.begin, text)
        self._open.pop()

    def doctype(self, _name: str, _public: str | None, _system: str | None) -> None:
        raise _DoctypeError(say("it declares a document type (DOCTYPE), which Expressway dumps never do"))

    def close(self) -> None:
        """Nothing is returned: the reduction holds the result."""

    def _trail(self) -> tuple[Step, ...]:
        return tuple(element.step for element in self._open)


def read_xml_leaves(stream: Readable, file: str, what: Words) -> LeafReading:
    """Reduce an XML dump. `what` names it in problems (`xconf dump (XML)`). Never raises for bad input."""
    reduction = Reduction("/")
    target = cast("ParserTarget[None]", _Flattener(reduction))
    parser = etree.XMLParser(target=target, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    pieces = _Pieces(stream)
    why: Words | None = None
    try:
        for piece in pieces:
            parser.feed(piece)
        parser.close()
    except _DoctypeError as refusal:
        reduction.leaves.clear()
        why = refusal.why
    except _RefusedError as refusal:
        why = refusal.why
    except etree.LxmlError as error:
        why = _reason(error)
    except UnicodeError:
        why = say("it holds bytes that are no text in the encoding that it declares")
    problems = []
    if why:
        leaves_open = (
            say("whatever stands after that place") if reduction.leaves else say("everything that only it says")
        )
        not_whole = say("{what} could not be read whole", what=what)
        problems.append(Problem(file=file, what=not_whole, why=why, leaves_open=leaves_open))
    if pieces.replaced:
        problems.append(
            Problem(
                file=file,
                what=say("{what} holds control characters, which XML forbids", what=what),
                why=say("{count} of them were read as question marks", count=pieces.replaced),
                leaves_open=say("the exact spelling of values with a question mark"),
            )
        )
    return LeafReading(leaves=Leaves(reduction.leaves), problems=tuple(problems), complete=why is None)


class _Pieces(Struct):
    """The document in pieces: bare UTF-16 marked as such, control characters in 8-bit text replaced and counted."""

    stream: Readable
    replaced: int = 0

    def __iter__(self) -> Iterator[bytes]:
        head = self.stream.read(_CHUNK)
        if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
            yield head
        elif 0 in head[:2]:
            yield (b"\xfe\xff" if head[:1] == b"\0" else b"\xff\xfe") + head
        else:
            yield self._without_control(head.removeprefix(b"\xef\xbb\xbf").lstrip())
            while piece := self.stream.read(_CHUNK):
                yield self._without_control(piece)
            return
        while piece := self.stream.read(_CHUNK):
            yield piece

    def _without_control(self, piece: bytes) -> bytes:
        self.replaced += len(piece) - len(piece.translate(None, _CONTROL))
        return piece.translate(_WITHOUT_CONTROL)


@lru_cache(maxsize=2048)
def _local_name(tag: str) -> tuple[str, str]:
    name = tag.rpartition("}")[2].rpartition(":")[2]
    return name, plain(name)


def _reason(error: etree.LxmlError) -> Words:
    message = str(error).partition(", line ")[0].strip()
    if isinstance(error, etree.XMLSyntaxError) and error.lineno:
        line, column = error.position
        return say(
            "the XML breaks off at line {line}, column {column}: {message}",
            line=line,
            column=column,
            message=clean(message, 250),
        )
    return say("it holds no XML element") if "no element" in message else say("the XML parser gave up")
