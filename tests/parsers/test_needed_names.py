"""Names that the dumps hold for services, wherever and however they are spelt."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.evidence import ConfiguredName, NeededNames
from analyzer.parsers.xconf import merge_configurations, read_xconf_text, read_xconf_xml
from analyzer.parsers.xstat import read_xstat_xml

SOMETHING = '*c xConfiguration SystemUnit Name: "core"\n'


def text_names(*lines: str) -> NeededNames:
    document = SOMETHING + "".join(f"*c xConfiguration {line}\n" for line in lines)
    reading = read_xconf_text(BytesIO(document.encode()), "b.zip/xconf.txt")
    assert reading.configuration
    return reading.configuration.needed_names


def xml_names(content: str) -> NeededNames:
    document = f"<Configuration><SystemUnit><Name>core</Name></SystemUnit>{content}</Configuration>"
    reading = read_xconf_xml(BytesIO(document.encode()), "b.zip/xconf.xml")
    assert reading.configuration
    return reading.configuration.needed_names


def only(names: tuple[ConfiguredName, ...] | None) -> list[str] | None:
    return None if names is None else [one.name for one in names]


def test_a_dump_that_names_none_does_not_say_that_there_are_none() -> None:
    assert text_names('SIP Domains Domain 1 Name: "a.example"', 'SIP Domains Domain 1 Edgesip: "On"') == NeededNames()


@pytest.mark.parametrize("flag", ["XmppFederation", "Xmppfederation", "Xmpp Federation", "EdgeXmppFederation"])
def test_domains_are_flagged_for_federation(flag: str) -> None:
    names = text_names(
        'SIP Domains Domain 1 Name: "a.example"',
        f'SIP Domains Domain 1 {flag}: "On"',
        'SIP Domains Domain 2 Name: "b.example"',
        f'SIP Domains Domain 2 {flag}: "Off"',
    )

    assert names.federation_domains == (
        ConfiguredName(name="a.example", source="b.zip/xconf.txt: xConfiguration SIP Domains Domain 1"),
    )


def test_federation_that_is_off_everywhere_is_known_to_need_no_names() -> None:
    domain = ('SIP Domains Domain 1 Name: "a.example"', 'SIP Domains Domain 1 XmppFederation: "Off"')

    assert text_names(*domain).federation_domains == ()
    assert text_names('CollaborationEdge XmppFederation: "Off"').federation_domains == ()
    assert text_names('XMPP Federation Mode: "On"').federation_domains is None


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ('XMPP ChatNodeAlias 1 Alias: "chat.example"', ["chat.example"]),
        ('CollaborationEdge Chat Node Alias 1 Name: "chat.example"', ["chat.example"]),
        ('XMPP Federation ChatAliases: "a.example, b.example"', ["a.example", "b.example"]),
        ('XMPP Federation AllowList ChatNodeAlias 1 Name: "other.example"', None),
        ('XMPP Federation StaticRoute ChatNodeAlias 1 Name: "other.example"', None),
        ('XMPP ChatNodeAlias Count: "2"', None),
        ('XMPP ChatNodeAlias Mode: "On"', None),
    ],
)
def test_chat_aliases_are_told_by_the_end_of_their_path(line: str, names: list[str] | None) -> None:
    assert only(text_names(line).chat_aliases) == names


def test_xml_tells_the_same_and_each_name_once() -> None:
    names = xml_names(
        "<XMPP><Federation><Domain item='1'><Name>a.example</Name></Domain>"
        "<Domain item='2'><Name>A.example</Name></Domain></Federation></XMPP>"
        "<CollaborationEdge><PhoneSecurityProfile item='1'><Name>secure.a.example</Name></PhoneSecurityProfile>"
        "<PhoneSecurityProfile item='2'><Name>Cisco 8861 - Standard</Name></PhoneSecurityProfile></CollaborationEdge>"
    )

    assert only(names.federation_domains) == ["a.example"]
    assert only(names.phone_security_profiles) == ["secure.a.example", "Cisco 8861 - Standard"]
    assert names.phone_security_profiles
    assert names.phone_security_profiles[0].source.startswith("b.zip/xconf.xml: Configuration/CollaborationEdge/")


def test_the_status_dump_may_hold_them_too() -> None:
    document = (
        "<Status><SystemUnit><Product>p</Product></SystemUnit>"
        "<XMPP><ChatNodeAlias item='1'>chat.example</ChatNodeAlias></XMPP></Status>"
    )
    status = read_xstat_xml(BytesIO(document.encode()), "b.zip/xstat.xml").status

    assert status
    assert only(status.needed_names.chat_aliases) == ["chat.example"]


def test_text_fills_in_what_the_xml_does_not_name() -> None:
    xml = read_xconf_xml(BytesIO(b"<Configuration><SystemUnit><Name>c</Name></SystemUnit></Configuration>"), "x.xml")
    text = read_xconf_text(BytesIO(b'*c xConfiguration XMPP ChatNodeAlias 1 Name: "chat.example"\n'), "x.txt")
    assert xml.configuration
    assert text.configuration

    merged = merge_configurations(xml.configuration, text.configuration)

    assert only(merged.needed_names.chat_aliases) == ["chat.example"]


@given(st.text(max_size=60))
def test_any_value_is_borne(value: str) -> None:
    names = text_names(f"XMPP ChatNodeAlias 1 Alias: {value}".replace("\n", " "))

    assert names.chat_aliases is None or all(one.name for one in names.chat_aliases)
