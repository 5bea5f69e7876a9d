"""The laptop mesh: all parts of Aisle as processes of one machine, started and stopped together."""
