-- When the summary that the views show was last worked out, Moscow time, as ISO-8601 writes it.
SELECT to_char(f.refreshed_at_msk, 'YYYY-MM-DD"T"HH24:MI:SS')
FROM cdm.freshness AS f
