-- Notes the days in Moscow of some hours as stale. Until 1930 hours in Moscow did not begin with those of UTC, so an
-- hour may lie in two days.
-- $1 hours timestamp[]
INSERT INTO cdm_summary.stale_days (day)
SELECT cdm_summary.to_moscow(h.hour)::date
FROM unnest($1::timestamp[]) AS h (hour)
UNION
SELECT cdm_summary.to_moscow(h.hour + interval '59 minutes 59.999999 seconds')::date
FROM unnest($1::timestamp[]) AS h (hour)
WHERE h.hour < '1931-01-01'
