"""`python -m services.search`: finds products."""

from services.kit.server import run
from services.search.app import build
from services.search.settings import SearchSettings

if __name__ == "__main__":
    run(build, SearchSettings)
