"""What recs does, step by step."""
