-- The next events to be published, each user's in the order of their changes. After try_lock_tag_events, so that what the
-- replica before has sent is known to be sent.
-- $1 how many bigint; $2 bytes of names after which no more is handed out bigint
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
