"""Commerce at the numbers that it promises. `make bench-checkout` runs them in full; the suite runs smaller ones."""
