from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

from samples.builders.bundle import Bundle
from samples.builders.dumps import NodeState

BUNDLE = Bundle(
    host="exp_e", server=b"leaf", log=b"text", state=NodeState(host="exp_e"), captures={("eth1", 3): b"x"}
)


def test_members_are_named_as_the_product_names_them() -> None:
    assert sorted(BUNDLE.members()) == [
        "eth1_diagnostic_logging_tcpdump03_exp_e_2026-03-24_11_55_47.pcap",
        "loggingsnapshot_exp_e_2026-03-24_11_55_47.txt",
        "server_exp_e_2026-03-24_11_55_47.pem",
        "xconf_dump_exp_e_2026-03-24_11_55_47.txt",
        "xconf_dump_exp_e_2026-03-24_11_55_47.xml",
        "xstat_dump_exp_e_2026-03-24_11_55_47.txt",
        "xstat_dump_exp_e_2026-03-24_11_55_47.xml",
    ]


def test_archives_hold_the_members_and_are_the_same_each_time() -> None:
    members = BUNDLE.members()

    with zipfile.ZipFile(io.BytesIO(BUNDLE.zip_bytes())) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == members
    with tarfile.open(fileobj=io.BytesIO(BUNDLE.targz_bytes()), mode="r:gz") as tar:
        assert tar.getnames() == list(members)
    assert BUNDLE.zip_bytes() == BUNDLE.zip_bytes()
    assert BUNDLE.targz_bytes() == BUNDLE.targz_bytes()


def test_a_bundle_can_be_a_folder(tmp_path: Path) -> None:
    folder = BUNDLE.write_folder(tmp_path)

    assert folder.name == "diagnostic_log_exp_e_2026-03-24_11_55_47"
    assert {path.name for path in folder.iterdir()} == set(BUNDLE.members())
