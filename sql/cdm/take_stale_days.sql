-- Takes the notes of so many stale days. Today, yesterday and tomorrow (the clock of an order may be ahead) come first; they are
-- three at most, so they keep no other day waiting. The others come in the order in which they were noted, of those noted
-- together the latest first; a day that is noted again after its turn is behind all that wait, so none waits for ever. A row
-- for each run of days without a gap; no row when nothing is noted. Orders that change between this and the statements that
-- follow are seen by these, and their notes stay for the next time.
-- $1 how many days at most bigint, $2 days to be left alone text[], $3 whether each day is a run of its own boolean
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
