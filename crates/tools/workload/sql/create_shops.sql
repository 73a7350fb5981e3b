-- Shops. The stamp has a time zone.
CREATE TABLE shops (
    shop_id    integer PRIMARY KEY,
    name       text NOT NULL,
    city       text,
    opened_on  date,
    updated_at timestamptz NOT NULL
);
