"""Verdicts and findings: what came of it, and which diagnoses are new, gone or of another weight."""

from __future__ import annotations

from typing import Any

from tests.diff.reports import CLIENT, NEWER, Json, finding, members, node, report, said, unanswered, verdict


def presented(**changes: Any) -> Json:
    return {"visibility": "seen", "certificate": CLIENT, "serial": "c1", "store": "client", **changes}


def with_verdicts(*verdicts: Json) -> Json:
    return report(verdicts=list(verdicts))


def verdicts(before: Json, after: Json) -> str:
    return said("Verdicts", with_verdicts(before), with_verdicts(after))


def with_findings(*findings: Json, **changes: Any) -> Json:
    return report(findings=list(findings), **changes)


def findings(before: Json, after: Json) -> str:
    return said("Findings", before, after)


def test_an_outcome_that_changed_is_told() -> None:
    refused = verdict(outcome="refused", refused_by="server")

    assert verdicts(refused, verdict()) == "core as TLS client with edge: refused by the peer → completed"


def test_another_certificate_is_told_even_if_the_outcome_is_the_same() -> None:
    other = verdict(presented=presented(certificate=NEWER, serial="ff", store="both"))

    assert verdicts(verdict(), other) == (
        "core as TLS client with edge: completed as before presented serial 1A:2B (client store) → "
        "serial FF (both stores)"
    )


def test_an_equal_serial_of_another_certificate_is_another_certificate() -> None:
    assert "serial 1A:2B (client store) → serial 1A:2B (client store)" in verdicts(
        verdict(), verdict(presented=presented(certificate=NEWER, serial="1a2b"))
    )


def test_a_certificate_that_is_no_longer_visible_is_told_by_the_reason() -> None:
    hidden = verdict(presented=presented(visibility="encrypted", certificate=None, serial=None, store=None))

    assert verdicts(verdict(), hidden).endswith(
        "presented serial 1A:2B (client store) → certificate not visible: TLS 1.3 encrypts certificates"
    )


def test_who_refused_is_told_for_each_role() -> None:
    for role, side, words in (
        ("client", "client", "this node"),
        ("client", "server", "the peer"),
        ("client", None, "the other side"),
        (None, "server", "the server"),
    ):
        told = verdicts(verdict(local_role=role), verdict(local_role=role, outcome="refused", refused_by=side))
        assert told.endswith(f"with edge: completed → refused by {words}")


def test_the_newest_verdict_of_a_peer_and_role_counts() -> None:
    newest, older = verdict(), verdict(outcome="closed")

    assert said("Verdicts", with_verdicts(newest, older), with_verdicts(newest)) == ""


def test_roles_and_peers_are_kept_apart() -> None:
    before = with_verdicts(verdict(), verdict(local_role="server"))
    after = with_verdicts(verdict(), verdict(peer="Webex", outcome="closed"))

    assert said("Verdicts", before, after) == (
        "core as TLS client with Webex: only after: closed early; presented serial 1A:2B (client store) "
        "as TLS server with edge: only before: completed; presented serial 1A:2B (client store)"
    )


def test_what_the_log_alone_tells_is_compared() -> None:
    unseen = presented(visibility=None, certificate=None, serial=None, store=None)
    refused = verdict(presented=unseen, outcome="refused", refused_by="client")

    assert verdicts(refused, verdict(presented=unseen)) == (
        "core as TLS client with edge: refused by this node → completed"
    )


def test_an_open_question_about_webex_is_no_change() -> None:
    unseen = presented(visibility=None, certificate=None, serial=None, store=None)
    open_question = verdict(peer="Webex", local_role=None, presented=unseen, outcome="unknown")

    assert said("Verdicts", report(), with_verdicts(open_question)) == ""


def test_without_capture_and_log_no_verdict_is_gone() -> None:
    held = members("xconf_xml@core", "server_pem@core", "ca_pem@core", "xstat_xml@core")
    after = report(inputs=[{"name": "b.zip", "sha256": None, "members": held}])

    assert said("Verdicts", with_verdicts(verdict()), after) == ""
    assert said("Not compared", with_verdicts(verdict()), after) == "core not to be seen after: Verdicts"


