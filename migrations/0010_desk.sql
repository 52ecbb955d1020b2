-- The booking desk complete: offers, seats held back, opening and closing, questions, cycles, hybrid sessions, calls.

-- agenda
ALTER TABLE event
    ADD COLUMN offer_for interval CHECK (offer_for > '0'),           -- who waits is offered a seat for this long; NULL: confirmed at once (C9)
    ADD COLUMN call_for interval NOT NULL DEFAULT '1 day' CHECK (call_for > '0'),  -- a seat is held this long for who can only be phoned (C10)
    ADD COLUMN public_from timestamptz,                              -- nobody but staff sees it earlier (B5); NULL: once published
    ADD COLUMN opens_at timestamptz,                                 -- bookings open (B5); NULL: once published
    ADD COLUMN closing interval NOT NULL DEFAULT '0' CHECK (closing >= '0'),       -- bookings close this long before the start (B5)
    ADD COLUMN questions jsonb NOT NULL DEFAULT '[]',                -- agenda.questions.Question, at most five (C16)
    ADD COLUMN release_after interval CHECK (release_after >= '0'),  -- after the start, unclaimed seats are free for people on the spot (E9); NULL: never
    ADD COLUMN is_cycle boolean NOT NULL DEFAULT false,              -- its sessions are booked together (B3)
    ADD COLUMN is_private boolean NOT NULL DEFAULT true,             -- invites carry CLASS:PRIVATE (rule P2)
    ADD COLUMN reminder_plan text[] NOT NULL DEFAULT '{J-7,J-1,H-2}';  -- steps of bookings.reminders, in order (D5)

ALTER TABLE session
    ADD COLUMN seats_offered integer NOT NULL DEFAULT 0 CHECK (seats_offered >= 0),      -- held for who is offered them
    ADD COLUMN seats_held_back integer NOT NULL DEFAULT 0 CHECK (seats_held_back >= 0),  -- for phone and partners, not given out yet (B11)
    ADD COLUMN held_back_until timestamptz,                          -- then they are released to everybody
    ADD COLUMN lead_id uuid REFERENCES session ON DELETE RESTRICT,   -- first session of its cycle, which has the bookings; NULL: itself
    ADD COLUMN onsite_id uuid UNIQUE REFERENCES session ON DELETE RESTRICT,  -- this is the online half of that session (B8)
    ADD COLUMN all_day boolean NOT NULL DEFAULT false,               -- no fixed hour (rule I9): from midnight to midnight in its zone
    DROP CONSTRAINT session_check1,
    ADD CONSTRAINT session_capacity CHECK (capacity IS NULL OR seats_taken + seats_offered + seats_held_back <= capacity + overbooked),
    ADD CONSTRAINT session_held_back CHECK (seats_held_back = 0 OR held_back_until IS NOT NULL),
    ADD CONSTRAINT session_not_its_own CHECK (id <> lead_id AND id <> onsite_id);
CREATE INDEX session_lead ON session (lead_id) WHERE lead_id IS NOT NULL;
CREATE INDEX session_held_back_until ON session (held_back_until) WHERE seats_held_back > 0;

-- bookings
ALTER TABLE booking
    ADD COLUMN offered_until timestamptz,                            -- while offered: the deadline of the answer
    ADD COLUMN answers jsonb NOT NULL DEFAULT '{}',                  -- question id → answer; purged with the needs
    ADD COLUMN call_why text NOT NULL DEFAULT '',                    -- why to call back: bookings.calling.Why
    DROP CONSTRAINT booking_state_check,
    ADD CONSTRAINT booking_state_check CHECK (state IN ('confirmed', 'waiting', 'offered', 'given_back', 'left', 'declined', 'expired')),
    ADD CONSTRAINT booking_offered CHECK ((state = 'offered') = (offered_until IS NOT NULL)),
    ADD CONSTRAINT booking_offered_rank CHECK (state <> 'offered' OR rank IS NOT NULL);
DROP INDEX booking_person;
CREATE UNIQUE INDEX booking_person ON booking (session_id, person_key) WHERE state IN ('confirmed', 'waiting', 'offered');
CREATE INDEX booking_offered_until ON booking (offered_until) WHERE state = 'offered';

CREATE TABLE call (                                  -- who was called, what came of it (D9)
    id          uuid PRIMARY KEY,
    booking_id  uuid NOT NULL REFERENCES booking ON DELETE CASCADE,
    at          timestamptz NOT NULL,
    result      text NOT NULL CHECK (result IN ('reached', 'message_left', 'comes', 'does_not_come')),
    by_id       uuid REFERENCES person ON DELETE RESTRICT
);
CREATE INDEX call_booking ON call (booking_id, at);

CREATE TABLE booking_date (                          -- a cycle's dates after the first: a calendar object each (B3, rule U8)
    booking_id     uuid NOT NULL REFERENCES booking ON DELETE CASCADE,
    session_id     uuid NOT NULL REFERENCES session ON DELETE RESTRICT,
    uid            text NOT NULL UNIQUE,
    sequence       integer NOT NULL DEFAULT 0,
    told_revision  integer NOT NULL,
    PRIMARY KEY (booking_id, session_id)
);
CREATE INDEX booking_date_session ON booking_date (session_id);

-- attendance: a booking of a cycle is marked once a date
ALTER TABLE attendance DROP CONSTRAINT attendance_pkey, ADD PRIMARY KEY (booking_id, seat, session_id);
