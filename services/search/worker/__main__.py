"""`python -m services.search.worker`: keeps the vector collections, and what is popular, up to date."""

from services.kit.server import run
from services.search.settings import WorkerSettings
from services.search.worker.app import build

if __name__ == "__main__":
    run(build, WorkerSettings)
