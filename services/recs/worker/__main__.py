"""`python -m services.recs.worker`: keeps features, index and popularity up to date."""

from services.kit.server import run
from services.recs.settings import WorkerSettings
from services.recs.worker.app import build

if __name__ == "__main__":
    run(build, WorkerSettings)
