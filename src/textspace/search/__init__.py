"""Nearest neighbours: exact search."""

from textspace.search.exact import ExactIndex

__all__ = ["ExactIndex"]
