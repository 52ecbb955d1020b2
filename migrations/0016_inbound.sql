-- What comes back: bounces, answers from calendars, words of people (D3, D4, D10).

-- mail
CREATE TABLE inbound (                               -- every message taken in, by its bytes: the same twice counts once (rule R1)
    digest   bytea PRIMARY KEY,
    at       timestamptz NOT NULL,
    kind     text NOT NULL,                          -- mail.inbound: 'bounce', 'calendar', 'human', 'automatic', 'junk'…
    outcome  text NOT NULL                           -- what became of it, for whoever looks for a message
);
CREATE INDEX inbound_at ON inbound (at);

CREATE TABLE bounce (                                -- a message that did not arrive, or was complained of (rules B3, B6)
    id          uuid PRIMARY KEY,
    outbox_id   uuid NOT NULL REFERENCES outbox ON DELETE CASCADE,
    at          timestamptz NOT NULL,
    cause       text NOT NULL CHECK (cause IN ('dead', 'soft', 'policy', 'complaint')),
    status      text NOT NULL DEFAULT '',            -- enhanced status code (RFC 3463), '' when none was given
    diagnostic  text NOT NULL DEFAULT '',            -- the other server's words
    handled_at  timestamptz,                         -- the room the message was about has drawn its conclusions
    UNIQUE (outbox_id, cause)
);
CREATE INDEX bounce_unhandled ON bounce (at) WHERE handled_at IS NULL;
CREATE INDEX bounce_cause ON bounce (cause, at);
CREATE INDEX outbox_failed ON outbox (done_at) WHERE state = 'failed';

-- bookings
ALTER TABLE booking
    ADD COLUMN unreachable text NOT NULL DEFAULT '' CHECK (unreachable IN ('', 'dead', 'soft'));  -- its address takes no mail any more (rule B4)
CREATE INDEX booking_email ON booking (email) WHERE email IS NOT NULL;

CREATE TABLE calendar_reply (                        -- what calendars answered, for rules R5 and R9
    id          uuid PRIMARY KEY,
    booking_id  uuid NOT NULL REFERENCES booking ON DELETE CASCADE,
    uid         text NOT NULL,                       -- of the calendar object: the booking's, or that of one date of a cycle
    at          timestamptz NOT NULL,
    stamp       timestamptz,                         -- its DTSTAMP
    method      text NOT NULL CHECK (method IN ('REPLY', 'COUNTER', 'REFRESH')),
    answer      text NOT NULL DEFAULT '',            -- PARTSTAT
    is_strong   boolean NOT NULL DEFAULT false,      -- the sender was authenticated (rule R6)
    outcome     text NOT NULL                        -- what came of it
);
CREATE INDEX calendar_reply_uid ON calendar_reply (uid, at);
CREATE INDEX calendar_reply_booking ON calendar_reply (booking_id, at);

CREATE TABLE reply (                                 -- what people wrote back, forwarded to the structure; purged after a while
    id          uuid PRIMARY KEY,
    digest      bytea NOT NULL UNIQUE,
    booking_id  uuid REFERENCES booking ON DELETE CASCADE,  -- NULL: about no booking we know
    at          timestamptz NOT NULL,
    what        text NOT NULL CHECK (what IN ('words', 'declined', 'counter')),
    sender      text NOT NULL,                       -- address it came from
    name        text NOT NULL,
    subject     text NOT NULL,
    words       text NOT NULL
);
CREATE INDEX reply_booking ON reply (booking_id, at);
CREATE INDEX reply_at ON reply (at);
