"""The machine: its processes, users, memory and private folders."""
