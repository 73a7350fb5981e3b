-- These dead letters have been sent back, and the broker has acknowledged it. Somebody else may have done the same; or the
-- rows are of letters that had these places before the topic was made anew.
-- $1 dead-letter topic text, $2 partition int[], $3 offset bigint[]
INSERT INTO public.tagmill_replayed_dead_letters AS r (topic, partition, "offset")
SELECT $1, n.partition, n."offset"
FROM unnest($2::int[], $3::bigint[]) AS n (partition, "offset")
ORDER BY n.partition, n."offset"
ON CONFLICT (topic, partition, "offset") DO UPDATE SET replayed_at = excluded.replayed_at
