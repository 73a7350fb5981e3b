-- Selects the tags of users. Must run after the upserts of the batch: a transaction that changed one of the same
-- counters has then committed its tags. ORDER BY names the columns of the primary key only to select its index: while
-- the table is empty, another index that begins with the user looks equally good to the planner.
-- $1 user_id uuid[]
SELECT t.user_id, t.rule_id, t.tag
FROM cdm.user_tags AS t
WHERE t.user_id = ANY($1::uuid[])
ORDER BY t.user_id, t.rule_id
