"""What the catalogue stands on: PostgreSQL, files, and a process that decodes pictures."""
