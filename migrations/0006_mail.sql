-- How often the receiving side said « not now » to this very message; a server that cannot be reached does not count.
ALTER TABLE outbox ADD COLUMN refusals integer NOT NULL DEFAULT 0;
