-- Deletes and returns up to $1 stale days. Today, yesterday and tomorrow come first (the clock of an order may be
-- ahead); they are only three, so other days do not wait for them. The others follow in the order in which they were
-- noted; of days noted at the same time the latest comes first. A day that is noted again goes to the end of the queue,
-- so no day waits for ever. Returns one row per run of consecutive days, and no row if no day is stale. If an order
-- changes before the statements that follow, they see the change, and its note stays for the next refresh.
-- $1 maximum number of days bigint, $2 days to skip text[], $3 whether each day is a run of its own boolean
WITH noted AS (
    SELECT n.day, row_number() OVER (ORDER BY n.day BETWEEN t.day - 1 AND t.day + 1 DESC, n.noted_at, n.day DESC) AS place
    FROM
        (
            SELECT d.day, min(d.noted_at) AS noted_at
            FROM cdm_summary.stale_days AS d
            WHERE d.day <> ALL($2::text[]::date[])
            GROUP BY d.day
        ) AS n,
        (SELECT cdm_summary.to_moscow(now() AT TIME ZONE 'UTC')::date AS day) AS t
),

gone AS (
    DELETE FROM cdm_summary.stale_days AS d
    USING noted AS n
    WHERE d.day = n.day AND n.place <= $1
),

taken AS (
    SELECT n.day, n.place, CASE WHEN $3 THEN 0 ELSE row_number() OVER (ORDER BY n.day) END AS run
    FROM noted AS n
    WHERE n.place <= $1
)

SELECT
    min(t.day)::text,
    max(t.day)::text,
    (SELECT count(*) FROM noted AS n WHERE n.place > $1)
FROM taken AS t
GROUP BY t.day - t.run::int
ORDER BY min(t.place)
