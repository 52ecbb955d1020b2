-- The first tables of every room, lowest floor first. Never edited once merged: a change is a new file.
-- Instants are UTC (timestamptz); a wall-clock time stands beside the IANA zone it is meant in.

-- places ------------------------------------------------------------------------------------------

CREATE TABLE place (
    id             uuid PRIMARY KEY,
    name           text NOT NULL CHECK (name <> ''),
    address        text NOT NULL,
    address_more   text NOT NULL,
    postcode       text NOT NULL,
    commune_code   text NOT NULL,                    -- INSEE
    commune_name   text NOT NULL,
    departement    text NOT NULL,                    -- '58', '2A', '974'
    latitude       double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),
    longitude      double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
    zone           text NOT NULL,                    -- IANA
    accessibility  text[] NOT NULL DEFAULT '{}',     -- values of places.Accessibility
    access_note    text NOT NULL DEFAULT '',         -- public transport, door code, floor
    phone          text,
    opening_hours  text NOT NULL DEFAULT '',         -- OSM opening_hours
    services       text[] NOT NULL DEFAULT '{}',
    owner_id       uuid,                             -- the structure whose venue it is; no foreign key: places lie below network
    external_key   text UNIQUE,                      -- '<source>:<id>' of an import
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL
);
CREATE INDEX place_owner ON place (owner_id);
CREATE INDEX place_commune ON place (commune_code);

-- mail --------------------------------------------------------------------------------------------

CREATE TABLE outbox (
    id          uuid PRIMARY KEY,
    key         text NOT NULL UNIQUE,                -- the occasion: written twice, sent once
    kind        text NOT NULL,                       -- which e-mail: the name of its templates
    subject_id  uuid,                                -- about what (a booking, a structure, a person…); kind says which
    data        jsonb NOT NULL DEFAULT '{}',         -- facts of the occasion that no table keeps; never anybody's words
    thread      text,                                -- calendar UID: one message in flight per thread, in order
    sequence    integer,                             -- SEQUENCE of the calendar object it carries
    created_at  timestamptz NOT NULL,
    due_at      timestamptz NOT NULL,                -- next attempt; claiming moves it forward by the lease
    attempts    integer NOT NULL DEFAULT 0,          -- fencing token of the lease
    state       text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'dropped', 'failed', 'unknown')),
    done_at     timestamptz,
    outcome     text,                                -- last SMTP answer, or why it was dropped
    message_id  text,
    CHECK ((state = 'queued') = (done_at IS NULL))
);
CREATE INDEX outbox_due ON outbox (due_at) WHERE state = 'queued';
CREATE INDEX outbox_thread ON outbox (thread, id) WHERE thread IS NOT NULL;
CREATE INDEX outbox_subject ON outbox (subject_id);

-- network -----------------------------------------------------------------------------------------

CREATE TABLE structure (
    id            uuid PRIMARY KEY,
    slug          text NOT NULL UNIQUE,
    name          text NOT NULL CHECK (name <> ''),
    kind          text NOT NULL,                     -- network.structure.StructureKind
    siret         text UNIQUE,
    rna           text UNIQUE,
    address       text NOT NULL,
    postcode      text NOT NULL,
    commune_code  text NOT NULL,
    commune_name  text NOT NULL,
    departement   text NOT NULL,
    region        text NOT NULL,                     -- INSEE code of the région
    latitude      double precision NOT NULL,
    longitude     double precision NOT NULL,
    zone          text NOT NULL,
    email         text NOT NULL,
    phone         text,
    website       text,
    presentation  text NOT NULL DEFAULT '',
    state         text NOT NULL CHECK (state IN ('draft', 'submitted', 'changes_asked', 'admitted', 'refused', 'withdrawn', 'suspended')),
    language      text NOT NULL DEFAULT 'fr',
    created_at    timestamptz NOT NULL,
    admitted_at   timestamptz,
    external_key  text UNIQUE
);
CREATE INDEX structure_territory ON structure (departement, state);

CREATE TABLE person (
    id          uuid PRIMARY KEY,
    name        text NOT NULL CHECK (name <> ''),
    email       text NOT NULL UNIQUE CHECK (email = lower(email)),
    phone       text,
    language    text NOT NULL DEFAULT 'fr',
    created_at  timestamptz NOT NULL,
    seen_at     timestamptz,
    closed_at   timestamptz
);

