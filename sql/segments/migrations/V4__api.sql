-- Answers to requests with an Idempotency-Key, and operations by segment, user, actor and time.

-- A row is inserted first in the transaction of the request's effect, so that a concurrent request with the same key waits for it.
-- `fingerprint` is a hash of the request; status and body are those of the answer.
CREATE TABLE segments.idempotency (
    caller text NOT NULL,
    key text NOT NULL,
    fingerprint text,
    status int,
    body text,
    created_at timestamp NOT NULL,
    PRIMARY KEY (caller, key)
);
CREATE INDEX idempotency_created ON segments.idempotency (created_at);

-- The segments that a change of one user touches. The operation itself has no segment_id then.
CREATE TABLE segments.operation_segments (
    segment_id int NOT NULL,
    at timestamp NOT NULL,
    operation_id bigint NOT NULL,
    PRIMARY KEY (segment_id, at, operation_id)
);
INSERT INTO segments.operation_segments (segment_id, at, operation_id)
SELECT DISTINCT touched.segment_id::int, operations.at, operations.operation_id
FROM segments.operations
CROSS JOIN LATERAL (
    SELECT changed ->> 'segment_id' FROM pg_catalog.jsonb_array_elements(operations.detail -> 'added') AS changed
    UNION ALL
    SELECT changed ->> 'segment_id' FROM pg_catalog.jsonb_array_elements(operations.detail -> 'until_changed') AS changed
    UNION ALL
    SELECT changed FROM pg_catalog.jsonb_array_elements_text(operations.detail -> 'removed') AS changed
) AS touched (segment_id)
WHERE operations.kind = 'change_user';

-- Lists of operations are ordered by time, newest first.
CREATE INDEX operations_at ON segments.operations (at, operation_id);
CREATE INDEX operations_actor_at ON segments.operations (actor, at, operation_id);
CREATE INDEX operations_segment_at ON segments.operations (segment_id, at, operation_id) WHERE segment_id IS NOT NULL;
CREATE INDEX operations_user_at ON segments.operations (user_id, at, operation_id) WHERE user_id IS NOT NULL;
DROP INDEX segments.operations_segment;
DROP INDEX segments.operations_user;
