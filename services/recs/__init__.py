"""Recommendations, user events and releases."""
