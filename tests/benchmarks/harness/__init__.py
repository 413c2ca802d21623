"""What the benchmarks share: simulated clusters, clients, clocks, peers, results and their table."""
