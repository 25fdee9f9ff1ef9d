"""The ends of connections: Expressways whose bundles are wanted, and everybody else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from cryptography import x509

from analyzer.evidence import Side
from samples.builders.certificates import Identity
from samples.builders.dumps import EKU_CHECKING_MODE, NodeState
from samples.builders.handshake import Verification
from samples.builders.wording import Dialect


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One end of connections.

    Attributes:
        name: fully qualified.
        server: what it presents as TLS server, and the server store of its bundle.
        client: what it presents as TLS client; None: a single store (X15.4 and older, most other products).
        state: what its dumps say; None: no bundle of it.
        verifies: whether it checks certificates at all.
        announces: whose names its CertificateRequest carries.
        clock_error: by how much its log is ahead of its capture.
        leaves_dumps: False: only the log is left, as after a restart.
        dialect: how its OpenSSL words errors.
    """

    name: str
    address: str
    server: Identity
    client: Identity | None = None
    trusts: tuple[x509.Certificate, ...] = ()
    state: NodeState | None = None
    verifies: bool = True
    announces: tuple[x509.Certificate, ...] = ()
    utc_offset: timedelta = timedelta(0)
    clock_error: timedelta = timedelta(0)
    leaves_dumps: bool = True
    dialect: Dialect = Dialect.OPENSSL_1_1

    def presents(self, role: Side) -> Identity:
        """Return what the store rule of X15.5 lets it present."""
        return self.client or self.server if role is Side.CLIENT else self.server

    def verification(self, role: Side) -> Verification:
        """Return what it makes of the other side: an Expressway as server heeds its checking mode."""
        if not self.verifies:
            return Verification.NOTHING
        mode = self.state.settings.get(EKU_CHECKING_MODE, "On") if self.state else "On"
        return Verification.ANY_PURPOSE if role is Side.SERVER and mode == "Off" else Verification.STRICT
