-- Takes the notes of the last stale day, and of those before it without a gap; no row when there are none. Orders that
-- change between this and the statements that follow are seen by these, and their notes stay for the next time.
-- $1 how many days at most bigint
WITH noted AS (
    SELECT d.day, row_number() OVER (ORDER BY d.day DESC) AS place
    FROM cdm_summary.stale_days AS d
    GROUP BY d.day
),

taken AS (
    DELETE FROM cdm_summary.stale_days AS d
    USING noted AS n
    WHERE d.day = n.day AND n.place <= $1 AND n.day + n.place::int = (SELECT max(l.day) + 1 FROM noted AS l)
    RETURNING d.day
)

SELECT min(t.day)::text, max(t.day)::text, (SELECT count(*) FROM noted) - count(DISTINCT t.day)
FROM taken AS t
HAVING count(*) > 0
