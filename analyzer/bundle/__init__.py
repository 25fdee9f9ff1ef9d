"""Opens untrusted input: zip, tar, tar.gz, gz, folders and loose files, told apart by content.

Nothing is extracted to disk, names are labels only, and every limit is counted on bytes that were really
produced. What is damaged, encrypted, unsafe or too large is named, and the rest is read.
"""

from analyzer.bundle.inputs import Inputs, open_inputs
from analyzer.bundle.limits import Limits
from analyzer.bundle.members import OpenInput, OpenMember
from analyzer.bundle.opener import LOOSE
from analyzer.bundle.stream import MemberStream

__all__ = ["LOOSE", "Inputs", "Limits", "MemberStream", "OpenInput", "OpenMember", "open_inputs"]
