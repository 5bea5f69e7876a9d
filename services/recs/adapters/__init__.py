"""The outside world of recs, behind its ports."""
