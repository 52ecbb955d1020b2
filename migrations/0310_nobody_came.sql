-- « Held with nobody » is said by somebody, at some time, and may be taken back (E2, E13).

CREATE TABLE nobody_came (
    op            text PRIMARY KEY,                  -- as stored: '<session>:<op>'; the seats that became absent with it have it as their action
    session_id    uuid NOT NULL REFERENCES session ON DELETE RESTRICT,
    device        text NOT NULL DEFAULT '',
    seq           bigint NOT NULL DEFAULT 0,
    at            timestamptz NOT NULL,              -- the device's time, corrected
    recorded_at   timestamptz NOT NULL,
    by_id         uuid REFERENCES person ON DELETE RESTRICT,
    volunteer_id  uuid REFERENCES volunteer_link ON DELETE RESTRICT,
    undone_at     timestamptz
);
CREATE INDEX nobody_came_session ON nobody_came (session_id);

-- Said before anybody's name was kept with it.
INSERT INTO nobody_came (op, session_id, at, recorded_at)
SELECT replace(s.id::text, '-', '') || ':before', s.id, COALESCE(t.last_at, s.updated_at), COALESCE(t.last_at, s.updated_at)
FROM session s LEFT JOIN tally t ON t.session_id = s.id WHERE s.outcome = 'held_empty';
