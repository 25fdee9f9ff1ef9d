"""The verdict's words fit what happened: a cause only where something failed, a step only where one is called for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.program import EKU_CHECK_ON, WEBEX, run, sample


@pytest.mark.parametrize(
    ("name", "explained", "step"),
    [
        (
            WEBEX,
            "Watch    nothing: what was read shows no failure and no warning",
            "Do now   nothing has to change; 4 remarks have a step to consider",
        ),
        (
            "condition-2.1-private-core-client",
            "Watch    The Edge's client store holds a copy of a server-only",
            "Do now   On expe (Edge): If a peer checks the client certificate of this node:",
        ),
        ("resumed-session", "Watch    nothing:", "Do now   On expe (Edge): Capture a full handshake:"),
        (
            EKU_CHECK_ON,
            "Cause    The traversal zone fails: the Core presents a certificate without clientAuth, and the Edge "
            "checks it (expe)",
            "Do now   On expc (Core): Upload a client certificate with clientAuth",
        ),
        (
            "identity-unacceptable",
            "Cause    The zone's peer address is not in the peer's certificate",
            "Do now   On expc (Core): Set the peer address of zone UC traversal to a name",
        ),
    ],
)
def test_cause_and_step_fit_the_outcome(tmp_path: Path, name: str, explained: str, step: str) -> None:
    told = run(*sample(name), "-o", tmp_path / "report.html").out.replace("\n" + " " * 9, " ").splitlines()

    assert told[2].startswith(explained)
    assert told[3].startswith(step)
    assert "Take a diagnostic log on both Expressways" not in told[3]


def test_japanese_is_for_page_note_and_terminal_and_not_for_json(tmp_path: Path) -> None:
    page, note, json, other = (tmp_path / name for name in ("report.html", "note.md", "report.json", "english.json"))
    run(*sample(WEBEX), "-o", page, "--json", other)

    told = run(*sample(WEBEX), "--lang", "ja", "-o", page, "--note", note, "--json", json).out

    assert told.startswith("結論     Webexがexpeのクライアントストアの証明書を受け入れ")
    assert '<html lang="ja">' in page.read_text(encoding="utf-8")
    assert note.read_text(encoding="utf-8").startswith("# Expressway証明書の分析\n")
    assert json.read_bytes() == other.read_bytes()