def test_a_root_cause_leads_and_what_follows_from_it_stands_with_it() -> None:
    story = with_findings(
        finding("effect", caused_by="middle"),
        finding("middle", caused_by="root"),
        finding("other", "warning"),
        finding("root", subject="UC traversal"),
        finding("remark", "info", caused_by="root"),
    )

    assert findings(report(), story) == (
        "new critical root (core, UC traversal): Title of root with it effect (core), middle (core), remark (core) "
        "warning other (core, edge): Title of other"
    )
    assert findings(story, report()).startswith("gone critical root (core, UC traversal): Title of root with it")


def test_the_gravest_root_cause_is_first() -> None:
    after = with_findings(finding("minor", "warning"), finding("major"))

    assert findings(report(), after).index("major") < findings(report(), after).index("minor")


def test_an_effect_whose_cause_stayed_names_it() -> None:
    cause = finding("root")
    before, after = with_findings(cause), with_findings(cause, finding("effect", caused_by="root"))

    assert findings(before, after) == ("new critical effect (core, edge): Title of effect (follows from root)")


def test_findings_that_explain_each_other_in_a_circle_are_all_told() -> None:
    after = with_findings(finding("a", caused_by="b"), finding("b", caused_by="a"))

    told = findings(report(), after)
    assert "critical a (core, edge): Title of a" in told
    assert "critical b (core, edge): Title of b" in told


def test_a_severity_that_changed_is_told_and_nothing_else_of_it() -> None:
    before, after = with_findings(finding("one")), with_findings(finding("one", "warning", title="Now this"))

    assert findings(before, after) == "changed critical → warning one (core, edge): Now this"


def test_another_explanation_or_count_is_no_change() -> None:
    assert findings(with_findings(finding("one")), with_findings(finding("one", title="Other words"))) == ""


def test_the_same_diagnosis_about_another_subject_is_another_one() -> None:
    told = findings(with_findings(finding("one", subject="peer a")), with_findings(finding("one", subject="peer b")))

    assert told == "new critical one (core, peer b): Title of one gone critical one (core, peer a): Title of one"


def test_a_file_is_the_same_subject_whenever_it_was_taken() -> None:
    def about(stamp: str) -> Json:
        held = [{"name": f"ca_{stamp}.pem", "kind": "ca_pem", "node": "core", "read": "part"}]
        inputs = [{"name": f"{stamp}.zip", "sha256": None, "members": held}]
        return with_findings(finding("bad", "warning", subject=f"{stamp}.zip/ca_{stamp}.pem"), inputs=inputs)

    assert findings(about("monday"), about("tuesday")) == ""


def test_what_cannot_be_told_any_more_is_not_gone() -> None:
    after = with_findings(unanswered("one", "a packet capture"))

    assert findings(with_findings(finding("one")), after) == "unknown now one (core): for want of a packet capture"


def test_what_could_not_be_told_before_is_new_and_says_so() -> None:
    before = with_findings(unanswered("one", "a packet capture"))

    assert findings(before, with_findings(finding("one"))) == (
        "new critical one (core, edge): Title of one of these not determinable before: one (core)"
    )


def test_open_questions_alone_are_no_change() -> None:
    assert findings(report(), with_findings(unanswered("one", "a log"))) == ""


def test_remarks_are_a_line_for_each_severity() -> None:
    after = with_findings(
        finding("good", "ok"), finding("b", "info"), finding("a", "info"), finding("a", "info", subject="other")
    )

    assert findings(report(), after) == "new info b (core), a (core) ok good (core)"


def test_findings_of_a_node_that_is_in_one_report_only_are_not_told() -> None:
    after = report(node(), node(name="edge", serial_number="2"), findings=[finding("one", node="edge")])

    assert findings(report(), after) == ""


def test_findings_follow_a_host_to_its_new_name() -> None:
    before = report(node(name="old"), findings=[finding("one", node="old", subject="old")])
    after = report(node(name="new"), findings=[finding("one", node="new", subject="new")])

    assert findings(before, after) == ""


def test_a_release_with_one_store_presents_from_that() -> None:
    old = node(version="X15.4")
    single = verdict(presented=presented(store="server"))
    before, after = (
        report(old, verdicts=[one])
        for one in (single, verdict(presented=presented(serial="ff", store="server", certificate=NEWER)))
    )

    assert "serial C1 (single store) → serial FF (single store)" in said("Verdicts", before, after)
    upgraded = report(node(), verdicts=[verdict(presented=presented(serial="ff", store="server", certificate=NEWER))])
    assert "serial C1 (single store) → serial FF (server store)" in said("Verdicts", before, upgraded)
