-- Takes the notes of so many stale days: the last ones before the day at which the refresh before stopped, then those after
-- it. Days that change all the time are taken up once in a round, and keep no other day waiting. A row for each run of days
-- without a gap; no row when nothing is noted. Orders that change between this and the statements that follow are seen by
-- these, and their notes stay for the next time.
-- $1 how many days at most bigint, $2 where the refresh before stopped text, null: at the end
WITH noted AS (
    SELECT d.day, row_number() OVER (ORDER BY d.day >= $2::text::date, d.day DESC) AS place
    FROM cdm_summary.stale_days AS d
    GROUP BY d.day
),

taken AS (
    DELETE FROM cdm_summary.stale_days AS d
    USING noted AS n
    WHERE d.day = n.day AND n.place <= $1
    RETURNING n.day, n.place
)

SELECT
    min(t.day)::text,
    max(t.day)::text,
    ((SELECT count(*) FROM noted) - sum(count(DISTINCT t.day)) OVER ())::bigint
FROM taken AS t
GROUP BY t.day + t.place::int
ORDER BY min(t.place)
