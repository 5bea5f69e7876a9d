"""What an import did."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not written."""

    index: int
    """Its place in the request."""
    field: str
    description: str


@dataclass(slots=True)
class Outcome:
    """Counts of rows by what became of them."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)

    def refuse(self, index: int, at: str, description: str) -> None:
        """Notes a row that was not written."""
        self.refused.append(Refusal(index, at, description))
