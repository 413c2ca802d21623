"""Text for people: in one line, as YAML, without secrets."""
