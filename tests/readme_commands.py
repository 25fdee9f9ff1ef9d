"""The README's two commands, as a newcomer copies them: `python3 tests/readme_commands.py try|tests`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

FENCED = re.compile(r"^```sh\n(.*?)\n```$", re.MULTILINE | re.DOTALL)


def commands(readme: str) -> dict[str, str]:
    """Return the main job's command and the tests'."""
    first, second, *_ = FENCED.findall(readme)
    return {"try": first, "tests": second}


if __name__ == "__main__":
    text = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    sys.stdout.write(commands(text)[sys.argv[1]] + "\n")
