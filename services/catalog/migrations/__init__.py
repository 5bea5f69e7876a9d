"""Revisions of the catalogue's database."""
