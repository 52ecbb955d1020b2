-- What a tap was part of, so that it can be taken back whole; what is taken back stays written.

ALTER TABLE attendance_mark
    ADD COLUMN action text NOT NULL DEFAULT '',      -- op of the tap that made this mark: « tous présents » makes many
    ADD COLUMN undone_at timestamptz;                -- taken back: no longer counts
CREATE INDEX attendance_mark_action ON attendance_mark (session_id, action);
CREATE INDEX attendance_mark_by ON attendance_mark (session_id, by_id, recorded_at) WHERE undone_at IS NULL;

-- Reports choose sessions by the day that was promised, on the clock of the place.
CREATE INDEX session_local_start ON session (local_start);

-- The figures of a session are read from the index alone.
DROP INDEX booking_session;
CREATE INDEX booking_session ON booking (session_id, state) INCLUDE (seats);
