-- agenda: how lively each structure is, and what of its sessions is missing or untold, without reading every session of the nation.

DROP INDEX session_start;
CREATE INDEX session_start ON session (starts_at) INCLUDE (event_id, called_off_at);
CREATE INDEX session_unrecorded ON session (event_id) INCLUDE (ends_at)
    WHERE outcome IS NULL AND called_off_at IS NULL AND onsite_id IS NULL;
CREATE INDEX session_held ON session (event_id, ends_at) WHERE outcome = 'held' AND called_off_at IS NULL;
