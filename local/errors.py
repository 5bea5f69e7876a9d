"""The one error of the laptop mesh."""


class MeshError(Exception):
    """A sentence for the person at the keyboard: what was wrong, where, and what to do."""


class LogInRefusedError(MeshError):
    """The merchant is not let in: the password is another one than the shop's folder has, or was guessed at."""
