-- Which operations touched a segment since an instant, and which memberships an operation began or ended. A sync asks this for the segment
-- of its subscription.

-- The transaction of the operation, as in segments.operations. Rows that exist belong to finished transactions.
ALTER TABLE segments.operation_segments ADD COLUMN xid xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id();
CREATE INDEX operation_segments_xid ON segments.operation_segments (segment_id, xid);
CREATE INDEX operations_segment_xid ON segments.operations (segment_id, xid) WHERE segment_id IS NOT NULL;

CREATE INDEX memberships_opened_by ON segments.memberships (opened_by);
CREATE INDEX memberships_closed_by ON segments.memberships (closed_by) WHERE closed_by IS NOT NULL;
