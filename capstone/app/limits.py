"""How large things may be. Clients rely on these sizes; the tables and the shapes share them."""

ID_MAX = 2**63 - 1  # what PostgreSQL's bigint holds

EMAIL_MAX = 254  # RFC 5321 section 4.5.3.1.3, less the angle brackets
PASSWORD_MIN = 8
PASSWORD_BYTES_MAX = 72  # bcrypt reads no more
DISPLAY_NAME_MAX = 80
TITLE_MAX = 200
POST_BODY_MAX = 100_000
EXCERPT_LENGTH = 200
COMMENT_BODY_MAX = 10_000
SEARCH_MAX = 200

WRONG_PASSWORDS_MAX = 10  # for one e-mail from one client address
WRONG_PASSWORDS_MINUTES = 15

PAGE_LIMIT_DEFAULT = 20
PAGE_LIMIT_MAX = 100
