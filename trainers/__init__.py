"""Offline work: simulated shops, training, evaluation, releases. No service imports any of it."""

import os

# Threads that wait for each other must sleep, not spin, and OpenMP reads this once, when torch is loaded. On a machine
# whose cores are taken a waiting thread spins through the time that the other one needs: twelve steps took 90 s, and
# 13 s asleep. Who sets it outside decides.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
