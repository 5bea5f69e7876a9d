"""Accounts, sessions, preferences: who people are."""
