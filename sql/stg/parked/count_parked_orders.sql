-- How many orders wait for each kind of name, and since when the first of them does. An order that waits for its user and
-- its restaurant counts once, for the restaurant.
SELECT p.kind, count(*), min(p.parked_at)
FROM (
    SELECT min(m.kind) AS kind, min(m.parked_at) AS parked_at
    FROM stg.missing_names AS m
    GROUP BY m.object_id
) AS p
GROUP BY p.kind
