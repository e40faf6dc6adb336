"""The ladder's rungs, in order: the path of each, and what is changed there."""

RUNGS = {
    "/one-query": "one query, no ping",
    "/autocommit": "no transaction around a SELECT",
    "/rows": "columns instead of entities",
    "/built-once": "the SELECT built once, at import",
    "/no-dependency": "no dependency with yield",
    "/one-greenlet": "one greenlet for the whole read",
    "/by-database": "(for comparison) JSON by the database",
}
