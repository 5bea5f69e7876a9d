"""The outside world of search, behind its ports."""