CREATE TABLE role (
    id            uuid PRIMARY KEY,
    person_id     uuid NOT NULL REFERENCES person ON DELETE RESTRICT,
    role          text NOT NULL CHECK (role IN ('ambassador', 'manager', 'coordinator', 'national', 'funder', 'operator')),
    structure_id  uuid REFERENCES structure ON DELETE RESTRICT,
    departements  text[],                            -- a coordinator's or funder's scope; NULL: the whole nation
    granted_at    timestamptz NOT NULL,
    revoked_at    timestamptz,
    CHECK ((role IN ('ambassador', 'manager')) = (structure_id IS NOT NULL)),
    CHECK (role <> 'coordinator' OR departements IS NOT NULL)
);
CREATE INDEX role_person ON role (person_id) WHERE revoked_at IS NULL;
CREATE UNIQUE INDEX role_once ON role (person_id, role, structure_id) NULLS NOT DISTINCT WHERE revoked_at IS NULL;

CREATE TABLE structure_history (                     -- each change of an application or membership (A2)
    id            uuid PRIMARY KEY,
    structure_id  uuid NOT NULL REFERENCES structure ON DELETE RESTRICT,
    at            timestamptz NOT NULL,
    state         text NOT NULL,
    by_id         uuid REFERENCES person ON DELETE RESTRICT,  -- NULL: the applicant
    note          text NOT NULL DEFAULT ''
);
CREATE INDEX structure_history_of ON structure_history (structure_id, at);

CREATE TABLE charter (
    id            uuid PRIMARY KEY,
    version       text NOT NULL UNIQUE,
    title         text NOT NULL,
    body          text NOT NULL,                     -- paragraphs apart by an empty line; French
    body_en       text NOT NULL,
    published_at  timestamptz NOT NULL
);

CREATE TABLE signature (
    id            uuid PRIMARY KEY,
    structure_id  uuid NOT NULL REFERENCES structure ON DELETE RESTRICT,
    charter_id    uuid NOT NULL REFERENCES charter ON DELETE RESTRICT,
    name          text NOT NULL,
    role          text NOT NULL,
    signed_at     timestamptz NOT NULL,
    UNIQUE (structure_id, charter_id)
);

CREATE TABLE invitation (
    id            uuid PRIMARY KEY,
    email         text NOT NULL CHECK (email = lower(email)),
    name          text NOT NULL,
    role          text NOT NULL,
    structure_id  uuid REFERENCES structure ON DELETE RESTRICT,
    departements  text[],
    invited_by    uuid REFERENCES person ON DELETE RESTRICT,
    state         text NOT NULL CHECK (state IN ('sent', 'accepted', 'declined', 'withdrawn')),  -- expired: computed from expires_at
    sent_at       timestamptz NOT NULL,
    times_sent    integer NOT NULL DEFAULT 1,
    expires_at    timestamptz NOT NULL,
    answered_at   timestamptz
);
CREATE UNIQUE INDEX invitation_open ON invitation (email, role, structure_id) NULLS NOT DISTINCT WHERE state = 'sent';

CREATE TABLE sign_in (                               -- one e-mailed link and code (H1)
    id          uuid PRIMARY KEY,
    person_id   uuid NOT NULL REFERENCES person ON DELETE CASCADE,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz,
    attempts    integer NOT NULL DEFAULT 0           -- wrong codes typed
);
CREATE INDEX sign_in_person ON sign_in (person_id, created_at);

CREATE TABLE staff_session (
    token_hash  bytea PRIMARY KEY,
    person_id   uuid NOT NULL REFERENCES person ON DELETE CASCADE,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL
);

CREATE TABLE api_token (
    id            uuid PRIMARY KEY,
    structure_id  uuid NOT NULL REFERENCES structure ON DELETE RESTRICT,
    name          text NOT NULL,
    token_hash    bytea NOT NULL UNIQUE,
    scopes        text[] NOT NULL,
    created_at    timestamptz NOT NULL,
    revoked_at    timestamptz
);

-- agenda ------------------------------------------------------------------------------------------

