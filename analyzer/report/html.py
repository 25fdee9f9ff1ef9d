"""The HTML report: one self-contained file that can be attached to a support case.

Nothing in it loads or sends anything: a content security policy allows the one inline style and the one inline
script by their hashes, and nothing else; all of the report can be read without the script. Everything that was read
from a bundle is untrusted: every string that a template prints is made visible by `analyzer.text.clean` and escaped
by Jinja2.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from analyzer.findings import Report
from analyzer.report.compiled import CompiledTemplates
from analyzer.report.files import FileNames
from analyzer.report.language import ENGLISH, NAMES, Language
from analyzer.report.printer import Printer
from analyzer.report.views.page import page_view
from analyzer.words import Words, counted, say

_INLINE = ("style.css", "find.js", "report.js")


def render_html(report: Report, *, language: str = ENGLISH) -> str:
    """Return the report as one HTML page: the same page for the same report, and free of lone surrogates.

    It is in a language of `analyzer.report.language.NAMES`; a switch in the page leads to the other one.
    """
    style, find, rest = (_template_folder().joinpath(name).read_text("utf-8") for name in _INLINE)
    script = find + rest
    other = next(code for code in NAMES if code != language)
    files = FileNames(report.case.inputs)
    printer = Printer(Language(language), Language(other), files)
    return (
        _environment(printer, files)
        .get_template("report.html")
        .render(
            page=page_view(report),
            language=language,
            other=other,
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


def _environment(printer: Printer, files: FileNames) -> Environment:
    """Return what compiles and prints the templates; they say their own words as the program does."""
    environment = Environment(
        loader=FileSystemLoader(_template_folder()),
        bytecode_cache=CompiledTemplates(_template_folder()),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=printer,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        optimized=False,  # a page is rendered once: folding constants takes longer than it saves
    )
    environment.globals.update(
        say=say, counted=counted, name_of_file=files, switch=printer.switch, switched=printer.switched
    )
    environment.tests["said"] = lambda value: isinstance(value, Words)
    return environment


def _template_folder() -> Path:
    """Return the templates of an installed package, else of a checkout (an editable install has both)."""
    package = Path(__file__).parent.parent
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent / "templates"
