-- The figures of a structure's closing as the structure itself reads them, small counts shown: its own report compares with these.
-- NULL for a territory's closing. The content, which is signed, holds a keyed seal of them.
ALTER TABLE snapshot ADD COLUMN inside text;
