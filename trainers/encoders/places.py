"""Where search and its releases are, beside the places that a release of recs knows."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from trainers.release import places as base
from trainers.release.errors import ReleaseError


@dataclass(frozen=True)
class Places:
    """The shop's places, and those of search."""

    shop: base.Places | None
    """None where no step talks to the shop."""
    search: str
    """Address of the search service, `host:port`."""
    releases: Path
    """Folder of the encoders of each search release."""
    offline: Path
    """Where extracted products and pictures lie."""

    @property
    def candidate(self) -> Path:
        """Where encoders are built before they have a number."""
        return self.releases / "candidate"

    @property
    def running(self) -> base.Places:
        """The shop's places.

        Raises:
            ReleaseError: no shop was named.
        """
        if self.shop is None:
            raise ReleaseError("This step needs a running shop.")
        return self.shop


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags that `from_flags` reads."""
    base.add_flags(parser)
    parser.add_argument(
        "--search", metavar="HOST:PORT", help="address of search, past the gateway (default: of the shop)"
    )


def from_flags(options: argparse.Namespace, *, named: bool) -> Places:
    """Puts flags and the shop's own files together.

    Args:
        options: what was parsed.
        named: whether the addresses of the services are needed.

    Raises:
        ReleaseError: an address is neither named nor written down by a running shop.
    """
    data = base.data_folder(options)
    return Places(
        shop=base.from_flags(options) if named else None,
        search=base.service(options, "search") if named else "",
        releases=(options.releases_dir or data) / "search_releases",
        offline=options.offline_dir or data / "offline" / "search",
    )
