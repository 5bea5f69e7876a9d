"""Offline work: simulated shops, training, evaluation, releases. No service imports any of it."""
