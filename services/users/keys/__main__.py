"""`python -m services.users.keys rotate`: adds a signing key, and deletes those that no living token needs.

A running service picks the new key up by itself, publishes it, and signs with it a minute later.
"""

import argparse
import os
from pathlib import Path

from services.kit.settings import load
from services.users.adapters.keys import PUBLISHED_AHEAD_S, drop_old_keys, make_key
from services.users.settings import TokenSettings

VARIABLE = "AISLE_USERS_SIGNING_KEYS_DIR"


def main() -> None:
    """Rotates the keys of a folder."""
    parser = argparse.ArgumentParser(prog="python -m services.users.keys", description=__doc__)
    parser.add_argument("action", choices=["rotate"])
    parser.add_argument("--folder", type=Path, default=os.environ.get(VARIABLE), help=f"default: ${VARIABLE}")
    life_s = load(TokenSettings).access_token_s
    parser.add_argument(
        "--token-life", type=int, default=life_s, help=f"seconds of an access token (default: {life_s})"
    )
    options = parser.parse_args()
    if options.folder is None:
        parser.error(f"name the folder with --folder or set {VARIABLE}")
    if not options.folder.is_dir():
        parser.error(f"{options.folder} is no folder: start the users service once, which makes it")
    added = make_key(options.folder)
    dropped = drop_old_keys(options.folder, options.token_life)
    print(f"Added key {added}; it signs in {PUBLISHED_AHEAD_S} s. Deleted {len(dropped)} that no token needs any more.")


if __name__ == "__main__":
    main()
