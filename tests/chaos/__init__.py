"""The mesh is hurt while shoppers use it."""
