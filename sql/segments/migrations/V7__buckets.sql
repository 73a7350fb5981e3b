-- Buckets of many users.

-- convert_to is not immutable, so PostgreSQL did not put the expression of a function that claims to be so into a query: a call took three
-- times as long.
ALTER FUNCTION segments.bucket(text, uuid) STABLE;

-- Where the hashes of the first buckets end: a user is in them if SHA-256(name ':' guid) is less. It is longer than a hash if all users are.
CREATE FUNCTION segments.bucket_end(buckets int) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN buckets >= 10000 THEN pg_catalog.decode(pg_catalog.repeat('ff', 33), 'hex')
        WHEN buckets <= 0 THEN ''::bytea
        ELSE pg_catalog.decode(pg_catalog.lpad(pg_catalog.to_hex((buckets::bigint * 4294967296 + 9999) / 10000), 8, '0'), 'hex')
    END;
