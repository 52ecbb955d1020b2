-- network: since when a structure says of itself what it says, for the national directory (A15).

ALTER TABLE structure ADD COLUMN updated_at timestamptz;  -- NULL: since it signed
