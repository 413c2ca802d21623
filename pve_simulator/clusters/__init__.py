"""Clusters as data: made of a few numbers, of a seed, or of what was read from a real one; and saved again."""
