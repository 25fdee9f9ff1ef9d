"""What the page calls the members of its inputs."""

from __future__ import annotations

from msgspec.structs import replace

from analyzer.evidence import Input, MemberKind
from analyzer.report.files import FileNames
from analyzer.report.html import render_html
from analyzer.words import itemized, say
from tests.report.reports import BUNDLE, CAPTURE, member, rich_report


def test_a_member_is_called_by_its_own_name_also_within_our_words() -> None:
    alone = member("eth0.pcap", MemberKind.CAPTURE)
    files = FileNames([Input(name="a.zip", sha256=None, members=(replace(alone, reference="a.zip/eth0.pcap"),))])

    assert files("a.zip/eth0.pcap") == "eth0.pcap"
    told = files(itemized([say("{where}, done", where=say("frame 9 of {file}", file="a.zip/eth0.pcap")), "b"]))
    assert told == "frame 9 of eth0.pcap, done; b"
    other = say("nothing of {it}", it="the kind")
    assert files(other) is other


def test_members_of_one_name_in_two_inputs_keep_what_tells_them_apart() -> None:
    twice = [
        Input(name=name, sha256=None, members=(replace(member("x", MemberKind.OTHER), reference=f"{name}/x"),))
        for name in ("a.zip", "b.zip")
    ]

    assert FileNames(twice)("a.zip/x") == "a.zip/x"


def test_the_page_names_the_input_of_a_member_beside_it_and_not_before_it() -> None:
    page = render_html(rich_report())

    assert f"frame 32 of {BUNDLE}/" not in page
    assert f'title="{BUNDLE}">{CAPTURE.removeprefix(f"{BUNDLE}/")}</code>' in page.replace("<span>", "").replace(
        "</span>", ""
    )
