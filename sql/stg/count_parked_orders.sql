-- How many orders wait for a name, and since when the first of them does.
SELECT count(*), min(e.parked_at)
FROM stg.order_events AS e
WHERE e.parked_at IS NOT NULL
