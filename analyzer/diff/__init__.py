"""Before and after: what two reports of the same Expressways say differently.

Both sides are read as the JSON report, so that a bundle and a saved report meet on one model.
"""

from analyzer.diff.difference import difference
from analyzer.diff.saved import NoReportError, SavedReport, read_report
from analyzer.diff.text import lines_of

__all__ = ["NoReportError", "SavedReport", "difference", "lines_of", "read_report"]
