-- CDM: the marts that people and dashboards read.

CREATE SCHEMA cdm;

CREATE TABLE cdm.users (
    user_id uuid PRIMARY KEY,
    source_id varchar NOT NULL UNIQUE
);

COMMENT ON TABLE cdm.users IS 'Hub key and source id of every user with a counter';

CREATE TABLE cdm.user_product_counters (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id uuid NOT NULL,
    product_id uuid NOT NULL,
    product_name varchar NOT NULL,
    order_cnt int NOT NULL CHECK (order_cnt >= 0),
    version bigint NOT NULL,
    UNIQUE (user_id, product_id)
);

COMMENT ON TABLE cdm.user_product_counters IS
    'In how many CLOSED orders of a user a product is; 0 means the same as no row';
COMMENT ON COLUMN cdm.user_product_counters.version IS 'Of two messages about one counter the larger version is right';

CREATE TABLE cdm.user_category_counters (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id uuid NOT NULL,
    category_id uuid NOT NULL,
    category_name varchar NOT NULL,
    order_cnt int NOT NULL CHECK (order_cnt >= 0),
    version bigint NOT NULL,
    UNIQUE (user_id, category_id)
);

COMMENT ON TABLE cdm.user_category_counters IS
    'In how many CLOSED orders of a user a category is; 0 means the same as no row';
