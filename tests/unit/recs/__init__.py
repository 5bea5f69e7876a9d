"""Tests of services.recs."""
