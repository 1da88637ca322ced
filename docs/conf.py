"""Builds the documentation: the catalog from the data, the notebooks executed."""

import contextlib
import os
import shutil
import sys
from enum import Enum
from importlib import import_module
from pathlib import Path

from sphinx.domains.python import PyObject

import botox_schedule as bs
from botox_schedule.cli.commands import COMMANDS
from botox_schedule.cli.main import parser
from botox_schedule.cli.runner import command_parser

sys.path.insert(0, str(Path(__file__).parent))
from catalog import catalog_page
from reference_links import (
    ENTRIES,
    forget_private_paths,
    link_literals,
    public_names,
    resolve,
    show_public_paths,
    strip_blocks,
    type_words,
)

os.environ["COLUMNS"] = "80"  # the help of the commands is as wide as the page
HERE = Path(__file__).parent

project = "botox_schedule"
author = "The botox_schedule authors"
copyright = "2026, the botox_schedule authors"
release = version = bs.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.intersphinx",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
    "try_it_build",
]
# What the pages link of other projects: lists in Sphinx's plain form, so that no build asks for them.
intersphinx_mapping = {
    "python": ("https://docs.python.org/3/", "_inventories/python.txt"),
    "pydantic": ("https://docs.pydantic.dev/latest/", "_inventories/pydantic.txt"),
}
html_theme = "furo"
pygments_dark_style = "github-dark"
html_title = f"botox_schedule {release}"
html_static_path = ["static"]
html_css_files = ["pages.css"]
html_js_files = [("landmarks.js", {"defer": "defer"})]
html_show_sourcelink = False
html_theme_options = {"source_view_link": ""}
copybutton_prompt_text = r">>> |\.\.\. |\$ |In \[\d*\]: "
copybutton_prompt_is_regexp = True
exclude_patterns = ["_build", "**.ipynb_checkpoints", "examples", "pictures", "static"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_default_options = {
    "exclude-members": "model_config, model_fields, model_computed_fields, model_post_init, "
    "ref, clock, unverified_retreatment, unverified_response"
}
napoleon_use_ivar = True
napoleon_numpy_docstring = False
# Without a network the page "Try it" is built with its first answer only.
suppress_warnings = ["mystnb.unknown_mime_type", "try_it"]


GENERATED = HERE / "reference" / "generated"


def _write_catalog() -> None:
    """Write the catalog: an overview, and a page for each indication."""
    first, *sections = catalog_page(bs.bundled_protocols()).split("\n## ")
    *indications, unknown = sections
    names = []
    for section in indications:
        names.append(section.splitlines()[0].lower().replace(" ", "-"))
        _write(f"protocols/{names[-1]}", f"# {section}\n".replace("\n### ", "\n## "))
    tree = ["```{toctree}", ":maxdepth: 1", "", *(f"protocols/{name}" for name in names), "```"]
    _write("protocols", "\n".join([first, "", *tree, "", f"## {unknown}"]))


def _write(name: str, text: str) -> None:
    target = GENERATED / f"{name}.md"
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        target.write_text(text, encoding="utf-8")


def _write_commands() -> None:
    """Write the reference of the command line from its parsers."""
    lines = ["# Commands", "", *_text(parser().format_help())]
    for name in COMMANDS:
        lines += [f"## {name}", "", *_text(command_parser(name).format_help())]
    lines += [
        "The exit status is 0; 1 if a part of the input was wrong, or nothing was found;",
        "2 if nothing could be read or written; 130 after Ctrl-C.",
        "`botox-schedule completion SHELL` prints the completions for bash, zsh or fish.",
    ]
    _write("commands", "\n".join(lines) + "\n")


def _text(block: str) -> list[str]:
    return ["```text", block.rstrip(), "```", ""]


def _write_names() -> None:
    """Write the table of the names that ``import botox_schedule`` gives."""
    lines = ["# Names", "", "What `import botox_schedule as bs` gives.", "", "| name | what |"]
    lines += ["|---|---|"]
    for name, path in public_names():
        summary = (getattr(bs, name).__doc__ or "").strip().splitlines()[0].replace("``", "`")
        lines += [f"| {{py:obj}}`{name} <{path}>` | {summary} |"]
    _write("names", "\n".join(lines) + "\n")


def _copy_notebooks() -> None:
    shutil.copytree(HERE.parent / "notebooks", HERE / "notebooks", dirs_exist_ok=True)


_write_catalog()
_write_commands()
_write_names()
_copy_notebooks()


def _public() -> dict[str, object]:
    """Return what the reference names, by path."""
    found = {}
    for path in ENTRIES:
        module, _, name = path.rpartition(".")
        with contextlib.suppress(ImportError):
            found[path] = getattr(import_module(module), name)
    return found


PUBLIC = _public()
FIELDS = {field for value in PUBLIC.values() for field in getattr(value, "model_fields", ())}


def _skip_fields(_app, what, name, _value, skip, _options):  # type: ignore[no-untyped-def]
    """A field is in its class's signature and list of attributes, and not a third time."""
    return True if what == "class" and name in FIELDS else skip


def _field_signature(_app, what, _name, value, _options, _signature, _returns):  # type: ignore[no-untyped-def]
    """Show what a model is made of in place of ``**data``."""
    if what != "class" or not hasattr(value, "model_fields"):
        return None
    fields = [
        field if info.is_required() else f"{field}={_shown(info)}"
        for field, info in value.model_fields.items()
    ]
    return f"(*, {', '.join(fields)})", None


def _shown(field):  # type: ignore[no-untyped-def]
    """A default that is short and the same in each build; the docstring has the others."""
    default = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(default, Enum):
        return f"{type(default).__name__}.{default.name}"
    if isinstance(default, bs.Interval):
        return repr(str(default))
    return repr(default) if default is None or isinstance(default, str | int | tuple) else "..."


def _field_types(_app, what, _name, value, _options, lines):  # type: ignore[no-untyped-def]
    """Say of what type each field of a model is."""
    if what == "class" and hasattr(value, "model_fields"):
        for field, info in value.model_fields.items():
            if any(line.startswith(f":ivar {field}:") for line in lines):
                lines.append(f":vartype {field}: {type_words(info.annotation)}")


def _sentences_are_no_types(_app, what, _name, _value, _options, lines):  # type: ignore[no-untyped-def]
    """Napoleon takes the words before an attribute's colon for its type; nothing is none."""
    if what in {"attribute", "property"} and lines:
        lines[0] = f": {lines[0]}"


def _for_keyboards_and_readers(_app, _name, _template, context, _doctree):  # type: ignore[no-untyped-def]
    """Let the keyboard scroll long code, and give the sidebar's headings a level."""
    if "body" in context:
        context["body"] = context["body"].replace("<pre", '<pre tabindex="0"')
    tree = context.get("furo_navigation_tree", "")
    context["furo_navigation_tree"] = tree.replace(
        'role="heading"', 'role="heading" aria-level="2"'
    )


def setup(app):  # type: ignore[no-untyped-def]
    """Make the reference readable."""
    for field in PyObject.doc_field_types:
        if field.name == "variable":
            field.label = "Fields"
    app.connect("autodoc-skip-member", _skip_fields)
    app.connect("autodoc-process-signature", _field_signature)
    app.connect("autodoc-process-docstring", _sentences_are_no_types, priority=400)
    app.connect("autodoc-process-docstring", _field_types, priority=900)
    app.connect("doctree-read", link_literals)
    app.connect("doctree-read", strip_blocks)
    app.connect("missing-reference", resolve, priority=400)  # before intersphinx
    app.connect("env-updated", forget_private_paths)
    app.connect("doctree-resolved", show_public_paths)
    app.connect("html-page-context", _for_keyboards_and_readers, priority=900)
