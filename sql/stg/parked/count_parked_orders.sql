-- Counts parked orders by kind of missing name, with the time since which the oldest waits. An order that waits for its
-- user and its restaurant is counted once, under the restaurant.
SELECT p.kind, count(*), min(p.parked_at)
FROM (
    SELECT min(m.kind) AS kind, min(m.parked_at) AS parked_at
    FROM stg.missing_names AS m
    GROUP BY m.object_id
) AS p
GROUP BY p.kind
