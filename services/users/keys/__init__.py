"""`python -m services.users.keys`: looks after the signing keys."""
