"""`python -m services.recs.features apply --repo DIR`: renders feature_store.yaml and applies the definitions."""

import argparse
from pathlib import Path

from services.recs.features.repository import Repository


def main() -> None:
    """Parses the arguments and applies."""
    parser = argparse.ArgumentParser(prog="python -m services.recs.features", description=__doc__)
    parser.add_argument("command", choices=["apply"])
    parser.add_argument("--repo", type=Path, required=True, help="folder of feature_store.yaml")
    parser.add_argument("--online", choices=["sqlite", "redis"], default="sqlite")
    parser.add_argument("--redis", default="127.0.0.1:6379", help="connection string of Redis")
    parser.add_argument("--registry", default="registry.db", help="path or URL of the registry")
    arguments = parser.parse_args()
    Repository(arguments.repo.resolve(), arguments.online, arguments.redis, arguments.registry).apply()
    print(f"Applied to {arguments.repo}.")


if __name__ == "__main__":
    main()