CREATE TABLE event (
    id             uuid PRIMARY KEY,
    structure_id   uuid NOT NULL REFERENCES structure ON DELETE RESTRICT,
    kind           text NOT NULL,                    -- agenda.kinds.Kind
    title          text NOT NULL CHECK (title <> ''),
    description    text NOT NULL DEFAULT '',
    programme      text NOT NULL DEFAULT '',         -- one step a line
    to_bring       text NOT NULL DEFAULT '',         -- one thing a line
    level          text NOT NULL DEFAULT '',
    phone          text,                             -- a person to call
    visibility     text NOT NULL CHECK (visibility IN ('public', 'link', 'network')),
    state          text NOT NULL CHECK (state IN ('draft', 'published', 'archived')),
    accessibility  text[] NOT NULL DEFAULT '{}',     -- of the event itself: sign language, subtitles…
    party_limit    integer NOT NULL CHECK (party_limit BETWEEN 1 AND 100),
    waiting_max    integer NOT NULL CHECK (waiting_max >= 0),      -- seats waiting per session; 0: no waiting list
    promotion_stop interval NOT NULL,                -- no promotion this long before the start
    cutoff         interval NOT NULL,                -- seats can be given back online until this long before the start
    words          tsvector NOT NULL,                -- weighted search words, accents removed in Python
    run_by         text NOT NULL DEFAULT '',         -- first name of who welcomes people
    created_by     uuid REFERENCES person ON DELETE RESTRICT,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    published_at   timestamptz,
    external_key   text UNIQUE,
    CHECK (state <> 'published' OR published_at IS NOT NULL)
);
CREATE INDEX event_structure ON event (structure_id);
CREATE INDEX event_words ON event USING gin (words);

CREATE TABLE session (
    id                 uuid PRIMARY KEY,
    event_id           uuid NOT NULL REFERENCES event ON DELETE RESTRICT,
    place_id           uuid REFERENCES place ON DELETE RESTRICT,
    join_url           text,                         -- shown only to those who hold a confirmed seat (B7)
    zone               text NOT NULL,                -- IANA
    local_start        timestamp NOT NULL,           -- wall clock in zone: what was promised (rule T1)
    starts_at          timestamptz NOT NULL,
    ends_at            timestamptz NOT NULL,
    capacity           integer CHECK (capacity > 0), -- NULL: no limit
    seats_taken        integer NOT NULL DEFAULT 0 CHECK (seats_taken >= 0),
    seats_waiting      integer NOT NULL DEFAULT 0 CHECK (seats_waiting >= 0),
    overbooked         integer NOT NULL DEFAULT 0 CHECK (overbooked >= 0),  -- seats knowingly above capacity (B9, C17)
    ranks_given        bigint NOT NULL DEFAULT 0,    -- last place on the waiting list ever given out
    outcome            text CHECK (outcome IN ('held', 'held_empty')),
    called_off_at      timestamptz,
    called_off_reason  text NOT NULL DEFAULT '',
    moved_at           timestamptz,
    previous_start     timestamptz,                  -- start before the latest move
    revision           integer NOT NULL DEFAULT 0,   -- +1 at each change that concerns attendees (U1)
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    external_key       text UNIQUE,
    CHECK (ends_at > starts_at),
    CHECK (capacity IS NULL OR seats_taken <= capacity + overbooked)
);
CREATE INDEX session_event ON session (event_id, starts_at);
CREATE INDEX session_start ON session (starts_at);
CREATE INDEX session_place ON session (place_id);

-- bookings ----------------------------------------------------------------------------------------

CREATE TABLE booking (
    id             uuid PRIMARY KEY,
    session_id     uuid NOT NULL REFERENCES session ON DELETE RESTRICT,
    code           text NOT NULL UNIQUE,             -- six letters and digits that are read aloud easily (C4)
    uid            text NOT NULL UNIQUE,             -- calendar UID, 128 random bits (rule I2)
    state          text NOT NULL CHECK (state IN ('confirmed', 'waiting', 'given_back', 'left')),
    seats          integer NOT NULL CHECK (seats > 0),   -- seats held or asked for; after giving all back: what was held last
    rank           bigint,                           -- order on the waiting list; kept after promotion
    name           text NOT NULL,                    -- the contact
    email          text,
    phone          text,
    names          text[] NOT NULL DEFAULT '{}',     -- who comes, seat by seat, as far as told; may be shorter than seats
    on_behalf      text CHECK (on_behalf IN ('relative', 'carer', 'professional')),  -- in what capacity the contact books for others
    needs          text,                             -- practical needs; purged the day after
    language       text NOT NULL,
    channel        text NOT NULL CHECK (channel IN ('online', 'phone', 'paper', 'on_the_spot', 'partner')),
    person_key     bytea NOT NULL,                   -- keyed hash of contact and first attendee: the same person twice (C15)
    contact_key    bytea,                            -- keyed hash of the contact alone: limits per contact (C14); NULL: no contact
    request_key    text UNIQUE,                      -- form nonce or Idempotency-Key (C20)
    to_call_back   boolean NOT NULL DEFAULT false,   -- « à rappeler »
    created_at     timestamptz NOT NULL,
    confirmed_at   timestamptz,
    ended_at       timestamptz,                      -- given back or left
    changed_at     timestamptz NOT NULL,
    sequence       integer NOT NULL DEFAULT 0,       -- SEQUENCE of the latest calendar message queued (rule U1)
    told_revision  integer NOT NULL,                 -- session.revision its contact was last told of
    reminders      boolean NOT NULL DEFAULT true,    -- one-click opt-out
    created_by     uuid REFERENCES person ON DELETE RESTRICT,  -- staff who booked for them
    CHECK ((state = 'waiting') <= (rank IS NOT NULL)),
    CHECK ((state = 'confirmed') <= (confirmed_at IS NOT NULL))
);
CREATE UNIQUE INDEX booking_person ON booking (session_id, person_key) WHERE state IN ('confirmed', 'waiting');
CREATE INDEX booking_session ON booking (session_id, state);
CREATE INDEX booking_waiting ON booking (session_id, rank) WHERE state = 'waiting';
CREATE INDEX booking_contact ON booking (contact_key, created_at) WHERE contact_key IS NOT NULL;

