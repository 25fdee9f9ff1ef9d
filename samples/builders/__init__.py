"""What samples and tests are built of: certificates, handshakes, frames, logs, dumps, bundles.

Import from the submodule: `from samples.builders.certificates import Authority`. Scapy loads only where frames
are made, and private keys exist only in memory.
"""
