"""The one error of the laptop mesh."""


class MeshError(Exception):
    """A sentence for the person at the keyboard: what was wrong, where, and what to do."""


class LogInRefusedError(MeshError):
    """The merchant's password is another one than the shop's folder has."""
