-- reports: seats without an answer are also those of the half of a session that has no list, when its other half has one.

INSERT INTO stale_day (day) SELECT DISTINCT local_start::date FROM session WHERE onsite_id IS NOT NULL AND starts_at < now();
