"""`python -m services.recs`: serves recommendations, events and releases."""

from services.kit.server import run
from services.recs.app import build
from services.recs.settings import RecsSettings

if __name__ == "__main__":
    run(build, RecsSettings)
