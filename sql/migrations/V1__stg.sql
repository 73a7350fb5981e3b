-- STG: every order as the order system last told it, and what was sent on about it.

CREATE SCHEMA stg;

CREATE TABLE stg.order_events (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    object_id   bigint NOT NULL UNIQUE,
    object_type text NOT NULL,
    sent_dttm   timestamp NOT NULL,
    payload     json NOT NULL,
    version     text COLLATE "C" NOT NULL,
    user_id     text NOT NULL,
    enriched    text,
    parked_at   timestamp,
    unsent      boolean NOT NULL DEFAULT false,
    CONSTRAINT order_events_parked_or_enriched CHECK (enriched IS NOT NULL OR parked_at IS NOT NULL),
    CONSTRAINT order_events_unsent_is_enriched CHECK (NOT unsent OR enriched IS NOT NULL)
);

COMMENT ON TABLE stg.order_events IS 'The newest event of each order, as received, and the message it became';
COMMENT ON COLUMN stg.order_events.payload IS 'The payload byte for byte as received';
COMMENT ON COLUMN stg.order_events.version IS 'Which event of an order is the newest: fixed-width text, compared as bytes';
COMMENT ON COLUMN stg.order_events.user_id IS 'The user the order belongs to for good';
COMMENT ON COLUMN stg.order_events.enriched IS
    'The message sent to DDS, sent again byte for byte on a replay; while parked, that of an earlier event, or NULL';
COMMENT ON COLUMN stg.order_events.parked_at IS 'Since when a name is missing; what is missing stands in stg.missing_names';
COMMENT ON COLUMN stg.order_events.unsent IS
    'The message is not known to be sent and has no offset behind it: un-parked, or overtaken by an event that was parked';

-- Small while things go well: only parked and unsent orders are in these two.
CREATE INDEX order_events_parked ON stg.order_events (parked_at, id) WHERE parked_at IS NOT NULL;
CREATE INDEX order_events_unsent ON stg.order_events (id) WHERE unsent;

-- The names that parked orders wait for. The primary key begins with the name: distinct names are found by skipping
-- through it, however many orders wait for each.
CREATE TABLE stg.missing_names (
    kind          text NOT NULL CHECK (kind IN ('user', 'restaurant', 'dish', 'room')),
    name_id       text NOT NULL,
    restaurant_id text NOT NULL,
    object_id     bigint NOT NULL REFERENCES stg.order_events (object_id) ON DELETE CASCADE,
    PRIMARY KEY (kind, name_id, restaurant_id, object_id)
);

COMMENT ON TABLE stg.missing_names IS 'Which names parked orders wait for';
COMMENT ON COLUMN stg.missing_names.kind IS
    'What is missing: a name, or room: with its names the order is larger than the broker takes, and name_id is its size';
COMMENT ON COLUMN stg.missing_names.restaurant_id IS 'Of a dish: on whose menu it should be; otherwise empty';

CREATE INDEX missing_names_of_order ON stg.missing_names (object_id);
