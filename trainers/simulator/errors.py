"""What can go wrong in a simulation."""


class SimulatorError(Exception):
    """Something is missing or cannot be used. The sentence says what, where, and what to do."""
