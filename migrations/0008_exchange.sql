-- exchange: what was taken over from other systems, so that the same row is taken over once

CREATE TABLE imported (
    key          text PRIMARY KEY,                   -- '<kind>:<file>:<id of the row at its source>'
    subject_id   uuid NOT NULL,                      -- the place, event or session it became; no foreign key: kinds differ
    digest       bytea NOT NULL,                     -- of the row as it was read: tells whether its source has changed since
    imported_at  timestamptz NOT NULL
);
