-- Selects the next unsent tag events; those of a user in the order of their changes. Must run after
-- try_lock_tag_events, so that the events sent by another replica are already marked as sent.
-- $1 maximum number of events bigint; $2 maximum bytes of names and tags bigint; the last event may exceed it
WITH next AS MATERIALIZED (
    SELECT e.*
    FROM cdm.user_tag_events AS e
    WHERE e.unsent
    ORDER BY e.seq
    LIMIT $1
),

weighed AS (
    SELECT
        n.*,
        sum(octet_length(n.subject_name) + octet_length(n.tag)) OVER (ORDER BY n.seq)
        - octet_length(n.subject_name) - octet_length(n.tag) AS before
    FROM next AS n
)

SELECT
    w.seq, w.event_id, w.source_id, w.tag, w.action, w.rule_id, w.subject, w.subject_name, w.order_cnt, w.threshold, w.at
FROM weighed AS w
WHERE w.before < $2
ORDER BY w.seq
