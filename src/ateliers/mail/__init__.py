"""E-mail going out: the outbox, letters, MIME bytes, delivery."""
