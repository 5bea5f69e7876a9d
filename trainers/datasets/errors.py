"""What is wrong with a data set."""


class DataError(Exception):
    """Data that cannot be used; the sentence says which file, where, and what to do."""
