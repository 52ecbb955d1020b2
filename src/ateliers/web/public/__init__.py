"""The citizens' door: no account, nothing personal without a signed link."""
