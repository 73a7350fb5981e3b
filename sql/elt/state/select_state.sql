-- The state of a copy. $1: the target table. age: seconds since its last cycle ended, by A's clock.
SELECT
    token::text AS token,
    watermark::text AS watermark,
    create_hash,
    query_hash,
    keys_hash,
    keys_count,
    keys_sum,
    extract(epoch FROM clock_timestamp() - keys_compared_at)::double precision AS keys_age,
    unresolved,
    failures,
    instance,
    extract(epoch FROM clock_timestamp() - finished_at)::double precision AS age
FROM elt.jobs
WHERE target = $1
