-- attendance: whether the period of a session is closed is asked of its day.

DROP INDEX session_unrecorded;
CREATE INDEX session_unrecorded ON session (event_id) INCLUDE (id, onsite_id, local_start, ends_at)
    WHERE outcome IS NULL AND called_off_at IS NULL AND onsite_id IS NULL;
