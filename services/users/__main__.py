"""`python -m services.users`: serves accounts and sessions."""

from services.kit.server import run
from services.users.app import build
from services.users.settings import UsersSettings

if __name__ == "__main__":
    run(build, UsersSettings)
