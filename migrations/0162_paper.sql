-- attendance: what is signed and what is proved on paper (E7, E8).

CREATE TABLE signed_sheet (                          -- a photo or scan of the sheet that people signed
    id           uuid PRIMARY KEY,
    session_id   uuid NOT NULL REFERENCES session ON DELETE RESTRICT,
    file_id      uuid REFERENCES file ON DELETE RESTRICT,  -- NULL: destroyed; that it was received stays known
    received_at  timestamptz NOT NULL,
    received_by  uuid REFERENCES person ON DELETE RESTRICT,
    dropped_at   timestamptz,
    dropped_by   uuid REFERENCES person ON DELETE RESTRICT,
    CHECK ((file_id IS NULL) = (dropped_at IS NOT NULL))
);
CREATE INDEX signed_sheet_session ON signed_sheet (session_id);

CREATE TABLE certificate (                           -- a certificate that somebody was there
    code        text PRIMARY KEY,                    -- ten letters and digits that are read aloud easily
    session_id  uuid NOT NULL REFERENCES session ON DELETE RESTRICT,
    booking_id  uuid REFERENCES booking ON DELETE SET NULL,
    seat        integer,
    walk_in_id  uuid REFERENCES walk_in ON DELETE SET NULL,
    name        text,                                -- NULL: forgotten; name_key still tells whether a name typed is the one
    name_key    bytea NOT NULL,                      -- keyed hash of the code and the name, folded
    issued_at   timestamptz NOT NULL,
    issued_by   uuid REFERENCES person ON DELETE RESTRICT  -- NULL: the person, by the link of their booking
);
CREATE UNIQUE INDEX certificate_seat ON certificate (session_id, booking_id, seat) WHERE booking_id IS NOT NULL;
CREATE UNIQUE INDEX certificate_walk_in ON certificate (walk_in_id) WHERE walk_in_id IS NOT NULL;
