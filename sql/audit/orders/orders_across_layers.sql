-- Audit across layers: version, status and user of each order in DDS equal the last message in STG, and DDS has no
-- order that STG lacks. Orders published directly to DDS are reported, because they have no raw event, and so are
-- orders that DDS has rejected.
WITH sent AS (
    SELECT
        e.object_id,
        e.enriched::json #>> '{payload,version}' AS version,
        e.enriched::json #>> '{payload,status}' AS status,
        e.enriched::json #>> '{payload,user,id}' AS user_id
    FROM stg.order_events AS e
    WHERE e.enriched IS NOT NULL
),

held AS (
    SELECT h.order_id, s.version, s.status, u.user_id
    FROM dds.h_order AS h
    INNER JOIN dds.bv_order_states AS s ON h.h_order_pk = s.h_order_pk
    INNER JOIN dds.h_user AS u ON s.h_user_pk = u.h_user_pk
)

SELECT
    s.object_id AS stg_order,
    h.order_id AS dds_order,
    s.version AS stg_version,
    h.version AS dds_version
FROM sent AS s
FULL JOIN held AS h ON s.object_id = h.order_id
WHERE (s.version, s.status, s.user_id) IS DISTINCT FROM (h.version, h.status, h.user_id)
