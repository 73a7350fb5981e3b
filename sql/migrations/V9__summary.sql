-- The summary: what people ask of orders, added up beforehand, so that a question costs the same however many orders there
-- are. A schema of its own, like cdm_rebuild: all of it can be worked out again from `dds` and `cdm`. People read the views
-- in `cdm`.

-- A state says when and where its order was placed.
--
-- These two are the exception to "expand first": dds-service of the release before does not fill them. From here on its new
-- orders are refused and wait, as in an outage, until it is replaced; what it changes meanwhile is in no summary until that
-- day changes again. Stop it before migrating.
ALTER TABLE dds.bv_order_states ADD COLUMN order_dt timestamp, ADD COLUMN h_restaurant_pk uuid;

UPDATE dds.bv_order_states AS s
SET order_dt = h.order_dt, h_restaurant_pk = r.h_restaurant_pk
FROM dds.h_order AS h
INNER JOIN (
    SELECT DISTINCT ON (l.h_order_pk) l.h_order_pk, l.h_restaurant_pk
    FROM dds.l_order_restaurant AS l
    ORDER BY l.h_order_pk, l.load_dt DESC, l.hk_order_restaurant_pk
) AS r ON h.h_order_pk = r.h_order_pk
WHERE s.h_order_pk = h.h_order_pk;

ALTER TABLE dds.bv_order_states ALTER order_dt SET NOT NULL, ALTER h_restaurant_pk SET NOT NULL;

COMMENT ON COLUMN dds.bv_order_states.order_dt IS 'That of h_order: it never changes';
COMMENT ON COLUMN dds.bv_order_states.h_restaurant_pk IS 'Of the newest event applied';

-- The orders of a day, without an entry an order: orders come roughly in the order of their days, so a range of pages has
-- few. An update changes no indexed column and stays "heap only".
CREATE INDEX ON dds.bv_order_states USING brin (order_dt) WITH (pages_per_range = 32, autosummarize = on);

CREATE SCHEMA cdm_summary;

-- People live in Moscow time. Nothing else names the zone: these two take a moment there and back.
CREATE FUNCTION cdm_summary.to_moscow(utc timestamp) RETURNS timestamp
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (utc AT TIME ZONE 'UTC') AT TIME ZONE 'Europe/Moscow';

CREATE FUNCTION cdm_summary.from_moscow(moscow timestamp) RETURNS timestamp
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (moscow AT TIME ZONE 'Europe/Moscow') AT TIME ZONE 'UTC';

COMMENT ON FUNCTION cdm_summary.to_moscow IS 'The time in Moscow at a moment in UTC';
COMMENT ON FUNCTION cdm_summary.from_moscow IS 'The moment in UTC of a time in Moscow';

-- What is to be added up again. dds-service notes days in the transaction that changes orders; cdm-service takes the notes
-- away in the transaction that works the days out. Without a key: nobody waits for anybody to note something twice.
CREATE TABLE cdm_summary.stale_days (day date NOT NULL);

COMMENT ON TABLE cdm_summary.stale_days IS 'Days of Moscow some of whose orders have changed since they were added up';

INSERT INTO cdm_summary.stale_days (day)
SELECT DISTINCT cdm_summary.to_moscow(s.order_dt)::date
FROM dds.bv_order_states AS s;

-- Where states go, nobody notes their days: all that were ever added up are.
CREATE FUNCTION cdm_summary.note_every_day() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO cdm_summary.stale_days (day)
    SELECT DISTINCT o.hour_msk::date
    FROM cdm_summary.order_hours AS o;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION cdm_summary.note_every_day IS 'Trigger: orders have gone';

CREATE TRIGGER tagmill_stale_days AFTER DELETE OR TRUNCATE ON dds.bv_order_states
FOR EACH STATEMENT EXECUTE FUNCTION cdm_summary.note_every_day();
ALTER TABLE dds.bv_order_states ENABLE ALWAYS TRIGGER tagmill_stale_days;

