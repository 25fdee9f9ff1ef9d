from __future__ import annotations

import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from analyzer.evidence import Endpoint
from analyzer.report.links import conversation_filter, frame_filter, serial_filter, web_address

TSHARK = shutil.which("tshark")
FILTERS = [
    frame_filter(2409),
    conversation_filter(Endpoint(address="192.0.2.1", port=25000), Endpoint(address="192.0.2.2", port=7001)),
    conversation_filter(Endpoint(address="2001:db8::1", port=25000), Endpoint(address="2001:db8::2", port=443)),
    serial_filter("a10000004c869c77c8981becde00000000004c"),
    serial_filter("1"),
]


@pytest.mark.tshark
@pytest.mark.skipif(TSHARK is None and os.environ.get("CI") != "true", reason="tshark is not installed")
@pytest.mark.parametrize("display_filter", FILTERS)
def test_tshark_accepts_every_filter_that_is_shown(tmp_path: Path, display_filter: str) -> None:
    capture = tmp_path / "empty.pcap"
    capture.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))

    done = subprocess.run(
        [TSHARK or "tshark", "-r", str(capture), "-Y", display_filter], capture_output=True, check=False
    )

    assert done.returncode == 0


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "//evil.invalid", " https://x", "", None]
)
def test_only_web_addresses_become_links(address: str | None) -> None:
    assert web_address(address) is None


def test_a_web_address_is_kept() -> None:
    assert web_address("https://www.cisco.com/x") == "https://www.cisco.com/x"
