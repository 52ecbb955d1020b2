-- Sending with care: stops and daily counts (D15), slow domains, SMS (D8), messages to a session (D12), follow-up and survey (D13, D14).

-- mail
CREATE TABLE mail_stop (                             -- while one is open, nothing leaves but what lets staff sign in
    id            uuid PRIMARY KEY,
    structure_id  uuid,                              -- NULL: everybody's; no foreign key: mail lies below network
    why           text NOT NULL CHECK (why IN ('asked', 'anomaly')),
    note          text NOT NULL DEFAULT '',
    at            timestamptz NOT NULL,
    by_id         uuid,                              -- NULL: the service itself
    lifted_at     timestamptz,
    lifted_by     uuid
);
CREATE UNIQUE INDEX mail_stop_open ON mail_stop (structure_id) NULLS NOT DISTINCT WHERE lifted_at IS NULL;

CREATE TABLE mail_day (                              -- how much one person was sent on a day; purged two days later
    day        date NOT NULL,                        -- UTC
    recipient  bytea NOT NULL,                       -- keyed hash of the address or number
    sent       integer NOT NULL,
    PRIMARY KEY (day, recipient)
);

CREATE TABLE slow_domain (                           -- receiving sides that asked for fewer messages
    domain   text PRIMARY KEY,
    until    timestamptz NOT NULL,
    strikes  integer NOT NULL
);

CREATE TABLE sms_gateway (                           -- how a structure sends SMS; no row: it does not
    structure_id  uuid PRIMARY KEY,
    kind          text NOT NULL CHECK (kind IN ('http', 'mail')),
    address       text NOT NULL,                     -- http: the URL; mail: an address with {number} in it
    body          text NOT NULL CHECK (body IN ('json', 'form')),
    number_field  text NOT NULL,                     -- names of the gateway's parameters
    text_field    text NOT NULL,
    fixed         text NOT NULL DEFAULT '',          -- further parameters, one « name=value » a line
    secret        text NOT NULL DEFAULT '',          -- the Authorization header; never shown again
    per_day       integer NOT NULL CHECK (per_day BETWEEN 1 AND 10000),
    is_on         boolean NOT NULL,
    updated_at    timestamptz NOT NULL
);

CREATE TABLE mail_opt_out (                          -- no more of what nobody needs: surveys, alerts (D14)
    recipient  bytea NOT NULL,                       -- keyed hash of the address
    subject    text NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (recipient, subject)
);

-- bookings
CREATE TABLE session_message (                       -- written by staff to all of a session (D12)
    id          uuid PRIMARY KEY,
    session_id  uuid NOT NULL REFERENCES session ON DELETE RESTRICT,
    audience    text NOT NULL CHECK (audience IN ('confirmed', 'waiting', 'everybody')),
    subject     text NOT NULL,
    body        text NOT NULL,                       -- paragraphs apart by an empty line
    told        integer NOT NULL,                    -- how many it was queued for
    by_id       uuid REFERENCES person ON DELETE RESTRICT,
    at          timestamptz NOT NULL
);
CREATE INDEX session_message_of ON session_message (session_id, at);

-- experiences
CREATE TABLE survey (                                -- an event's questions to those who came
    event_id    uuid PRIMARY KEY REFERENCES event ON DELETE RESTRICT,
    questions   jsonb NOT NULL,                      -- experiences.survey.SurveyQuestion, at most five
    updated_at  timestamptz NOT NULL
);

CREATE TABLE survey_answer (                         -- without a name, an address or a moment; ids are random
    id          uuid PRIMARY KEY,
    event_id    uuid NOT NULL REFERENCES event ON DELETE RESTRICT,
    session_id  uuid NOT NULL REFERENCES session ON DELETE RESTRICT,
    channel     text NOT NULL CHECK (channel IN ('online', 'paper')),
    answers     jsonb NOT NULL                       -- question id → answer
);
CREATE INDEX survey_answer_event ON survey_answer (event_id);

CREATE TABLE survey_done (                           -- who answered already; nothing leads from here to an answer
    booking  bytea PRIMARY KEY                       -- keyed hash of booking and session
);

CREATE TABLE follow_up (                             -- what an event's people are written the day after
    event_id     uuid NOT NULL REFERENCES event ON DELETE RESTRICT,
    audience     text NOT NULL CHECK (audience IN ('came', 'missed')),
    subject      text NOT NULL,
    body         text NOT NULL,
    links        text NOT NULL DEFAULT '',           -- documents, one address a line
    with_survey  boolean NOT NULL,
    is_on        boolean NOT NULL,
    since        timestamptz NOT NULL,               -- sessions that ended earlier are left alone
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (event_id, audience)
);
