-- Selects the next distinct names that parked orders wait for. Skips through the primary key from name to name, so the
-- cost does not grow with the number of orders that wait for each.
-- $1 kind, $2 name_id, $3 restaurant_id: the last name so far; $4 maximum number of names bigint
WITH RECURSIVE name AS (
    (
        SELECT m.kind, m.name_id, m.restaurant_id, 1::bigint AS place
        FROM stg.missing_names AS m
        WHERE (m.kind, m.name_id, m.restaurant_id) > ($1, $2, $3)
        ORDER BY m.kind, m.name_id, m.restaurant_id
        LIMIT 1
    )
    UNION ALL
    (
        SELECT following.kind, following.name_id, following.restaurant_id, n.place + 1
        FROM name AS n
        CROSS JOIN LATERAL (
            SELECT m.kind, m.name_id, m.restaurant_id
            FROM stg.missing_names AS m
            WHERE (m.kind, m.name_id, m.restaurant_id) > (n.kind, n.name_id, n.restaurant_id)
            ORDER BY m.kind, m.name_id, m.restaurant_id
            LIMIT 1
        ) AS following
        WHERE n.place < $4
    )
)

SELECT n.kind, n.name_id, n.restaurant_id
FROM name AS n
