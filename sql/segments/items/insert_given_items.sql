-- The items of a batch. Parameters: an array each of indexes, guids, ids, ids in the source, whether to add, ends, seconds.
INSERT INTO pg_temp.given_items (line, guid, user_id, source_id, adds, end_at, ttl)
SELECT line, guid, user_id, source_id, adds, end_at, ttl
FROM unnest($1::int[], $2::uuid[], $3::int[], $4::text[], $5::bool[], $6::timestamp[], $7::bigint[])
    AS given (line, guid, user_id, source_id, adds, end_at, ttl)
