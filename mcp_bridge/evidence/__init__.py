"""What a run leaves behind, read back: its events, its requests, a playbook that repeats it, one that undoes it."""
