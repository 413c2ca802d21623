"""The groups of commands and their help; each imports what a command needs when it runs."""
