"""What it adds up to: indicators, reports over a territory and a period, masked where few people stand behind a count."""
