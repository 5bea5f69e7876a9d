"""What the use cases need, on PostgreSQL, argon2 and files."""
