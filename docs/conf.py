"""Sphinx configuration: Markdown pages, and the reference from the docstrings."""

import importlib.metadata

project = "textspace"
author = "The textspace developers"
release = importlib.metadata.version("textspace")
extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.autosummary"]
html_theme = "furo"
html_title = f"textspace {release}"
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # numpydoc's sections say more
numpydoc_show_class_members = False
myst_heading_anchors = 3
exclude_patterns = ["build"]
