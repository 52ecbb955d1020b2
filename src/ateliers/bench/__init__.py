"""Benchmarks: each work measures one promise, in one run against PostgreSQL's own pgbench where that says something."""
