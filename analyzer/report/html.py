"""The HTML report: one self-contained file that can be attached to a support case.

Nothing in it loads or sends anything: a content security policy allows the one inline style and the one inline
script by their hashes, and nothing else; all of the report can be read without the script. Everything that was read
from a bundle is untrusted: every string that a template prints is made visible by `analyzer.text.clean` and escaped
by Jinja2.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from analyzer.findings import Report
from analyzer.report.compiled import CompiledTemplates
from analyzer.report.views.page import page_view
from analyzer.text import clean

LANGUAGES = ("en",)
"""Languages that the report's own words exist in; the first one stands in for any other."""

MAX_TEXT = 4096
"""Characters of one string that are shown; the JSON report has all of them."""


def render_html(report: Report, *, language: str = "en") -> str:
    """Return the report as one HTML page: the same page for the same report, and free of lone surrogates."""
    style, script = (_template_folder().joinpath(name).read_text("utf-8") for name in ("style.css", "report.js"))
    return (
        _environment()
        .get_template("report.html")
        .render(
            page=page_view(report),
            language=language if language in LANGUAGES else LANGUAGES[0],
            style=Markup(style),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
            policy=_policy(style, script),
        )
    )


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_template_folder()),
        bytecode_cache=CompiledTemplates(_template_folder()),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        optimized=False,  # a page is rendered once: folding constants takes longer than it saves
    )


def _shown(value: object) -> object:
    """Clean what a template prints. `Markup` is what a macro of ours returned: its parts went through here."""
    return clean(value, MAX_TEXT) if isinstance(value, str) and not isinstance(value, Markup) else value


def _template_folder() -> Path:
    """Return the templates of an installed package, else of a checkout (an editable install has both)."""
    package = Path(__file__).parent.parent
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent / "templates"
