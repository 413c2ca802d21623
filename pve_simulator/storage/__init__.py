"""Volumes on storages: their names, where they are, and what happens to them."""
