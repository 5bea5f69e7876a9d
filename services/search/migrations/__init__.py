"""Revisions of the search database."""