CREATE TABLE booking_journal (                       -- what the desk decided and why, in facts; staff read it in words
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id  uuid NOT NULL REFERENCES session ON DELETE RESTRICT,
    booking_id  uuid REFERENCES booking ON DELETE CASCADE,
    at          timestamptz NOT NULL,
    what        text NOT NULL,                       -- 'given_back', 'promoted', 'passed', 'resized', 'left', 'moved', 'called_off'…
    facts       jsonb NOT NULL DEFAULT '{}',
    by_id       uuid REFERENCES person ON DELETE RESTRICT
);
CREATE INDEX booking_journal_session ON booking_journal (session_id, id);

CREATE TABLE reminder_round (                        -- one sweep per session, revision and step of the plan (D6)
    session_id  uuid NOT NULL REFERENCES session ON DELETE CASCADE,
    revision    integer NOT NULL,
    step        text NOT NULL,                       -- 'J-7', 'J-1', 'H-2'
    at          timestamptz NOT NULL,
    PRIMARY KEY (session_id, revision, step)
);

-- attendance --------------------------------------------------------------------------------------

CREATE TABLE attendance_mark (                       -- every change keeps who and when (E13)
    op           text PRIMARY KEY,                   -- given by the device: the same operation sent twice counts once
    session_id   uuid NOT NULL REFERENCES session ON DELETE RESTRICT,
    booking_id   uuid NOT NULL REFERENCES booking ON DELETE CASCADE,
    seat         integer NOT NULL CHECK (seat > 0),  -- 1…booking.seats
    state        text CHECK (state IN ('present', 'absent', 'excused')),  -- NULL: not recorded
    at           timestamptz NOT NULL,               -- the device's time
    recorded_at  timestamptz NOT NULL,
    by_id        uuid REFERENCES person ON DELETE RESTRICT
);
CREATE INDEX attendance_mark_seat ON attendance_mark (booking_id, seat, at);

CREATE TABLE attendance (                            -- the latest mark of each seat
    booking_id  uuid NOT NULL REFERENCES booking ON DELETE CASCADE,
    seat        integer NOT NULL,
    session_id  uuid NOT NULL REFERENCES session ON DELETE RESTRICT,
    state       text NOT NULL CHECK (state IN ('present', 'absent', 'excused')),
    at          timestamptz NOT NULL,
    by_id       uuid REFERENCES person ON DELETE RESTRICT,
    PRIMARY KEY (booking_id, seat)
);
CREATE INDEX attendance_session ON attendance (session_id);

CREATE TABLE walk_in (
    id           uuid PRIMARY KEY,
    op           text NOT NULL UNIQUE,
    session_id   uuid NOT NULL REFERENCES session ON DELETE RESTRICT,
    name         text,
    at           timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL,
    by_id        uuid REFERENCES person ON DELETE RESTRICT,
    undone_at    timestamptz
);
CREATE INDEX walk_in_session ON walk_in (session_id);

CREATE TABLE tally (                                 -- a session's counts, kept in the marks' own transaction: figures outlive names (F3)
    session_id   uuid PRIMARY KEY REFERENCES session ON DELETE RESTRICT,
    present      integer NOT NULL DEFAULT 0,
    absent       integer NOT NULL DEFAULT 0,
    excused      integer NOT NULL DEFAULT 0,
    walk_ins     integer NOT NULL DEFAULT 0,
    first_at     timestamptz NOT NULL,
    last_at      timestamptz NOT NULL
);
