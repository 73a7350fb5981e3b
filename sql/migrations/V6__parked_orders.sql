-- Parked orders by the tens of thousands: what is overdue, released or to be counted is found without looking at the rest.

ALTER TABLE stg.order_events ADD COLUMN released_at timestamp;

COMMENT ON COLUMN stg.order_events.released_at IS
    'While parked: when a person said that it goes on without the names of its dishes; a newer event inherits it';

-- A release used to be told by a parked_at before all others. When these were parked nobody knows any more.
UPDATE stg.order_events
SET released_at = now() AT TIME ZONE 'UTC', parked_at = now() AT TIME ZONE 'UTC'
WHERE parked_at = '0001-01-01';

CREATE INDEX order_events_released ON stg.order_events (object_id) WHERE released_at IS NOT NULL;

ALTER TABLE stg.missing_names ADD COLUMN parked_at timestamp NOT NULL DEFAULT (now() AT TIME ZONE 'UTC');

COMMENT ON COLUMN stg.missing_names.parked_at IS 'That of the order: it stays the same for as long as the order waits';

UPDATE stg.missing_names AS m
SET parked_at = e.parked_at
FROM stg.order_events AS e
WHERE m.object_id = e.object_id AND e.parked_at IS NOT NULL;

ALTER TABLE stg.missing_names DROP CONSTRAINT missing_names_kind_check;
ALTER TABLE stg.missing_names
ADD CONSTRAINT missing_names_kind_check CHECK (kind IN ('user', 'restaurant', 'dish', 'room', 'payload'));

COMMENT ON COLUMN stg.missing_names.kind IS
    'What is missing: a name; or room: with its names the order is larger than the broker takes, and name_id is its size; '
    'or payload: one that can be read, and name_id says what is wrong with it';

-- Orders that wait for their dishes alone, the longest parked first.
CREATE INDEX missing_names_dishes ON stg.missing_names (parked_at, object_id) WHERE kind = 'dish';

-- Counted order by order, without looking into either table.
CREATE INDEX missing_names_by_order ON stg.missing_names (object_id, kind, parked_at);
DROP INDEX stg.missing_names_of_order;
