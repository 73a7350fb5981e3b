-- Every order that STG has sent is in DDS in the same version, and DDS has none that STG does not know. Orders that were fed
-- to DDS directly show up here: they are in no raw event.
SELECT
    e.object_id AS stg_order,
    h.order_id AS dds_order,
    e.version AS stg_version,
    s.version AS dds_version
FROM (SELECT o.object_id, o.version FROM stg.order_events AS o WHERE o.enriched IS NOT NULL) AS e
FULL JOIN (
    dds.h_order AS h INNER JOIN dds.bv_order_states AS s ON h.h_order_pk = s.h_order_pk
) ON e.object_id = h.order_id
LEFT JOIN stg.order_events AS parked ON h.order_id = parked.object_id
WHERE
    e.version IS DISTINCT FROM s.version
    -- A newer event of an order that was sent before may be parked.
    AND parked.parked_at IS NULL
