"""What became of runs that did not come to their end."""
