-- agenda: what was asked and answered about an event that a coordinator reads before it is published (B4)
CREATE TABLE moderation (
    id        uuid PRIMARY KEY,
    event_id  uuid NOT NULL REFERENCES event ON DELETE CASCADE,
    at        timestamptz NOT NULL,
    by_id     uuid REFERENCES person ON DELETE RESTRICT,
    what      text NOT NULL CHECK (what IN ('asked', 'published', 'sent_back', 'taken_back')),
    message   text NOT NULL DEFAULT '',              -- why it is sent back, or a word with the answer
    CHECK (what <> 'sent_back' OR message <> '')
);
CREATE INDEX moderation_event ON moderation (event_id, at);
CREATE INDEX event_to_moderate ON event (updated_at) WHERE state = 'to_moderate';
CREATE INDEX event_training ON event (id) WHERE kind = 'training';
