-- How many answers a volunteer's link has brought: a link that got about cannot fill the disk.
ALTER TABLE volunteer_link ADD COLUMN heard integer NOT NULL DEFAULT 0 CHECK (heard >= 0);
