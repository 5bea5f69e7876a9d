"""Errors of the training data."""


class FeatureError(Exception):
    """The views cannot be read. The sentence says why and what to do."""


class LeakError(Exception):
    """A row tells of what happened after its label. The sentence says which."""
