-- Selects the latest names of some users: the time they were read, and their hashdiff.
-- $1 h_user_pk uuid[]
SELECT k.h_user_pk, s.load_dt, s.hk_user_names_hashdiff
FROM unnest($1::uuid[]) AS k (h_user_pk)
CROSS JOIN LATERAL (
    SELECT l.load_dt, l.hk_user_names_hashdiff
    FROM dds.s_user_names AS l
    WHERE l.h_user_pk = k.h_user_pk
    ORDER BY l.load_dt DESC
    LIMIT 1
) AS s
