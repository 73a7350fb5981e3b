-- Of orders whose states had gone and whose hubs had not: they were placed when the hub says, whatever version came first
-- this time.
-- $1 h_order_pk uuid[]
WITH agreed AS (
    UPDATE dds.bv_order_states AS s
    SET order_dt = h.order_dt
    FROM dds.h_order AS h
    WHERE s.h_order_pk = h.h_order_pk AND s.h_order_pk = ANY($1::uuid[]) AND s.order_dt <> h.order_dt
    RETURNING s.order_dt
)

INSERT INTO cdm_summary.stale_days (day)
SELECT DISTINCT cdm_summary.to_moscow(a.order_dt)::date
FROM agreed AS a
