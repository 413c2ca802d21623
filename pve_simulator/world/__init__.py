"""The world of a simulation: its clock, tasks, locks, faults and the cluster in it."""
