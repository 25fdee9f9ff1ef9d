from __future__ import annotations

import warnings

from analyzer.parsers.capture.cipher_suites import UNENCRYPTED, WITHOUT_CERTIFICATES


def names() -> dict[int, str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from scapy.layers.tls.crypto.suites import _tls_cipher_suites

    return {number: name for number, name in _tls_cipher_suites.items() if name.startswith("TLS_")}


def test_the_suites_without_certificates_are_those_whose_names_say_so() -> None:
    def without(name: str) -> bool:
        exchange = name.removeprefix("TLS_").partition("_WITH_")[0].removesuffix("_EXPORT")
        return (exchange.endswith(("anon", "PSK")) and exchange != "RSA_PSK") or exchange in {"KRB5", "SRP_SHA"}

    known = names()

    assert {n for n in known if "_WITH_" in known[n] and without(known[n])} == {
        n for n in WITHOUT_CERTIFICATES if n in known
    }
    assert len([n for n in WITHOUT_CERTIFICATES if n in known]) > 60


def test_the_suites_that_do_not_encrypt_are_those_whose_names_say_so() -> None:
    sizes = {"MD5": 16, "SHA": 20, "SHA256": 32, "SHA384": 48}
    said = {
        number: sizes[name.rpartition("_")[2]] for number, name in names().items() if "_WITH_NULL_" in name and number
    }

    assert said == UNENCRYPTED
