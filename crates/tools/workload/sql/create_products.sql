-- The customer's table of products. Several products may have one title and category.
CREATE TABLE products (
    product_id     integer PRIMARY KEY,
    title          varchar NOT NULL,
    price          decimal(10, 2),
    category       varchar,
    stock_quantity integer,
    created_at     timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at     timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX products_updated_at ON products (updated_at);
