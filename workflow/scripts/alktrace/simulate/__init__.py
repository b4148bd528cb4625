"""Simulated reads with known truth: a small genome, fusion transcripts, sequencing reads and the demo samples.

Nothing of the pipeline imports this package; the tests, the benchmarks and `make demo` do.
"""
