"""The annotated capture: the frames that the report names, with comments that Wireshark shows, and no data."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from msgspec.structs import replace

from analyzer.export import annotation
from analyzer.export.annotation import AnnotatedCapture, annotated_capture
from analyzer.findings import EvidenceKind, Report
from analyzer.pipeline import analyze
from analyzer.report.summary import leading_verdict
from tests.program import EKU_CHECK_ON, TLS13, WEBEX, sample

TSHARK = shutil.which("tshark")

needs_tshark = pytest.mark.skipif(TSHARK is None and os.environ.get("CI") != "true", reason="tshark is not installed")


@cache
def report_of(name: str) -> Report:
    return analyze(sample(name))


@cache
def annotated(name: str) -> AnnotatedCapture:
    return annotated_capture(report_of(name), sample(name))


def cited(report: Report) -> set[tuple[str, object]]:
    return {
        (evidence.file or "", evidence.locator)
        for finding in report.findings
        if finding.determined
        for evidence in finding.evidence
        if evidence.kind is EvidenceKind.FRAME
    }


def shown(folder: Path, capture: AnnotatedCapture, *fields: str, only: str = "frame") -> list[list[str]]:
    path = folder / "evidence.pcapng"
    path.write_bytes(capture.data)
    wanted = [argument for field in fields for argument in ("-e", field)]
    command = [
        TSHARK or "tshark",
        "-n",
        "-r",
        str(path),
        "-Y",
        only,
        "-T",
        "fields",
        "-E",
        "aggregator=\x1e",
        *wanted,
    ]
    ran = subprocess.run(command, capture_output=True, check=True, text=True)
    return [line.split("\t") for line in ran.stdout.removesuffix("\n").split("\n") if line]


@pytest.mark.tshark
@needs_tshark
@pytest.mark.parametrize("name", [EKU_CHECK_ON, WEBEX, TLS13])
def test_tshark_shows_every_frame_that_a_finding_names_with_its_comment(tmp_path: Path, name: str) -> None:
    comments = [row[0].split("\x1e") for row in shown(tmp_path, annotated(name), "frame.comment")]
    places = {
        tuple(comment[0].split(", connection")[0].split(": frame ")[1].split(" of ", 1)) for comment in comments
    }

    assert len(comments) == annotated(name).frames > 0
    assert {(file, str(frame)) for file, frame in cited(report_of(name))} <= {(f, n) for n, f in places}
    assert annotated(name).not_found == 0


@pytest.mark.tshark
@needs_tshark
@pytest.mark.parametrize("name", [EKU_CHECK_ON, WEBEX, TLS13])
def test_there_is_nothing_beyond_handshake_records(tmp_path: Path, name: str) -> None:
    capture = annotated(name)

    assert shown(tmp_path, capture, "frame.number", only="tls.app_data") == []
    assert shown(tmp_path, capture, "frame.number", only="sip || http || rtp || udp") == []
    assert shown(tmp_path, capture, "frame.number", only="tls.handshake.certificate || tls.handshake.type == 1")


@pytest.mark.tshark
@needs_tshark
def test_the_certificate_and_the_alert_say_what_they_are(tmp_path: Path) -> None:
    (certificate, *_) = shown(
        tmp_path, annotated(EKU_CHECK_ON), "frame.comment", only="tls.handshake.type == 11 && tcp.dstport == 7001"
    )
    (alert, *_) = shown(tmp_path, annotated(EKU_CHECK_ON), "frame.comment", only="tls.alert_message")

    assert "Certificate of the client: CN=expc.harbor.example" in certificate[0]
    assert "serverAuth only, both stores" in certificate[0]
    assert "fatal alert unsupported_certificate (43) by the server" in alert[0]
    assert "(core-client-eku-missing-check-on, expe)" in alert[0]


@pytest.mark.parametrize("name", [EKU_CHECK_ON, WEBEX])
@pytest.mark.parametrize("has_findings", [True, False])
def test_the_frames_of_the_first_screen_are_there_however_few_the_findings_name(
    name: str, has_findings: bool
) -> None:
    report = report_of(name)
    verdict = leading_verdict(report)
    assert verdict is not None
    connection = next(one for one in report.case.connections if one.id == verdict.grounds.connection)

    capture = annotated(name) if has_findings else annotated_capture(replace(report, findings=()), sample(name))

    for frame in connection.handshake.frames:
        assert f"frame {frame.frame} of {frame.capture}, connection {connection.id}".encode() in capture.data
    assert capture.not_found == 0


def test_the_same_input_gives_the_same_bytes() -> None:
    assert annotated_capture(report_of(WEBEX), sample(WEBEX)) == annotated(WEBEX)


def test_where_neither_verdict_nor_finding_names_a_frame_there_is_no_file() -> None:
    report = replace(report_of(WEBEX), findings=(), verdicts=())

    assert annotated_capture(report, sample(WEBEX)) == AnnotatedCapture(data=b"")


def test_connections_beyond_the_limit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = annotated(EKU_CHECK_ON)
    monkeypatch.setattr(annotation, "MOST_CONNECTIONS", 1)

    capture = annotated_capture(report_of(EKU_CHECK_ON), sample(EKU_CHECK_ON))

    assert capture.connections_left_out > 0
    assert 0 < capture.frames < whole.frames
    assert capture.not_found == 0


def test_frames_that_are_gone_are_counted() -> None:
    (core, edge) = sample(EKU_CHECK_ON)

    capture = annotated_capture(report_of(EKU_CHECK_ON), [core])

    assert capture.not_found == len({one for one in cited(report_of(EKU_CHECK_ON)) if one[0].startswith(edge.name)})
