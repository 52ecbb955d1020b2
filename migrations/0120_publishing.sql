-- agenda: events that are still being written, and good ones that a region offers as a start.

CREATE TABLE unfinished_event (                      -- a form to publish, as it was left; its author alone sees it
    id         uuid PRIMARY KEY,
    person_id  uuid NOT NULL REFERENCES person ON DELETE CASCADE,
    kind       text NOT NULL,
    title      text NOT NULL,                        -- what is written so far, '' included
    answers    jsonb NOT NULL,                       -- field to texts, as a browser sends them
    saved_at   timestamptz NOT NULL
);
CREATE INDEX unfinished_event_person ON unfinished_event (person_id, saved_at);

CREATE TABLE event_template (                        -- B21
    id            uuid PRIMARY KEY,
    departements  text[],                            -- whose structures are offered it; NULL: all
    kind          text NOT NULL,
    title         text NOT NULL CHECK (title <> ''),
    advice        text NOT NULL,                     -- to who starts from it
    content       jsonb NOT NULL,                    -- the fields of NewEvent that do not depend on a structure
    event_id      uuid REFERENCES event ON DELETE SET NULL,  -- it was made from
    kept_by       uuid REFERENCES person ON DELETE RESTRICT,
    kept_at       timestamptz NOT NULL,
    retired_at    timestamptz                        -- no longer offered
);
CREATE INDEX event_template_offered ON event_template (kept_at) WHERE retired_at IS NULL;
