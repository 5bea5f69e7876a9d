"""`python -m services.importer.check --data PATH_OR_URL`: says whether there is something to import; needs no shop.

What is behind a URL is not fetched for that: only whether it could be is looked at. An archive that has to be unpacked
stays unpacked in the state folder for the import.
"""

import argparse
import sys
from pathlib import Path

from services.importer.errors import DataError
from services.importer.formats import detect
from services.importer.progress import plain
from services.importer.sources.opening import fetchable, open_source

MOST_BYTES = 50 * 10**9


def main() -> int:
    """Runs the command; returns 0 for data that can be imported, 2 for what cannot, with the reason on stderr."""
    parser = argparse.ArgumentParser(prog="python -m services.importer.check", description=__doc__)
    parser.add_argument("--data", required=True, help="folder, file, zip or tar archive, or http(s) URL of one")
    parser.add_argument("--state-dir", type=Path, default=Path(".aisle/run/import"), help="where archives are unpacked")
    options = parser.parse_args()
    try:
        check(options.data, options.state_dir)
    except DataError as error:
        print(plain(str(error)), file=sys.stderr)
        return DataError.exit_code
    except OSError as error:
        print(plain(f"{error.filename or options.data}: {error.strerror or error}."), file=sys.stderr)
        return DataError.exit_code
    return 0


def check(data: str, state_dir: Path) -> None:
    """Opens the data and finds out its format.

    Raises:
        DataError: there is nothing that can be imported; says why.
    """
    if fetchable(data):
        return
    source = open_source(data, state_dir, MOST_BYTES, lambda have, total: None)
    try:
        detect(source)
    except DataError:
        source.discard()
        raise
    source.close()


if __name__ == "__main__":
    sys.exit(main())
