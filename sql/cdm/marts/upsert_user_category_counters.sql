-- Upserts category counters published by DDS and returns the changed ones. A row is replaced only by a larger version,
-- so messages may be repeated and may arrive out of order.
--
-- The upsert skips rows that are not newer, but locks and logs each of them. If many such rows are expected ($6), they
-- are filtered out before the upsert; in a steady stream all rows are newer, and the filter would be useless. The
-- filter is a lookup row by row, because the planner turns NOT EXISTS into a join. Planned for a table that was empty
-- when it was analyzed, that join reads the whole index, and a session keeps the plan while the table grows. Writes to
-- the schema set by choose_marts.
-- $1 user_id uuid[], $2 category_id uuid[], $3 category_name text[], $4 order_cnt int[], $5 version bigint[],
-- $6 boolean: look first
INSERT INTO user_category_counters AS c (user_id, category_id, category_name, order_cnt, version)
SELECT n.user_id, n.category_id, n.category_name, n.order_cnt, n.version
FROM
    unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::bigint[])
        AS n (user_id, category_id, category_name, order_cnt, version)
WHERE
    NOT $6::boolean
    OR coalesce(
        (
            SELECT k.version
            FROM user_category_counters AS k
            WHERE k.user_id = n.user_id AND k.category_id = n.category_id
        ) < n.version,
        true
    )
ORDER BY n.user_id, n.category_id
ON CONFLICT (user_id, category_id) DO UPDATE
SET
    category_name = excluded.category_name,
    order_cnt = excluded.order_cnt,
    version = excluded.version
WHERE c.version < excluded.version
RETURNING c.user_id, c.category_id, c.order_cnt
