"""What a buyer wrote of a product."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Review:
    """A review; `rating` is 1 to 5, 0 when the author gave none."""

    product_id: str
    id: str
    author: str
    author_display_name: str
    rating: int
    title: str
    text: str
    create_time: datetime | None
    """None before it is written: then it becomes the time of writing."""

    @property
    def key(self) -> tuple[str, str]:
        """What no other review has."""
        return self.product_id, self.id

    def same_as(self, other: "Review") -> bool:
        """Whether writing this one over `other` would change nothing."""
        mine, theirs = self._content(), other._content()
        return mine == theirs and self.create_time in (None, other.create_time)

    def _content(self) -> tuple[str, str, int, str, str]:
        return self.author, self.author_display_name, self.rating, self.title, self.text


@dataclass(frozen=True, slots=True)
class ImportedReview:
    """One good row of an import."""

    index: int
    """Its place in the request."""
    review: Review
