"""Why a training comes to nothing. Apart from what raises them: who catches them need not import torch."""


class Refused(Exception):
    """The towers are not good enough, or not the same outside of torch. The sentence says by how much."""


class ParityError(Exception):
    """An exported tower computes something else than torch."""


class Diverged(Exception):
    """A training came to weights that are no numbers, and there are no better ones; says what to do."""
