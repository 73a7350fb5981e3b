-- The tags users have. To be asked after the upserts of the batch: whoever has moved one of the same counters has then
-- committed what came of it. In the order of the primary key, which nobody needs: of two indexes that look as good while
-- nobody has a tag, the planner takes the one that has users first.
-- $1 user_id uuid[]
SELECT t.user_id, t.rule_id, t.tag
FROM cdm.user_tags AS t
WHERE t.user_id = ANY($1::uuid[])
ORDER BY t.user_id, t.rule_id
