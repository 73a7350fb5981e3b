-- Selects the dead letters that were replayed before, and when.
-- $1 dead-letter topic text, $2 partition int[], $3 offset bigint[]
SELECT r.partition, r."offset", r.replayed_at
FROM public.tagmill_replayed_dead_letters AS r
INNER JOIN
    unnest($2::int[], $3::bigint[]) AS n (partition, "offset")
    ON r.partition = n.partition AND r."offset" = n."offset"
WHERE r.topic = $1
