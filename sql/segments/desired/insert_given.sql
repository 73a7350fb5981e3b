-- Stores returned rows. Parameters: an array for each column.
INSERT INTO pg_temp.given (guid, user_id, source_id, hash_email, hash_phone)
SELECT guid, user_id, source_id, hash_email, hash_phone
FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[])
    AS given (guid, user_id, source_id, hash_email, hash_phone)
