"""One way to measure every model on every data set: full ranking of held-out events."""
