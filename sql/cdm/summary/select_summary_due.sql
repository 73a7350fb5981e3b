-- Selects whether a refresh is due, and how long to wait for it. The pause after a refresh is $1 or twenty times its duration, whichever
-- is longer; if it left days, only the latter. Nothing is refreshed while a layer is rebuilt. If the clock was set back, the last
-- refresh lies in the future; its distance then counts as its age.
-- $1 shortest pause in milliseconds bigint
SELECT
    r.seen <> w.writes OR d.noted_at IS NOT NULL AS is_due,
    EXISTS (SELECT FROM public.tagmill_rebuilds AS b) AS is_rebuilt,
    greatest(20 * r.took_ms, CASE WHEN r.days_left = 0 THEN $1::bigint ELSE 0 END) - abs(t.age) AS rests_ms,
    t.age AS age_ms,
    coalesce((extract(EPOCH FROM t.now - d.noted_at) * 1000)::bigint, 0) AS oldest_note_ms,
    r.seen <> w.writes AS is_written,
    w.writes
FROM cdm_summary.refreshes AS r
CROSS JOIN cdm_summary.writes() AS w (writes)
CROSS JOIN (SELECT min(n.noted_at) AS noted_at FROM cdm_summary.stale_days AS n) AS d
CROSS JOIN LATERAL (
    SELECT
        now() AT TIME ZONE 'UTC' AS now,
        (extract(EPOCH FROM (now() AT TIME ZONE 'UTC') - r.refreshed_at) * 1000)::bigint AS age
) AS t
