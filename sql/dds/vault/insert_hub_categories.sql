-- Inserts new categories. Existing rows keep their load_dt, and DO NOTHING neither locks nor writes them. Rows are
-- ordered by key, so that replicas which insert the same rows cannot deadlock.
-- $1 h_category_pk uuid[], $2 category_name text[], $3 load_dt timestamp[], $4 load_src
INSERT INTO dds.h_category (h_category_pk, category_name, load_dt, load_src)
SELECT n.h_category_pk, n.category_name, n.load_dt, $4
FROM unnest($1::uuid[], $2::text[], $3::timestamp[]) AS n (h_category_pk, category_name, load_dt)
ORDER BY n.h_category_pk
ON CONFLICT DO NOTHING
