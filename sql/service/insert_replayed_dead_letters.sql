-- Records dead letters as replayed, after the broker has acknowledged them. A row may exist: another process has
-- replayed the same letter, or the row belongs to a letter of a topic that was deleted and created again.
-- $1 dead-letter topic text, $2 partition int[], $3 offset bigint[]
INSERT INTO public.tagmill_replayed_dead_letters AS r (topic, partition, "offset")
SELECT $1, n.partition, n."offset"
FROM unnest($2::int[], $3::bigint[]) AS n (partition, "offset")
ORDER BY n.partition, n."offset"
ON CONFLICT (topic, partition, "offset") DO UPDATE SET replayed_at = excluded.replayed_at
