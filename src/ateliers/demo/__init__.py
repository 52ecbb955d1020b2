"""Everything at once on one machine, with an invented network to try the service on."""
