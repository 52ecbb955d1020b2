"""`python -m ateliers` is the command `ateliers`."""

from ateliers.cli import main

main()
