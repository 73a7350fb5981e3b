-- Selects the time of the last refresh of the summary, Moscow time, in ISO 8601 format.
SELECT to_char(f.refreshed_at_msk, 'YYYY-MM-DD"T"HH24:MI:SS')
FROM cdm.freshness AS f
