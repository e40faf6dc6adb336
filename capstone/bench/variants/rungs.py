"""The ladder's rungs, in order: the path of each, and what is changed there."""

RUNGS = {
    "/one-query": "one query, no ping",
    "/autocommit": "no transaction around a SELECT",
    "/rows": "columns instead of entities",
    "/adapter": "JSON by a TypeAdapter",
    "/built-once": "the SELECT built once, at import",
    "/no-dependency": "no dependency with yield",
    "/by-database": "(for comparison) JSON by the database",
}
