"""Finds products by words, by picture, or by both."""
