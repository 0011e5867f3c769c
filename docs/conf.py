"""Sphinx configuration: Markdown pages, and a reference from docstrings."""

from mlconnector_sdk import __version__

project = "mlconnector_sdk"
copyright = "the mlconnector_sdk maintainers"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"mlconnector_sdk {__version__}"

default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_class_signature = "mixed"
autodoc_default_options = {"members": True, "undoc-members": True, "show-inheritance": True}
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True  # attributes that a docstring tells of are also found in the code
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
# Short names are ambiguous now and then (an HTTP answer, a supplier's answer): the first is linked.
suppress_warnings = ["ref.python"]
