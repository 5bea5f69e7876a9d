"""Who calls."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller who proved who they are."""

    subject: str
    """`users/ID`, `visitors/ID` or `services/NAME`."""
    roles: frozenset[str]
    session: str = ""
    token: str = ""
    """The access token itself, for calls on the caller's behalf."""

    @property
    def is_user(self) -> bool:
        """Whether it is an account."""
        return self.subject.startswith("users/")

    @property
    def is_visitor(self) -> bool:
        """Whether it is somebody without an account."""
        return self.subject.startswith("visitors/")

    @property
    def is_service(self) -> bool:
        """Whether it is a service of the shop, which calls on its own account."""
        return self.subject.startswith("services/")