-- Per hour and day. An hour has both clocks: in UTC and in Moscow they are not always whole hours apart.
CREATE TABLE cdm_summary.order_hours (
    hour_msk timestamp NOT NULL,
    hour_utc timestamp NOT NULL,
    h_restaurant_pk uuid NOT NULL,
    status text NOT NULL,
    order_cnt bigint NOT NULL,
    cost numeric NOT NULL,
    payment numeric NOT NULL,
    last_order_dt timestamp NOT NULL,
    PRIMARY KEY (hour_msk, hour_utc, h_restaurant_pk, status)
);

COMMENT ON TABLE cdm_summary.order_hours IS 'Orders by hour, restaurant and status';
COMMENT ON COLUMN cdm_summary.order_hours.status IS 'Its first 255 characters';
COMMENT ON COLUMN cdm_summary.order_hours.last_order_dt IS 'When the last of them was placed, UTC';

CREATE TABLE cdm_summary.product_days (
    day date NOT NULL,
    h_product_pk uuid NOT NULL,
    h_category_pk uuid NOT NULL,
    order_cnt bigint NOT NULL,
    quantity bigint NOT NULL,
    revenue numeric NOT NULL,
    PRIMARY KEY (day, h_product_pk, h_category_pk)
);

COMMENT ON TABLE cdm_summary.product_days IS
    'CLOSED orders by day of Moscow, product, and the category it then had';

CREATE TABLE cdm_summary.category_days (
    day date NOT NULL,
    h_category_pk uuid NOT NULL,
    order_cnt bigint NOT NULL,
    quantity bigint NOT NULL,
    revenue numeric NOT NULL,
    PRIMARY KEY (day, h_category_pk)
);

COMMENT ON TABLE cdm_summary.category_days IS 'CLOSED orders by day of Moscow and category; an order counts once';

-- Names as well, not only sums: while the vault is rebuilt its hubs are empty, and people go on reading.
CREATE TABLE cdm_summary.products (
    h_product_pk uuid PRIMARY KEY,
    product_name text NOT NULL,
    h_category_pk uuid,
    order_cnt bigint NOT NULL,
    quantity bigint NOT NULL,
    revenue numeric NOT NULL
);

COMMENT ON TABLE cdm_summary.products IS 'Every product: its name, and what product_days comes to';
COMMENT ON COLUMN cdm_summary.products.h_category_pk IS 'Of the last day on which it was sold; NULL: never sold';

CREATE TABLE cdm_summary.categories (
    h_category_pk uuid PRIMARY KEY,
    category_name text NOT NULL
);

CREATE TABLE cdm_summary.restaurants (
    h_restaurant_pk uuid PRIMARY KEY,
    restaurant_id text NOT NULL,
    restaurant_name text NOT NULL
);

COMMENT ON TABLE cdm_summary.categories IS 'Every category';
COMMENT ON TABLE cdm_summary.restaurants IS 'Every restaurant';

-- Of counters and tags. Whose counter has moved nobody notes: these are worked out from the whole of `cdm`.
CREATE TABLE cdm_summary.product_users (
    h_product_pk uuid PRIMARY KEY,
    user_cnt bigint NOT NULL,
    version bigint NOT NULL
);

CREATE TABLE cdm_summary.category_users (
    h_category_pk uuid PRIMARY KEY,
    user_cnt bigint NOT NULL,
    version bigint NOT NULL
);

CREATE TABLE cdm_summary.tags (
    tag text PRIMARY KEY,
    rule_cnt bigint NOT NULL,
    user_cnt bigint NOT NULL
);

CREATE TABLE cdm_summary.tag_progress (
    rule_id bigint NOT NULL,
    order_cnt int NOT NULL,
    tag text NOT NULL,
    subject text NOT NULL,
    subject_key text NOT NULL,
    subject_id uuid NOT NULL,
    threshold int NOT NULL,
    enabled boolean NOT NULL,
    user_cnt bigint NOT NULL,
    PRIMARY KEY (rule_id, order_cnt)
);

