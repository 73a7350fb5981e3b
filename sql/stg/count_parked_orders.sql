-- How many orders wait for a name, and since when the first of them does. One that was released by hand waits for the
-- next round only, and no longer says since when.
-- $1 the time that stands for a release timestamp
SELECT count(*), min(e.parked_at) FILTER (WHERE e.parked_at > $1)
FROM stg.order_events AS e
WHERE e.parked_at IS NOT NULL
