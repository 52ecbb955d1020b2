"""Imports: each row of a foreign file is read, mended or refused, told in a report, and applied at most once."""

from ateliers.exchange.imports.report import ImportReport, Outcome, RowReport
from ateliers.exchange.imports.run import KINDS, UnreadableFile, run_import

__all__ = ["KINDS", "ImportReport", "Outcome", "RowReport", "UnreadableFile", "run_import"]
