-- The tags users have. To be asked after the upserts of the batch: whoever has moved one of the same counters has then
-- committed what came of it.
-- $1 user_id uuid[]
SELECT t.user_id, t.rule_id, t.tag
FROM cdm.user_tags AS t
WHERE t.user_id = ANY($1::uuid[])
