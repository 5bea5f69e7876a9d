"""`python -m services.inference`: serves the models of a repository."""

from services.inference.server import run

if __name__ == "__main__":
    run()
