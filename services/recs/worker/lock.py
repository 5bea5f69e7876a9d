"""The lock of the one worker."""

LOCK = 0x41534C45
"""In the recs database."""
