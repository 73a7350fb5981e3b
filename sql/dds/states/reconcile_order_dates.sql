-- Reconciles new states with existing hubs: if the state of an order was deleted and its hub was not, the date of the
-- order is that of the hub, whatever version comes first now.
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