CREATE TABLE cdm_summary.tag_event_days (
    day date NOT NULL,
    tag text NOT NULL,
    assigned_cnt bigint NOT NULL,
    revoked_cnt bigint NOT NULL,
    PRIMARY KEY (day, tag)
);

COMMENT ON TABLE cdm_summary.product_users IS 'Users with a counter above 0, by product';
COMMENT ON TABLE cdm_summary.category_users IS 'Users with a counter above 0, by category';
COMMENT ON COLUMN cdm_summary.product_users.version IS 'When a counter of it last changed, in microseconds';
COMMENT ON COLUMN cdm_summary.category_users.version IS 'When a counter of it last changed, in microseconds';
COMMENT ON TABLE cdm_summary.tags IS 'Every tag that a rule gives or a user has; the first 255 characters, as below';
COMMENT ON TABLE cdm_summary.tag_progress IS 'How many users have how many orders of the subject of a rule';
COMMENT ON COLUMN cdm_summary.tag_progress.order_cnt IS 'From 1; the threshold stands for all above it';
COMMENT ON TABLE cdm_summary.tag_event_days IS 'Changes of tags by day of Moscow';

-- One row. A fresh installation has nothing to add up, and that is what its summary says.
CREATE TABLE cdm_summary.refreshes (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    refreshed_at timestamp NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
    took_ms bigint NOT NULL DEFAULT 0,
    days_left bigint NOT NULL DEFAULT 0,
    seen text NOT NULL DEFAULT '',
    counters_changed_at timestamp,
    user_cnt bigint NOT NULL DEFAULT 0,
    tagged_user_cnt bigint NOT NULL DEFAULT 0,
    user_tag_cnt bigint NOT NULL DEFAULT 0,
    tag_cnt bigint NOT NULL DEFAULT 0
);

COMMENT ON TABLE cdm_summary.refreshes IS 'The last refresh of the summary, and what there is one of';
COMMENT ON COLUMN cdm_summary.refreshes.refreshed_at IS 'When it ended, UTC';
COMMENT ON COLUMN cdm_summary.refreshes.days_left IS 'Stale days that it left to the next one';
COMMENT ON COLUMN cdm_summary.refreshes.seen IS 'What cdm_summary.writes() said when it began';
COMMENT ON COLUMN cdm_summary.refreshes.counters_changed_at IS 'When DDS last changed a counter that CDM holds, UTC';
COMMENT ON COLUMN cdm_summary.refreshes.user_tag_cnt IS 'Different tags of a user, added up over all users';

INSERT INTO cdm_summary.refreshes DEFAULT VALUES;

-- Whether counters or tags have changed, without looking at them and without a note from whoever changes them: PostgreSQL
-- counts what is written to each table. Its counts come up to ten seconds late, never early, and start at 0 after a crash; a
-- table that was truncated has another file. Sending a tag event is an update, and no news.
CREATE FUNCTION cdm_summary.writes() RETURNS text
LANGUAGE sql VOLATILE
BEGIN ATOMIC
SELECT string_agg(
    concat_ws(
        '-',
        pg_relation_filenode(t.id),
        pg_stat_get_tuples_inserted(t.id),
        CASE WHEN t.id <> 'cdm.user_tag_events'::regclass THEN pg_stat_get_tuples_updated(t.id) END,
        pg_stat_get_tuples_deleted(t.id)
    ),
    ' ' ORDER BY t.place
)
FROM
    unnest(ARRAY[
        'cdm.user_product_counters'::regclass, 'cdm.user_category_counters'::regclass, 'cdm.tag_rules_in_force'::regclass,
        'cdm.user_tags'::regclass, 'cdm.user_tag_events'::regclass
    ]) WITH ORDINALITY AS t (id, place);
END;

COMMENT ON FUNCTION cdm_summary.writes IS 'How often the counters and tags of cdm have been written to, table by table';
