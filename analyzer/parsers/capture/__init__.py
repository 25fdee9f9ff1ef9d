"""parsers/capture."""
