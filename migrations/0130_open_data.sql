-- exchange: what of the agenda anybody may know, and since when it says so: open data tells changes and withdrawals (B20)

CREATE TABLE open_session (
    session_id  uuid PRIMARY KEY,                    -- no foreign key: what is withdrawn is still told
    version     bigint NOT NULL,                     -- changes whenever anything does that open data tells of the session
    changed_at  timestamptz NOT NULL,                -- when it was seen to change: every round's is later than all before it
    gone        boolean NOT NULL DEFAULT false       -- public once, and no more
);
CREATE INDEX open_session_changed ON open_session (changed_at, session_id);
