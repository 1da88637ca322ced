"""Builds the documentation: the catalog from the data, the notebooks executed."""

import os
import shutil
import sys
from pathlib import Path

import botox_schedule as bs
from botox_schedule import fhir, ical, outcomes, planning
from botox_schedule.cli.main import COMMANDS, parser
from botox_schedule.cli.runner import command_parser
from botox_schedule.views import handout

sys.path.insert(0, str(Path(__file__).parent))
from catalog import catalog_page

os.environ["COLUMNS"] = "90"  # the help of the commands is as wide as the page
HERE = Path(__file__).parent

project = "botox_schedule"
author = "The botox_schedule authors"
copyright = "2026, the botox_schedule authors"
release = version = bs.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = f"botox_schedule {release}"
exclude_patterns = ["_build", "**.ipynb_checkpoints", "examples", "pictures"]
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
suppress_warnings = ["mystnb.unknown_mime_type"]


def _write_catalog() -> None:
    target = HERE / "reference" / "generated"
    target.mkdir(exist_ok=True)
    page = catalog_page(bs.bundled_protocols())
    (target / "protocols.md").write_text(page, encoding="utf-8")


def _write_commands() -> None:
    """Write the reference of the command line from its parsers."""
    lines = [
        "# Commands",
        "",
        "Generated from the parsers.",
        "",
        "```text",
        parser().format_help().rstrip(),
        "```",
        "",
    ]
    for name in COMMANDS:
        shown = command_parser(name).format_help().rstrip()
        lines += [f"## {name}", "", "```text", shown, "```", ""]
    lines += [
        "The exit status is 0; 1 where something of the input was wrong, or no day was found; 2 where nothing could be read; 130 after Ctrl-C.",
    ]
    target = HERE / "reference" / "generated"
    (target / "commands.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _copy_notebooks() -> None:
    shutil.copytree(HERE.parent / "notebooks", HERE / "notebooks", dirs_exist_ok=True)


_write_catalog()
_write_commands()
_copy_notebooks()


def _skip_fields(_app, what, name, _value, skip, _options):  # type: ignore[no-untyped-def]
    """A field stands in its class's signature and list of attributes, and not a third time."""
    return True if what == "class" and name in FIELDS else skip


def _field_signature(_app, what, _name, value, _options, _signature, _returns):  # type: ignore[no-untyped-def]
    """Show what a model is made of in place of ``**data``."""
    if what != "class" or not hasattr(value, "model_fields"):
        return None
    fields = [
        field if info.is_required() else f"{field}=..."
        for field, info in value.model_fields.items()
    ]
    return f"(*, {', '.join(fields)})", None


FIELDS = {
    field
    for module in (bs, outcomes, planning, ical, fhir, handout)
    for name in module.__all__
    for field in getattr(getattr(module, name), "model_fields", ())
}


def setup(app):  # type: ignore[no-untyped-def]
    """Make the reference readable."""
    app.connect("autodoc-skip-member", _skip_fields)
    app.connect("autodoc-process-signature", _field_signature)
