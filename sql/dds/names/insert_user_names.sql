-- Inserts user names that differ from the latest row. Requires the lock of lock_users. A name that is not later than
-- the latest row is skipped, and so is a name equal to the row before it (of this batch, or else of the table). A, B
-- and A again are three rows.
-- $1 h_user_pk uuid[], $2, $3 username, userlogin text[], $4 load_dt timestamp[], $5 hashdiff uuid[], $6 load_src
WITH newer AS (
    SELECT n.*, latest.hashdiff AS latest_hashdiff
    FROM
        unnest($1::uuid[], $2::text[], $3::text[], $4::timestamp[], $5::uuid[])
            AS n (h_user_pk, username, userlogin, load_dt, hashdiff)
    LEFT JOIN LATERAL (
        SELECT s.load_dt, s.hk_user_names_hashdiff AS hashdiff
        FROM dds.s_user_names AS s
        WHERE s.h_user_pk = n.h_user_pk
        ORDER BY s.load_dt DESC
        LIMIT 1
    ) AS latest ON true
    WHERE latest.load_dt IS NULL OR n.load_dt > latest.load_dt
),

compared AS (
    SELECT
        n.*,
        coalesce(lag(n.hashdiff) OVER (PARTITION BY n.h_user_pk ORDER BY n.load_dt), n.latest_hashdiff) AS previous
    FROM newer AS n
)

INSERT INTO dds.s_user_names (h_user_pk, username, userlogin, load_dt, load_src, hk_user_names_hashdiff)
SELECT n.h_user_pk, n.username, n.userlogin, n.load_dt, $6, n.hashdiff
FROM compared AS n
WHERE n.hashdiff IS DISTINCT FROM n.previous
ORDER BY n.h_user_pk, n.load_dt
