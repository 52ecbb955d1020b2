-- What several rooms share of two chapters: structures at home (files, rules of a territory, series), and who came (devices, closed periods).

-- documents: what people hand in and fetch: the kit's files, signed sheets, documents of a shared experience. In the database,
-- so that every process has them, a backup holds them, and nothing lies under a web root.
CREATE TABLE file (
    id          uuid PRIMARY KEY,
    name        text NOT NULL CHECK (name <> ''),    -- as it was named by who handed it in, made safe
    media_type  text NOT NULL,                       -- what its first bytes say, not what was claimed
    size        integer NOT NULL CHECK (size > 0),   -- bytes
    sha256      bytea NOT NULL,
    content     bytea NOT NULL,
    created_at  timestamptz NOT NULL
);
ALTER TABLE file ALTER COLUMN content SET STORAGE EXTERNAL;  -- such files are compressed already

-- network: what a territory asks for
CREATE TABLE territory_rule (
    departement      text PRIMARY KEY,
    moderation       boolean NOT NULL DEFAULT false, -- a coordinator reads each event before it is published (B4)
    trained_only     text NOT NULL DEFAULT 'off' CHECK (trained_only IN ('off', 'warn', 'block')),  -- A10
    training_months  integer NOT NULL DEFAULT 24 CHECK (training_months BETWEEN 1 AND 120),         -- a training holds this long (A9)
    changed_at       timestamptz NOT NULL,
    changed_by       uuid REFERENCES person ON DELETE RESTRICT
);

CREATE TABLE training (                              -- who took part in a training of ambassadors, and when (A9)
    id           uuid PRIMARY KEY,
    person_id    uuid NOT NULL REFERENCES person ON DELETE RESTRICT,
    session_id   uuid,                               -- of the agenda, which lies above; NULL: taken elsewhere, as a coordinator says
    day          date NOT NULL,
    recorded_by  uuid REFERENCES person ON DELETE RESTRICT,
    recorded_at  timestamptz NOT NULL,
    UNIQUE (person_id, session_id)
);
CREATE INDEX training_person ON training (person_id, day);

-- agenda
ALTER TABLE event
    DROP CONSTRAINT event_state_check,
    ADD CONSTRAINT event_state_check CHECK (state IN ('draft', 'to_moderate', 'published', 'archived')),
    DROP CONSTRAINT event_visibility_check,
    ADD CONSTRAINT event_visibility_check CHECK (visibility IN ('public', 'link', 'network', 'group')),
    ADD COLUMN group_code text,                      -- what people of the group type to see it (B6)
    ADD CONSTRAINT event_group_code CHECK ((visibility = 'group') <= (group_code IS NOT NULL));

CREATE TABLE series (                                -- dates that follow a rule (B2, RFC 5545 RRULE)
    id             uuid PRIMARY KEY,
    event_id       uuid NOT NULL REFERENCES event ON DELETE RESTRICT,
    rule           text NOT NULL CHECK (rule <> ''), -- 'FREQ=WEEKLY;BYDAY=TU;UNTIL=…', on the wall clock of zone
    zone           text NOT NULL,                    -- IANA
    local_start    timestamp NOT NULL,               -- DTSTART: the first date, on the wall clock
    except_days    date[] NOT NULL DEFAULT '{}',     -- days left out by hand
    skip_holidays  boolean NOT NULL DEFAULT false,   -- public holidays of the place are left out
    created_at     timestamptz NOT NULL
);
CREATE INDEX series_event ON series (event_id);
ALTER TABLE session
    ADD COLUMN series_id uuid REFERENCES series ON DELETE RESTRICT,
    ADD COLUMN recurs_on timestamp,                  -- the rule's date that this session stands for (RECURRENCE-ID), wherever it was moved
    ADD CONSTRAINT session_recurs CHECK ((series_id IS NULL) = (recurs_on IS NULL));
CREATE UNIQUE INDEX session_recurs_once ON session (series_id, recurs_on) WHERE onsite_id IS NULL AND series_id IS NOT NULL;

CREATE TABLE co_organiser (                          -- structures that an event has besides its own (A11)
    event_id      uuid NOT NULL REFERENCES event ON DELETE CASCADE,
    structure_id  uuid NOT NULL REFERENCES structure ON DELETE RESTRICT,
    asked_at      timestamptz NOT NULL,
    asked_by      uuid REFERENCES person ON DELETE RESTRICT,
    accepted_at   timestamptz,                       -- NULL: asked, and not named on any page yet
    PRIMARY KEY (event_id, structure_id)
);
CREATE INDEX co_organiser_structure ON co_organiser (structure_id);

-- attendance: while a period is closed, nothing of its sessions changes (E13); reopening keeps who, when and why
CREATE TABLE closed_period (
    id            uuid PRIMARY KEY,
    structure_id  uuid REFERENCES structure ON DELETE RESTRICT,  -- of one structure, or
    departements  text[],                                        -- of a territory; both NULL: the whole nation
    first_day     date NOT NULL,                     -- on the clock of the place, both days included
    last_day      date NOT NULL,
    closed_at     timestamptz NOT NULL,
    closed_by     uuid REFERENCES person ON DELETE RESTRICT,
    reopened_at   timestamptz,
    reopened_by   uuid REFERENCES person ON DELETE RESTRICT,
    reopened_why  text NOT NULL DEFAULT '',
    CHECK (last_day >= first_day),
    CHECK (structure_id IS NULL OR departements IS NULL),
    CHECK ((reopened_at IS NULL) = (reopened_why = ''))
);
CREATE INDEX closed_period_days ON closed_period (first_day, last_day) WHERE reopened_at IS NULL;
