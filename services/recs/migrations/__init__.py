"""Revisions of the recs database."""
