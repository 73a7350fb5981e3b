-- Orders. Shop and receipt, by which they are known in the shops, may be missing and may repeat.
CREATE TABLE orders (
    order_id   bigint PRIMARY KEY,
    shop_id    integer,
    receipt    bigint,
    user_id    integer NOT NULL,
    product_id integer,
    status     text NOT NULL,
    amount     numeric(12, 2),
    comment    text,
    created_at timestamp NOT NULL,
    updated_at timestamp NOT NULL
);
CREATE INDEX orders_updated_at ON orders (updated_at);
