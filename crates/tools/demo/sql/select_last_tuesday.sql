-- Selects noon of last Tuesday in UTC, and the users who were members then by the tables of the first service.
SELECT to_char(tuesday, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS noon, array_agg(s.user_id ORDER BY s.user_id) AS users
FROM public.users_segments AS s,
    (SELECT date_trunc('week', (now() AT TIME ZONE 'UTC') - interval '2 days') + interval '1 day 12 hours' AS tuesday) AS last
WHERE s.start_date <= tuesday AND (s.end_date IS NULL OR tuesday < s.end_date)
GROUP BY tuesday
