-- network: what applicant and coordinators say to each other (A3), and what a coordinator notes about a structure (A12)

CREATE TABLE application_message (
    id            uuid PRIMARY KEY,
    structure_id  uuid NOT NULL REFERENCES structure ON DELETE RESTRICT,
    at            timestamptz NOT NULL,
    by_id         uuid REFERENCES person ON DELETE RESTRICT,  -- NULL: the applicant
    text          text NOT NULL CHECK (text <> '')
);
CREATE INDEX application_message_of ON application_message (structure_id, at);

CREATE TABLE structure_note (
    id            uuid PRIMARY KEY,
    structure_id  uuid NOT NULL REFERENCES structure ON DELETE RESTRICT,
    at            timestamptz NOT NULL,
    by_id         uuid NOT NULL REFERENCES person ON DELETE RESTRICT,
    kind          text NOT NULL CHECK (kind IN ('call', 'visit', 'training', 'e_mail', 'other')),
    text          text NOT NULL CHECK (text <> ''),
    follow_up_on  date,                              -- « à relancer » from this day on
    settled_at    timestamptz,                       -- followed up
    CHECK (settled_at IS NULL OR follow_up_on IS NOT NULL)
);
CREATE INDEX structure_note_of ON structure_note (structure_id, at);
CREATE INDEX structure_note_open ON structure_note (follow_up_on) WHERE follow_up_on IS NOT NULL AND settled_at IS NULL;
