"""Revisions of the users database."""
