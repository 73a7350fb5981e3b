-- Inserts users with a counter of each category, of up to 40 orders.
--
-- $1 users bigint, $2 names of categories text[], $3 their keys uuid[]
WITH people AS (
    SELECT n, md5('user ' || n)::uuid AS user_id
    FROM generate_series(1, $1::bigint) AS n
),

known AS (
    INSERT INTO cdm.users (user_id, source_id)
    SELECT p.user_id, 'user ' || p.n
    FROM people AS p
)

INSERT INTO cdm.user_category_counters (user_id, category_id, category_name, order_cnt, version)
SELECT p.user_id, c.id, c.name, ((p.n * 7 + c.place * 13) % 40 + 1)::int, 1
FROM people AS p
CROSS JOIN unnest($2::text[], $3::uuid[]) WITH ORDINALITY AS c (name, id, place)
