"""A run in the forms of other programs: lines of JSON, tables, pictures, a log of Inspect. docs/export.md describes them."""
