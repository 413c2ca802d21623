"""The evidence: a row per run, chained and verifiable offline."""
