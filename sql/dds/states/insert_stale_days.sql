-- Notes that what was added up of these hours no longer holds. By days, of Moscow; until 1930 its hours did not begin with those
-- of UTC, so an hour may lie in two of them.
-- $1 hours timestamp[]
INSERT INTO cdm_summary.stale_days (day)
SELECT cdm_summary.to_moscow(h.hour)::date
FROM unnest($1::timestamp[]) AS h (hour)
UNION
SELECT cdm_summary.to_moscow(h.hour + interval '59 minutes 59.999999 seconds')::date
FROM unnest($1::timestamp[]) AS h (hour)
WHERE h.hour < '1931-01-01'
