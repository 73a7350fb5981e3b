-- DDS: a Data Vault 2.0. Hubs hold business keys, links the pairs seen, satellites what changed and when. Rows are only
-- ever added; `load_dt` is the applied date (a function of the messages), never the wall clock.

CREATE SCHEMA dds;

CREATE TABLE dds.h_user (
    h_user_pk uuid PRIMARY KEY,
    user_id varchar NOT NULL UNIQUE,
    load_dt timestamp NOT NULL,
    load_src varchar NOT NULL
);

CREATE TABLE dds.h_product (
    h_product_pk uuid PRIMARY KEY,
    product_id varchar NOT NULL UNIQUE,
    load_dt timestamp NOT NULL,
    load_src varchar NOT NULL
);

CREATE TABLE dds.h_category (
    h_category_pk uuid PRIMARY KEY,
    category_name varchar NOT NULL UNIQUE,
    load_dt timestamp NOT NULL,
    load_src varchar NOT NULL
);

CREATE TABLE dds.h_restaurant (
    h_restaurant_pk uuid PRIMARY KEY,
    restaurant_id varchar NOT NULL UNIQUE,
    load_dt timestamp NOT NULL,
    load_src varchar NOT NULL
);

CREATE TABLE dds.h_order (
    h_order_pk uuid PRIMARY KEY,
    order_id bigint NOT NULL UNIQUE,
    order_dt timestamp NOT NULL,
    load_dt timestamp NOT NULL,
    load_src varchar NOT NULL
);

-- Links: foreign keys to both hubs, as in the customer's diagram.

CREATE TABLE dds.l_order_product (
    hk_order_product_pk uuid PRIMARY KEY,
    h_order_pk uuid NOT NULL REFERENCES dds.h_order,
    h_product_pk uuid NOT NULL REFERENCES dds.h_product,
    load_dt timestamp NOT NULL,
    load_src varchar NOT NULL
);

CREATE TABLE dds.l_product_restaurant (
    hk_product_restaurant_pk uuid PRIMARY KEY,
    h_product_pk uuid NOT NULL REFERENCES dds.h_product,
    h_restaurant_pk uuid NOT NULL REFERENCES dds.h_restaurant,
    load_dt timestamp NOT NULL,
    load_src varchar NOT NULL
);

CREATE TABLE dds.l_product_category (
    hk_product_category_pk uuid PRIMARY KEY,
    h_product_pk uuid NOT NULL REFERENCES dds.h_product,
    h_category_pk uuid NOT NULL REFERENCES dds.h_category,
    load_dt timestamp NOT NULL,
    load_src varchar NOT NULL
);

CREATE TABLE dds.l_order_user (
    hk_order_user_pk uuid PRIMARY KEY,
    h_order_pk uuid NOT NULL REFERENCES dds.h_order,
    h_user_pk uuid NOT NULL REFERENCES dds.h_user,
    load_dt timestamp NOT NULL,
    load_src varchar NOT NULL
);

-- Ours: where an order was placed. Without foreign keys: it is read by the marts, never by the counters.
CREATE TABLE dds.l_order_restaurant (
    hk_order_restaurant_pk uuid PRIMARY KEY,
    h_order_pk uuid NOT NULL,
    h_restaurant_pk uuid NOT NULL,
    load_dt timestamp NOT NULL,
    load_src varchar NOT NULL
);

-- Satellites: the latest row by load_dt is the current one.

CREATE TABLE dds.s_user_names (
    h_user_pk uuid NOT NULL REFERENCES dds.h_user,
    username varchar NOT NULL,
    userlogin varchar NOT NULL,
    load_dt timestamp NOT NULL,
    load_src varchar NOT NULL,
    hk_user_names_hashdiff uuid NOT NULL,
    PRIMARY KEY (h_user_pk, load_dt)
);

CREATE TABLE dds.s_product_names (
    h_product_pk uuid NOT NULL REFERENCES dds.h_product,
    name varchar NOT NULL,
    load_dt timestamp NOT NULL,
    load_src varchar NOT NULL,
    hk_product_names_hashdiff uuid NOT NULL,
    PRIMARY KEY (h_product_pk, load_dt)
);

