-- Updates the list of categories. The name of a category is its key and never changes.
WITH gone AS (
    DELETE FROM cdm_summary.categories AS c
    WHERE NOT EXISTS (SELECT FROM dds.h_category AS h WHERE h.h_category_pk = c.h_category_pk)
)

INSERT INTO cdm_summary.categories AS c (h_category_pk, category_name)
SELECT h.h_category_pk, h.category_name
FROM dds.h_category AS h
ON CONFLICT DO NOTHING
