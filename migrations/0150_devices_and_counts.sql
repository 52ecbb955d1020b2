-- attendance: phones that work without network, helpers of one day, and people who are counted, never named.

CREATE TABLE volunteer_link (                        -- a link for the volunteer of the day (E10): one session, attendance only
    id          uuid PRIMARY KEY,
    session_id  uuid NOT NULL REFERENCES session ON DELETE RESTRICT,
    label       text NOT NULL CHECK (label <> ''),   -- whom it was given to, as the team calls them
    created_at  timestamptz NOT NULL,
    created_by  uuid REFERENCES person ON DELETE RESTRICT,
    expires_at  timestamptz NOT NULL,
    revoked_at  timestamptz
);
CREATE INDEX volunteer_link_session ON volunteer_link (session_id);

ALTER TABLE attendance_mark
    ADD COLUMN device text NOT NULL DEFAULT '',      -- which phone or page; '': a program that names none
    ADD COLUMN seq bigint NOT NULL DEFAULT 0,        -- its order on that device, whatever the clock does
    ADD COLUMN saw text[] NOT NULL DEFAULT '{}',     -- the marks on this seat that whoever tapped had before their eyes
    ADD COLUMN volunteer_id uuid REFERENCES volunteer_link ON DELETE RESTRICT;  -- who tapped, when not a person of the network
ALTER TABLE walk_in
    ADD COLUMN device text NOT NULL DEFAULT '',
    ADD COLUMN seq bigint NOT NULL DEFAULT 0,
    ADD COLUMN volunteer_id uuid REFERENCES volunteer_link ON DELETE RESTRICT;

CREATE TABLE attendance_conflict (                   -- seats of which two devices say different things, until somebody settles it
    session_id  uuid NOT NULL REFERENCES session ON DELETE RESTRICT,
    booking_id  uuid NOT NULL REFERENCES booking ON DELETE CASCADE,
    seat        integer NOT NULL,
    since       timestamptz NOT NULL,
    PRIMARY KEY (session_id, booking_id, seat)
);

CREATE TABLE taken_back (                            -- an undone tap, kept apart so that it may arrive before the tap itself
    op            text PRIMARY KEY,                  -- of the undoing, as stored: '<session>:<op>'
    session_id    uuid NOT NULL REFERENCES session ON DELETE RESTRICT,
    action        text NOT NULL,                     -- of the tap, as stored
    device        text NOT NULL DEFAULT '',
    at            timestamptz NOT NULL,
    recorded_at   timestamptz NOT NULL,
    by_id         uuid REFERENCES person ON DELETE RESTRICT,
    volunteer_id  uuid REFERENCES volunteer_link ON DELETE RESTRICT
);
CREATE INDEX taken_back_action ON taken_back (session_id, action);

CREATE TABLE count_tap (                             -- people counted at a stand (E4), outcomes of a workshop (E12); never per person
    op            text PRIMARY KEY,
    session_id    uuid NOT NULL REFERENCES session ON DELETE RESTRICT,
    counter       text NOT NULL,                     -- agenda.kinds.Counter
    amount        integer NOT NULL CHECK (amount <> 0 AND abs(amount) <= 10000),  -- 1 for a tap; a correction may take away
    device        text NOT NULL DEFAULT '',
    seq           bigint NOT NULL DEFAULT 0,
    at            timestamptz NOT NULL,
    recorded_at   timestamptz NOT NULL,
    by_id         uuid REFERENCES person ON DELETE RESTRICT,
    volunteer_id  uuid REFERENCES volunteer_link ON DELETE RESTRICT,
    undone_at     timestamptz
);
CREATE INDEX count_tap_session ON count_tap (session_id, counter);

CREATE TABLE count_sum (                             -- the sum of a session's taps, kept in their own transaction: what figures read
    session_id  uuid NOT NULL REFERENCES session ON DELETE RESTRICT,
    counter     text NOT NULL,
    total       integer NOT NULL,                    -- may pass below zero when two corrections cross: shown as 0
    last_at     timestamptz NOT NULL,
    PRIMARY KEY (session_id, counter)
);

CREATE TABLE kept_aside (                            -- what a device sent and the list could not take: shown to a human, never lost
    op            text PRIMARY KEY,
    session_id    uuid NOT NULL REFERENCES session ON DELETE RESTRICT,
    operation     jsonb NOT NULL,                    -- as it was sent
    why           text NOT NULL,                     -- attendance.operations.Why
    at            timestamptz NOT NULL,              -- the device's time, corrected
    received_at   timestamptz NOT NULL,
    by_id         uuid REFERENCES person ON DELETE RESTRICT,
    volunteer_id  uuid REFERENCES volunteer_link ON DELETE RESTRICT,
    settled_at    timestamptz,                       -- taken after all, or put away by somebody
    settled_by    uuid REFERENCES person ON DELETE RESTRICT,
    taken         boolean NOT NULL DEFAULT false
);
CREATE INDEX kept_aside_session ON kept_aside (session_id) WHERE settled_at IS NULL;