CREATE TABLE dds.s_restaurant_names (
    h_restaurant_pk uuid NOT NULL REFERENCES dds.h_restaurant,
    name varchar NOT NULL,
    load_dt timestamp NOT NULL,
    load_src varchar NOT NULL,
    hk_restaurant_names_hashdiff uuid NOT NULL,
    PRIMARY KEY (h_restaurant_pk, load_dt)
);

CREATE TABLE dds.s_order_cost (
    h_order_pk uuid NOT NULL REFERENCES dds.h_order,
    cost numeric(19, 5) NOT NULL CHECK (cost >= 0),
    payment numeric(19, 5) NOT NULL CHECK (payment >= 0),
    load_dt timestamp NOT NULL,
    load_src varchar NOT NULL,
    hk_order_cost_hashdiff uuid NOT NULL,
    PRIMARY KEY (h_order_pk, load_dt)
);

CREATE TABLE dds.s_order_status (
    h_order_pk uuid NOT NULL REFERENCES dds.h_order,
    status varchar NOT NULL,
    load_dt timestamp NOT NULL,
    load_src varchar NOT NULL,
    hk_order_status_hashdiff uuid NOT NULL,
    PRIMARY KEY (h_order_pk, load_dt)
);

-- Ours: the line of a product in an order, so that the vault alone can recount every counter. Lines of one order with
-- the same product are one row; a removed line is a row with quantity 0.
CREATE TABLE dds.s_order_product (
    hk_order_product_pk uuid NOT NULL,
    quantity bigint NOT NULL CHECK (quantity >= 0),
    amount numeric(38, 5) NOT NULL CHECK (amount >= 0),
    h_category_pk uuid NOT NULL,
    load_dt timestamp NOT NULL,
    load_src varchar NOT NULL,
    hk_order_product_hashdiff uuid NOT NULL,
    PRIMARY KEY (hk_order_product_pk, load_dt)
);

-- Business vault: the state the counters are kept from, so that the cost of an order does not grow with history.

CREATE TABLE dds.bv_order_states (
    h_order_pk uuid PRIMARY KEY,
    version text COLLATE "C" NOT NULL,
    load_dt timestamp NOT NULL,
    h_user_pk uuid NOT NULL,
    status varchar NOT NULL,
    cost numeric(19, 5) NOT NULL,
    payment numeric(19, 5) NOT NULL,
    product_pks uuid[] NOT NULL,
    category_pks uuid[] NOT NULL,
    quantities bigint[] NOT NULL,
    amounts numeric(38, 5)[] NOT NULL
);

COMMENT ON TABLE dds.bv_order_states IS 'The current state of each order';
COMMENT ON COLUMN dds.bv_order_states.version IS 'Of the newest event applied; an older one changes nothing';
COMMENT ON COLUMN dds.bv_order_states.product_pks IS
    'Every product, with its category, that the order ever held; quantity 0: no longer. Four arrays of one length';

CREATE TABLE dds.bv_user_product_counters (
    h_user_pk uuid NOT NULL,
    h_product_pk uuid NOT NULL,
    order_cnt int NOT NULL,
    product_name varchar NOT NULL,
    name_dt timestamp NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (h_user_pk, h_product_pk)
);

COMMENT ON TABLE dds.bv_user_product_counters IS 'In how many CLOSED orders of a user a product is';
COMMENT ON COLUMN dds.bv_user_product_counters.name_dt IS 'When the name was read: the latest one seen wins';
COMMENT ON COLUMN dds.bv_user_product_counters.version IS
    'Grows with every change of count or name: GREATEST(old + 1, clock in microseconds), under the row''s lock';

CREATE TABLE dds.bv_user_category_counters (
    h_user_pk uuid NOT NULL,
    h_category_pk uuid NOT NULL,
    order_cnt int NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (h_user_pk, h_category_pk)
);

COMMENT ON TABLE dds.bv_user_category_counters IS 'In how many CLOSED orders of a user a category is';
