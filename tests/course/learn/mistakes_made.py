"""Mistakes that `course check` is to know, each a difference to the finished code, and what is to be told of it.

In each the line that has to be named ends in `# here`. If none does, the file is named, and no line.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Made:
    """A mistake that a beginner may make in a step, by what differs from the finished code."""

    said: str  # a part of the output
    changes: tuple[tuple[str, str], ...]  # one after the other: a text, of which the first is taken, and its successor
    unsaid: str = "Traceback"  # what must not be part of the output
    file: str = ""  # if it is not the first one of the step
    encoding: str = "utf-8"
    runs: bool = True  # False if the text alone tells, without a test
    seconds: float = 10.0  # after which a test hangs

    def put(self, text: str) -> str:
        """The finished text with the mistake in it, and the mark at the end of its line."""
        for old, new in self.changes:
            assert old in text, f"{old!r} is not there"
            text = text.replace(old, new, 1)
        return re.sub(r"(  # here)(.+)", r"\2\1", text)


def made(said: str, *changes: tuple[str, str], **more: str | float) -> Made:
    """A mistake with any number of changes."""
    return Made(said, changes, **more)


def unexplained(said: str, *changes: tuple[str, str]) -> Made:
    """A mistake that looks like a known one, whose cause must not be told for its own."""
    return made(said, *changes, unsaid="Likely cause")


def untested(said: str, *changes: tuple[str, str], **more: str) -> Made:
    """A mistake that the text alone tells: no test can begin, or need to."""
    return made(said, *changes, runs=False, **more)


SETTINGS_CONFIG = """    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8-sig", extra="ignore", str_strip_whitespace=True
    )

"""
BEGIN = "Note:\n    async with engine.begin()"
CONNECT = "Note:\n    async with engine.connect()"
SESSION_OPENED = "async with request.app.state.sessionmaker() as session:\n        yield session"
NO_ROW_ID = 'raise ValueError(f"must be a whole number from 1 to {MAX_ID}")\n    '
HASHPW = "to_thread.run_sync(bcrypt.hashpw, plain.encode(), bcrypt.gensalt(rounds), limiter=hashing_limiter)"
CHECKPW = "to_thread.run_sync(bcrypt.checkpw, plain.encode(), hashed.encode(), limiter=hashing_limiter)"
HASHED = "hash_password(new.password, rounds=settings.bcrypt_rounds)"
LOOKED_FIRST = """    if await session.scalar(select(User).where(User.email == new.email)):  # here
        raise DomainError("This e-mail is already registered", status.HTTP_409_CONFLICT)
"""
TAKEN = """ as error:
        if violated_constraint(error) == "uq_users_email":
            raise DomainError("This e-mail is already registered", status.HTTP_409_CONFLICT) from error
        raise
"""
FOUND = "session.scalar(select(User).where(User.email == email, User.is_active))"
GIVEN_BACK = "    await session.commit()  # gives the connection back: bcrypt takes long, and other requests need it\n"
FOR_ITS_TIME = "await hash_password(password, rounds=settings.bcrypt_rounds)  # for nothing but the time that it takes"
WRONG = 'raise DomainError("Wrong e-mail or password", status.HTTP_400_BAD_REQUEST)'
NOBODY = 'email, password = "", ""  # nobody has registered with these'
NOT_FOUND = 'DomainError("Note not found", status.HTTP_404_NOT_FOUND)'
OWN_QUERY = "    query = select(Note).where(Note.id == note_id, Note.owner_id == user.id)"
STORED = """    note = Note(owner_id=user.id, title=new.title, content=new.content)
    session.add(note)
    await session.commit()
"""
INSERTED = """    row = {"owner_id": user.id, "title": new.title, "content": new.content}
    note = await session.scalar(insert(Note).values(row).returning(Note))"""
UNIQUE_NAME = """    try:
        async with session.begin_nested():
            yield
    except DBAPIError as error:
        if violated_constraint(error) == "uq_products_name" or is_deadlock(error):
            raise Conflict("A product with this name exists") from error
        raise
"""

MADE: dict[tuple[str, str], dict[str, Made]] = {  # by stage and step
    ("04", "4.1a"): {
        "a connection without commit": made(
            "What is written inside `async with engine.connect()` is rolled back at its end",
            (BEGIN, f"{CONNECT}  # here"),
        ),
        "a connection without commit, in a function of another name": made(
            "`await connection.commit()` keeps it", ("def create_note(", "def add_note("), (BEGIN, f"{CONNECT}  # here")
        ),
        "a session without commit": made(
            "`await session.commit()` keeps it",
            ("import create_async_engine", "import AsyncSession, create_async_engine"),
            (f"{BEGIN} as connection", "Note:\n    async with AsyncSession(engine) as session  # here"),
            ('connection.execute(text("INSERT', 'session.execute(text("INSERT'),
        ),
        "no commit, and another status before that": made(
            "The app answers 200 where 201 is expected",
            (", status_code=201)", ")"),
            (BEGIN, CONNECT),
            ("-> NewNote:", "-> NewNote:  # here"),
            unsaid="commit",
        ),
        "an error behind a 500": unexplained(
            'raised:   ProgrammingError: relation "skech" does not exist',
            ("INSERT INTO sketch", "INSERT INTO skech  # here"),
        ),
        "the lifespan is not given": made(
            "Nothing runs `lifespan`: `FastAPI(lifespan=lifespan)`", (", lifespan=lifespan)", ")  # here")
        ),
        "the lifespan is not given, and another mistake": made(
            "Nothing runs `lifespan`: `FastAPI(lifespan=lifespan)`",
            (", lifespan=lifespan)", ")  # here"),
            (BEGIN, CONNECT),
            unsaid="rolled back",
        ),
        "a value in the SQL": made(
            "a quotation mark (') in the value ends the SQL's own text",
            (
                '"INSERT INTO sketch VALUES (:title)"), {"title": new.title}',
                """f"INSERT INTO sketch VALUES ('{new.title}')")  # here""",
            ),
        ),
    },
    ("04", "4.2a"): {
        "an error that repeats the password": made(
            "`make_url()` may raise ValueError, and no `except` here catches it",
            ("make_url(text)", "make_url(text)  # here"),
            ("(ArgumentError, ValueError)", "ArgumentError"),
        ),
        "stars for the password": made(
            "`str(url.set(drivername='postgresql+asyncpg'))` writes *** in place of the password",
            ("url.render_as_string(hide_password=False)", 'str(url.set(drivername="postgresql+asyncpg"))  # here'),
        ),
    },
    ("04", "4.2b"): {
        "another class than the head says": made(
            "`long_enough` returns an object of the class `bytes`, and its head promises `SecretStr`",
            ("    return secret\n", "    return secret.get_secret_value().encode()  # here\n"),
            unsaid="decode",
        ),
    },
    ("04", "4.2c"): {
        "stdout for stderr": made(
            "printed:  JWT_SECRET is 11 bytes", ('sys.stderr.write(problem + "\\n")', "print(problem)  # here")
        ),
        "a text as the exit status": made(
            "`sys.exit(problem)` ends the program with status 1, since it is given a text",
            ('sys.stderr.write(problem + "\\n")\n    sys.exit(START_FAILED)', "sys.exit(problem)  # here"),
        ),
        "the second function of a step": made(
            "  expected: 3\n  seen:     1\n",
            ("-> NoReturn:\n", "-> NoReturn:\n    raise SystemExit(1)  # here\n"),
            unsaid="return",
        ),
        "a helper that the test's last line calls": unexplained(
            "'DATABASE_URL' is not in `line`, which was 'no'",
            ("(error: ValidationError) -> str:", '(error: ValidationError) -> str:  # here\n    return "no"'),
        ),
        "an exit status, and an exception that is not caught": made(
            "`sys.exit(1)` ends the program with status 1",
            ("sys.exit(START_FAILED)", "sys.exit(1)  # here"),
            ("    except UnicodeDecodeError:\n", ""),
            ('        refuse_to_start("The file .env is not in UTF-8: save it as UTF-8")\n', ""),
            unsaid="UnicodeDecodeError",
        ),
    },
    ("04", "4.2e"): {
        "limits that are left out": made(
            "`gt` leaves the limit itself out",
            ("ge=1, le=60", "gt=1, lt=60  # here"),
            ("ge=4, le=16", "gt=4, lt=16"),
            unsaid="**",
        ),
        "model_config forgotten": made(
            "`Settings` has no `model_config`", ("class Settings(", "class Settings(  # here"), (SETTINGS_CONFIG, "")
        ),
    },
    ("04", "4.3a"): {
        "yield left": made(
            "`get_session` has a `yield` that does not belong there",
            ("        yield session\n", "        yield session\n    yield  # here\n"),
        ),
        "with for async with": made("This is opened with `async with`", ("async with request", "with request  # here")),
        "return for yield": made(
            "`get_session` has to `yield`, not to `return`",
            ("AsyncIterator[AsyncSession]:", "AsyncSession:"),
            ("yield session", "return session  # here"),
        ),
        "return for yield, without async": made(
            "`get_session` has to `yield`, not to `return`",
            ("async def get_session", "def get_session"),
            ("AsyncIterator[AsyncSession]:", "AsyncSession:"),
            (SESSION_OPENED, "return request.app.state.sessionmaker()  # here"),
        ),
        "closed behind the yield": made(
            "If the endpoint raises, its exception comes out of the `yield`",
            (
                SESSION_OPENED,
                "session = request.app.state.sessionmaker()\n    yield session\n    await session.close()  # here",
            ),
        ),
        "a sessionmaker that is not called": made(
            "call it, `request.app.state.sessionmaker()`",
            ("sessionmaker() as session:", "sessionmaker as session:  # here"),
            unsaid="knows nothing of",
        ),
    },
    ("04", "4.3b"): {
        "an attribute that is none": made(
            "`error.orig.__cause__` is None here",
            ('getattr(error.orig.__cause__, "constraint_name", None)', "error.orig.__cause__.constraint_name  # here"),
        ),
    },
    ("04", "4.3c"): {
        "a column renamed for its key": made(
            "The `name` of a `mapped_column` is the column's own",
            ('name="fk_notes_owner_id", ondelete="CASCADE")', 'ondelete="CASCADE"), name="fk_notes_owner_id"  # here'),
        ),
    },
    ("04", "4.4a"): {
        "texts that look the same": made(
            "The two texts look the same",
            ("def normalise_email(", "def normalise_email(  # here"),
            ("deliverability=False).normalized", "deliverability=False).original"),
            ('normalize("NFC", normalize("NFD", valid).casefold())', "valid.lower()"),
        ),
        "normalised before it is folded": made(
            "`casefold` may take an accent apart, so normalise after it",
            ('normalize("NFC", normalize("NFD", valid).casefold())', 'normalize("NFC", valid).casefold()  # here'),
            unsaid="have to be normalised",
        ),
    },
    ("04", "4.4c"): {
        "return forgotten": made(
            "`fits_bcrypt` comes to its end here without a `return`",
            ("> PASSWORD_MAX_BYTES:", "> PASSWORD_MAX_BYTES:  # here"),
            ("    return password\n", ""),
        ),
        "printed, not returned": made(
            "`fits_bcrypt` prints its result", ("return password", "print(password)  # here")
        ),
        "async def for def": made(
            "`fits_bcrypt` is an `async def`", ("def fits_bcrypt(", "async def fits_bcrypt(  # here")
        ),
        "off by one": made(
            "does the limit itself belong to what is allowed?",
            ("> PASSWORD_MAX_BYTES:", ">= PASSWORD_MAX_BYTES:  # here"),
        ),
        "breakpoint left": untested(
            "To debug: course check 4.4c --debug", ("return password", "breakpoint()  # here\n    return password")
        ),
        "an assert for a rule": made(
            "`if ...: raise ValueError(...)`",
            ('if "\\0" in', 'assert len(password.encode()) <= PASSWORD_MAX_BYTES  # here\n    if "\\0" in'),
        ),
        "recursion": made(
            "The function calls itself again and again",
            ('if "\\0" in', 'return fits_bcrypt(password)  # here\n    if "\\0" in'),
        ),
        "recursion in a library": unexplained(
            "raised RecursionError", ("return password", 'return __import__("json").loads("[" * 100_000)  # here')
        ),
    },
    ("04", "4.4d"): {
        "endless loop": made(
            "Is this in a loop whose end is never reached?",
            ("(text: str) -> int:", "(text: str) -> int:\n    while True: pass  # here"),
            seconds=2,
        ),
        "return forgotten on one way": made(
            "`row_id` comes to its end here without a `return`",
            ("if not re", "if re"),
            ("or int(text) > MAX_ID:", "and int(text) <= MAX_ID:  # here"),
            (NO_ROW_ID, ""),
        ),
        "a return on the way that was taken": unexplained(
            "  expected: 1\n  seen:     2\n",
            ("(text: str) -> int:", "(text: str) -> int:  # here"),
            ("if not re", "if re"),
            (" or int(text) > MAX_ID:", ":"),
            (f"{NO_ROW_ID}return int(text)", "return int(text) + 1"),
        ),
    },
    ("04", "4.5a"): {
        "limiter left out of one": made(
            "give it `limiter=hashing_limiter`",
            ("bcrypt.gensalt(rounds), limiter=hashing_limiter", "bcrypt.gensalt(rounds)  # here"),
        ),
        "a thread without a limit": made(
            "give it `limiter=hashing_limiter`", ("hashed.encode(), limiter=hashing_limiter", "hashed.encode()  # here")
        ),
        "no await in a thread": made(
            "`await` is missing before `to_thread.run_sync()`", (f"await {CHECKPW}", f"{CHECKPW}  # here")
        ),
        "raise left below right code": untested(
            "its `raise NotImplementedError(...)` still stands there",
            ("decode()\n", 'decode()\n    raise NotImplementedError("step 4.5a: bcrypt in a thread")  # here\n'),
        ),
        "bcrypt on the event loop": made(
            "`bcrypt.hashpw()` blocks the event loop",
            (f"await {HASHPW}", "bcrypt.hashpw(plain.encode(), bcrypt.gensalt(rounds))  # here"),
        ),
        "endless wait": made(
            "waits here for something that never comes",
            ("hashed = await", "import asyncio\n    await asyncio.Event().wait()  # here\n    hashed = await"),
            seconds=2,
        ),
        "bytes for text": made("`.decode()` a text of bytes", ("return hashed.decode()", "return hashed  # here")),
        "plain def": made(
            "`verify_password` is a plain `def`",
            ("async def verify_password(", "def verify_password(  # here"),
            (f"await {CHECKPW}", "bcrypt.checkpw(plain.encode(), hashed.encode())"),
        ),
        "a function called on the spot": made(
            "pass the function and its arguments, `to_thread.run_sync(bcrypt.hashpw, ...)`",
            ("hashpw, plain.encode()", "hashpw(plain.encode()"),
            ("gensalt(rounds)", "gensalt(rounds))  # here"),
            unsaid="blocks",
        ),
        "bytes spelled out": made(
            "`str(hashed)` of bytes is how Python writes them", ("return hashed.decode()", "return str(hashed)  # here")
        ),
        "renamed function": untested(
            "Is this `verify_password`, renamed?",
            ("verify_password(plain: str, hashed: str) -> bool:", "verify(a, b):  # here"),
        ),
    },
    ("04", "4.5b"): {
        "secret as a text": made("`settings.jwt_secret` is a SecretStr", (".get_secret_value()", "  # here")),
        "secret spelled out": made(
            "Its text is `settings.jwt_secret.get_secret_value()`.",
            ("settings.jwt_secret.get_secret_value()", "str(settings.jwt_secret)  # here"),
        ),
        "number for text": made(
            "A token's `sub` has to be a text",
            ("def create_access_token(", "def create_access_token(  # here"),
            ("str(user_id)", "user_id"),
        ),
        "name not imported": made(
            "`timezone` is used, but nothing gives it a value",
            ("datetime.now(UTC)", "datetime.now(timezone.utc)  # here"),
        ),
        "the local time in a token": made(
            "`datetime.now()` is the time on this machine's clock", ("datetime.now(UTC)", "datetime.now()  # here")
        ),
        "time without a zone": made(
            "One time has a time zone and the other none",
            ("datetime.now(UTC)", "max(datetime.now(), datetime.now(UTC))  # here"),
        ),
        "colon forgotten": untested(
            "has a syntax error in line", ("settings: Settings) -> str:", "settings: Settings) -> str  # here")
        ),
        "bracket not closed": untested("'(' was never closed", ("algorithm=ALGORITHM)", "algorithm=ALGORITHM  # here")),
        "await outside async def": untested(
            "'await' outside async function", ("now = datetime", "now = await datetime  # here")
        ),
        "indentation": untested(
            "has an indentation error in line",
            ("    return jwt.encode(", "    if claims:\n    return jwt.encode(  # here\n        "),
        ),
        "tabs": untested("Tabs and spaces are mixed", ("    now = datetime", "\tnow = datetime  # here")),
        "another encoding": untested(
            "is not saved as UTF-8", ("import jwt\n", "import jwt  # \u00e9 # here\n"), encoding="latin-1"
        ),
        "module not there": made(
            "There is no module `jwt_tokens`", ("import jwt\n", "import jwt_tokens as jwt  # here\n")
        ),
        "name not there": made(
            "`CapacityLimits` is not defined in `anyio`",
            ("CapacityLimiter, to_thread", "CapacityLimits, to_thread  # here"),
        ),
        "circular import": made(
            "a circular import",
            ("import sys\n", "import sys\nfrom core.auth import ALGORITHM  # here\n"),
            file="core/settings.py",
        ),
    },
    ("04", "4.5c"): {
        "an exception that is caught as the task asks": unexplained(
            "Step 4.5c expects that a bad token gives nobody (without exp)",
            ("def decode_access_token(", "def decode_access_token(  # here"),
            ("""["exp", "sub"]""", """["sub"]"""),
        ),
        "no leeway": made(
            "This line raised ImmatureSignatureError: The token is not yet valid (iat).",
            ("jwt.decode(", "jwt.decode(  # here"),
            ("leeway=LEEWAY_SECONDS,", ""),
            unsaid="without a word",
        ),
        "no algorithms": made(
            "This line raised DecodeError: ",
            ("jwt.decode(", "jwt.decode(  # here"),
            ("algorithms=[ALGORITHM],", ""),
            ("(jwt.InvalidTokenError, ValueError)", "Exception"),
            unsaid="without",
        ),
        "an exception of another call": made(
            "`row_id()` may raise ValueError, and no `except` here catches it",
            ('row_id(claims["sub"])', 'row_id(claims["sub"])  # here'),
            ("(jwt.InvalidTokenError, ValueError)", "jwt.InvalidTokenError"),
        ),
    },
    ("04", "4.6a"): {
        "dictionary for a response": made(
            "`domain_error` returns a dictionary, and a handler has to return a response",
            (
                'JSONResponse({"error": error.message}, error.status_code, error.headers)',
                '{"error": error.message}  # here',
            ),
        ),
        "the app ends itself": made(
            "after it had written: DATABASE_URL must start with postgresql://",
            ('("postgresql", "postgres")', '("mysql",)'),
            ("sys.exit(START_FAILED)", "sys.exit(START_FAILED)  # here"),
            file="core/settings.py",
        ),
    },
    ("04", "4.6b"): {
        "no such key": made(
            "The dictionary has no key 'message'",
            ('each["msg"].removeprefix("Value error, ")', 'each["message"]  # here'),
        ),
        "letters stripped": made(
            "`strip('Value error, ')` takes away each of these letters", ("removeprefix", "strip  # here")
        ),
        "misspelt name": made("Did you mean `DomainError`?", ("error: DomainError", "error: DomainEror  # here")),
    },
    ("04", "4.7a"): {
        "no await on commit": made(
            "`await` is missing before `session.commit()`", ("await session.commit()", "session.commit()  # here")
        ),
        "no await on hash_password": made(
            "`await` is missing before `hash_password()`", (f"await {HASHED}", f"{HASHED}  # here")
        ),
        "commit forgotten": made(
            "without `await session.commit()` the session's end rolls it back",
            ("await session.commit()", "await session.flush()  # here"),
        ),
        "check-then-act": made(
            "Of 10 requests at once 1 was 201",
            (f"    hashed = await {HASHED}\n", f"{LOOKED_FIRST}    hashed = await {HASHED}\n"),
            (
                f"    try:\n        await session.commit()\n    except IntegrityError{TAKEN}",
                "    await session.commit()\n",
            ),
        ),
        "swallowed exception": made(
            "`except IntegrityError` ends an exception without a word",
            (TAKEN, ":  # here\n        pass\n"),
            ("user.id,", "user.id or 0,"),
        ),
        "wrong status": made(
            "The app answers 400 where 409 is expected", ("status.HTTP_409_CONFLICT) from", "400) from  # here")
        ),
        "no such argument": made(
            "names an argument `cost` that is not one",
            ("rounds=settings.bcrypt_rounds)", "cost=settings.bcrypt_rounds)  # here"),
        ),
        "no such column": made(
            "The model has no attribute `password`", ("hashed_password=hashed)", "password=hashed)  # here")
        ),
        "local before its value": made(
            "`hashed` gets its value on a way through the function that was not taken",
            (f"hashed = await {HASHED}", f"if not new.email:\n        hashed = await {HASHED}"),
            ("hashed_password=hashed)", "hashed_password=hashed)  # here"),
        ),
        "answer that does not fit": made(
            "does not fit the type that it promises",
            ("-> Token:", "-> Token:  # here"),
            ("Token(access_token=create_access_token(user.id, settings))", '"ok"'),
        ),
        "every IntegrityError a conflict": made(
            "`except IntegrityError` turns each one into the same error",
            ("as error:", "as error:  # here"),
            ('if violated_constraint(error) == "uq_users_email":\n            ', ""),
            ("from error\n        raise\n", "from error\n"),
            unsaid="decorator",
        ),
        "a status before its message": made(
            "The arguments of `DomainError` stand in another order",
            (
                '"This e-mail is already registered", status.HTTP_409_CONFLICT',
                'status.HTTP_409_CONFLICT, "taken"  # here',
            ),
        ),
    },
    ("04", "4.7b"): {
        "read after a rollback": made(
            "A rollback makes every object of the session forget its columns",
            (GIVEN_BACK, "    await session.rollback()  # here\n"),
        ),
        "no bcrypt for nobody": made("bcrypt did not run for this wrong pair", (FOR_ITS_TIME, f"{WRONG}  # here")),
        "no await on verify_password": made(
            "`await` is missing before `verify_password()`",
            ("not await verify_password", "not verify_password  # here"),
        ),
        "no await on scalar": made(
            "`await` is missing before `session.scalar()`", (f"await {FOUND}", f"{FOUND}  # here")
        ),
        "no await on execute": made(
            "`await` is missing before `session.execute()`",
            (f"await {FOUND}", "session.execute(select(User).where(User.email == email)).scalar_one()  # here"),
        ),
        "column compared by is": made(
            "compares two Python objects, and never asks the database",
            ("User.is_active)", "User.is_active is True)  # here"),
        ),
        "a bad e-mail is not caught": made(
            "`normalise_email()` may raise ValueError, and no `except` here catches it",
            ("    try:\n        email", "    email"),
            (f"(form.password)\n    except ValueError:\n        {NOBODY}", "(form.password)  # here"),
            (GIVEN_BACK, ""),
            unsaid="never committed",
        ),
        "no bcrypt for a bad e-mail": made(
            "  expected: [4]\n  seen:     []\nLikely cause: bcrypt did not run for this wrong pair",
            (NOBODY, f"{WRONG} from None  # here"),
        ),
        "a connection held during bcrypt": made(
            "The session has borrowed a connection before `verify_password()`",
            (GIVEN_BACK, ""),
            ("user.hashed_password):", "user.hashed_password):  # here"),
            unsaid="never committed",
        ),
        "arguments swapped": made(
            "The arguments of `verify_password` stand in another order",
            ("(password, user.hashed_password)", "(user.hashed_password, password)  # here"),
        ),
        "a wrong value for a step that is done": unexplained(
            "raised ValueError: Invalid salt", ("(password, user.hashed_password)", "(password, email)  # here")
        ),
    },
    ("04", "4.7c"): {
        "asked for the key None": made(
            "The key that the session is asked for is None",
            ("user_id) if user_id is not None else None", "decode_access_token(token, settings))  # here"),
        ),
        "none for an object": made("This is None", ("if user is None or not user.", "if not user.  # here")),
        "header forgotten in an error": made(
            "The answer has no header 'WWW-Authenticate'", (', {"WWW-Authenticate": "Bearer"}', "  # here")
        ),
    },
    ("04", "4.7i"): {
        "query thrown away": made(
            "`query.with_for_update()` changes nothing here: it returns a new query.",
            ("query.with_for_update() if lock else query", "query"),
            ("note = await", "if lock:\n        query.with_for_update()  # here\n    note = await"),
        ),
        "add forgotten": made(
            "`session.add(...)` is missing",
            ("content=new.content)\n    session.add(note)", "content=new.content)  # here"),
            ("note_id=note.id", "note_id=note.id or 0"),
            ("NoteRead.model_validate(note)", "NoteRead(id=0, title=new.title, content=new.content)"),
        ),
        "delete forgotten": made(
            "`await session.delete(...)` is missing",
            ("await session.delete(note)\n    await session.commit()", "await session.commit()  # here"),
        ),
        "wrong status in the decorator": made(
            "The app answers 200 where 201 is expected",
            (", status_code=status.HTTP_201_CREATED)", ")"),
            ("def create_note(", "def create_note(  # here"),
        ),
        "dictionary for a model": made(
            "This is a dictionary, where an object of a class is wanted",
            (STORED, '    note = {"owner_id": user.id, "title": new.title, "content": new.content}\n'),
            ("note_id=note.id", "note_id=note.id  # here"),
        ),
        "exception returned": made(
            "has to be raised (`raise DomainError(...)`)", (f"raise {NOT_FOUND}", f"return {NOT_FOUND}  # here")
        ),
        "exception made by a helper": made(
            "an error's status stands where it is raised",
            (OWN_QUERY, f'    def gone():\n        return DomainError("Note not found", 400)  # here\n\n{OWN_QUERY}'),
            (f"raise {NOT_FOUND}", "raise gone()"),
            unsaid="has to be raised",
        ),
        "exception not raised": made(
            "`DomainError` is only made, and not raised", (f"raise {NOT_FOUND}", f"{NOT_FOUND}  # here")
        ),
        "and in where": made(
            "give `where` several conditions", ("note_id, Note.owner_id", "note_id and Note.owner_id  # here")
        ),
        "add awaited": made(
            "`session.add()` is no coroutine", ("session.add(note)", "await session.add(note)  # here")
        ),
        "commit forgotten after a statement": made(
            "without `await session.commit()` the session's end rolls it back",
            ("import select\n", "import insert, select\n"),
            (STORED, f"{INSERTED}  # here\n"),
            unsaid="session.add",
        ),
        "header forgotten": made(
            "The answer has no header 'Location'",
            ("import select\n", "import insert, select\n"),
            ("async def create_note(", "async def create_note(  # here"),
            (STORED, f"{INSERTED}\n    await session.commit()\n"),
            ('    response.headers["Location"] = quote(request.url_for("read_note", note_id=note.id).path)\n', ""),
            unsaid="dictionary",
        ),
        "a statement that the database refuses": unexplained(
            "raised ProgrammingError: syntax error",
            ("import select\n", "import select, text\n"),
            (STORED, f'    await session.execute(text("INTO notes"))  # here\n{STORED}'),
        ),
        "no lock": made(
            "lock the row as you read it (`with_for_update`)",
            (", lock=True)\n    await session.delete", ")\n    await session.delete"),
            ("delete(note)\n    await session.commit()", "delete(note)\n    await session.commit()  # here"),
        ),
        "a status that no code of theirs names": unexplained(
            "  expected: 201\n  seen:     422\n",
            ("from sqlalchemy", "from fastapi.exceptions import RequestValidationError\nfrom sqlalchemy"),
            ("async def create_note(", "async def create_note(  # here"),
            ("return NoteRead.model_validate(note)", "raise RequestValidationError([])"),
        ),
        "another users note is forbidden": made(
            "The app answers 403 where 404 is expected",
            (", Note.owner_id == user.id)", ")"),
            (
                "    return note\n",
                """    if note.owner_id != user.id:
        raise DomainError("Note not found", 403)  # here
    return note
""",
            ),
            unsaid="decorator",
        ),
        "a lock for who only reads": made(
            "waits here for a lock that another connection holds",
            ("with_for_update() if lock else query", "with_for_update()  # here"),
        ),
        "another parameter in the path": made(
            "`read_note` answers `GET /notes/{id}`, and `GET /notes/{note_id}` is asked for",
            ('get("/{note_id}"', 'get("/{id}"  # here'),
        ),
        "another parameter in the path, and in the function": made(
            "`read_note` answers `GET /notes/{id}`, and `GET /notes/{note_id}` is asked for",
            ('get("/{note_id}"', 'get("/{id}"  # here'),
            ("read_note(note_id:", "read_note(id:"),
            ("(await own_note(session, user, note_id))", "(await own_note(session, user, id))"),
        ),
        "a route that is not there": made(
            "No endpoint of yours answers `DELETE /notes/{note_id}`",
            ('prefix="/notes"', 'prefix="/notes"  # here'),
            ("@router.delete", "# @router.delete"),
        ),
    },
    ("05a", "5.1a"): {
        "a sandbox that forgets at each commit": made(
            "`async_sessionmaker(..., expire_on_commit=False)`", ("expire_on_commit=False, join", "join  # here")
        ),
    },
    ("05a", "5.1c"): {
        "an exception that is swallowed, and stumbles in a library": made(
            "`except Exception` ends here what the endpoint has raised, and so nobody answers",
            (
                "    async with sessionmaker.begin() as session:\n        yield session\n",
                """    async with sessionmaker() as session:
        try:
            yield session
        except Exception:  # here
            await session.rollback()
        await session.commit()
""",
            ),
        ),
        "a commit that nobody reaches": made(
            "open with `async with`, which rolls back",
            (
                "async with sessionmaker.begin() as session:\n        yield session\n",
                """session = sessionmaker()
    yield session
    await session.commit()  # here
""",
            ),
            unsaid="finally",
        ),
    },
    ("05a", "5.1d"): {
        "a prefix that the convention adds again": made(
            "`op.f('ck_products_price_not_negative')`",
            ('name="price_not_negative"),', 'name="ck_products_price_not_negative"),  # here'),
        ),
        "a CHECK that is forgotten": made(
            (
                "  expected: 'products ck_products_quantity_not_negative CHECK ((quantity >= 0))', which is missing\n"
                "  seen:     all else\n"
            ),
            ("def upgrade(", "def upgrade(  # here"),
            ('sa.CheckConstraint("quantity >= 0", name="quantity_not_negative"),', ""),
        ),
        "a migration that follows none": made(
            "here '0001'", ('down_revision = "0001"', "down_revision = None  # here")
        ),
    },
    ("05a", "5.1e"): {
        "a user who is added before the savepoint": made(
            "write `session.add(user)` inside the block of `async with session.begin_nested(...)`",
            ("    try:\n        async", "    session.add(user)  # here\n    try:\n        async"),
            ("    session.add(user)\n    except", "    pass\n    except"),
        ),
        "no savepoint": made(
            "send it inside a savepoint",
            ("async with session.begin_nested():\n            session", "session"),
            ("add(user)", "add(user)\n        await session.flush()  # here"),
        ),
        "a service that imports FastAPI": made(
            "Services and models know nothing of HTTP",
            ("from sqlalchemy", "from fastapi import HTTPException  # here\nfrom sqlalchemy"),
        ),
    },
    ("05a", "5.1h"): {
        "a commit that is the caller's": made(
            "`session.commit()` ends the transaction of who calls this",
            ("await session.flush()", "await session.commit()  # here"),
        ),
        "a helper that is a coroutine, and awaited": made(
            "nothing raised NotFound",
            ("def own_note(", "async def own_note("),
            (", Note.owner_id == user.id)", ")"),
            ("query: Select[Note]) -> Note:", "query: Select[Note]) -> Note:  # here"),
            ("own_note(owner, note_id))", "await own_note(owner, note_id))"),
            ("own_note(owner, note_id).with", "(await own_note(owner, note_id)).with"),
            ("found(session, own_note(owner, note_id).with", "found(session, (await own_note(owner, note_id)).with"),
            unsaid="callers don't await it",
        ),
        "a row that is not locked": made(
            "lock it as you read it (`with_for_update`)",
            ("def change_note(", "def change_note(  # here"),
            (".with_for_update()", ""),
        ),
        "a row that a helper could lock": made(
            "lock it as you read it (`with_for_update`)",
            ("query: Select[Note]) -> Note:", "query: Select[Note], lock: bool = False) -> Note:"),
            ("session.scalar(query)", "session.scalar(query.with_for_update() if lock else query)"),
            (".with_for_update())\n    for", ")\n    for"),
            ("value)\n    await session.flush()", "value)\n    await session.flush()  # here"),
            (".with_for_update())\n    await", ", lock=True)\n    await"),
        ),
        "a row that is not locked, and not deleted at once": made(
            "lock it as you read it (`with_for_update`)",
            ("def delete_note(", "def delete_note(  # here"),
            (".with_for_update())\n    await", ")\n    await"),
            ("delete(note)\n    await session.flush()", "delete(note)"),
            unsaid="flush",
        ),
    },
    ("05a", "5.1j"): {
        "a commit in an endpoint": made(
            "its session does that, so take this line away",
            (
                "delete_note(session, owner=user, note_id=note_id)",
                "delete_note(session, owner=user, note_id=note_id)\n    await session.commit()  # here",
            ),
        ),
    },
    ("05a", "5.1k"): {
        "a number where a text is wanted": made(
            "A text is wanted here, and the value is of the type `float`",
            ("not isinstance(value, str) or not PRICE", "not PRICE  # here"),
            unsaid=".decode()",
        ),
    },
    ("05a", "5.1l"): {
        "a commit that is the caller's": made(
            "`session.commit()` ends the transaction of who calls this",
            ("        session.add(product)\n", "        session.add(product)\n    await session.commit()  # here\n"),
        ),
        "a product that is added before its savepoint": made(
            "write `session.add(product)` inside the block of `async with unique_name(...)`",
            ("    async with unique_name", "    session.add(product)  # here\n    async with unique_name"),
            ("        session.add(product)\n", "        await session.flush()\n"),
        ),
        "no savepoint around a yield": made(
            "send it inside a savepoint",
            ("async with session.begin_nested():\n            yield", "yield\n        await session.flush()  # here"),
        ),
        "an exception that comes out of a yield": unexplained(
            "raised DBAPIError",
            ("AsyncIterator[None]:", "AsyncIterator[None]:  # here"),
            (UNIQUE_NAME, "    yield\n    await session.flush()\n"),
            (
                "    product = Product(",
                """    if await session.scalar(select(Product).where(Product.name == name)):
        raise Conflict("A product with this name exists")
    product = Product(""",
            ),
        ),
    },
    ("05a", "5.1m"): {
        "a lock that others share": made(
            "Take the `read=True` away", ("with_for_update())", "with_for_update(read=True))  # here")
        ),
        "a change before its savepoint": made(
            "write `setattr(product, field, value)` inside the block of `async with unique_name(...)`",
            ("    async with unique_name(session):\n        for", "    for"),
            (
                "            setattr(product, field, value)\n",
                """        setattr(product, field, value)  # here
    async with unique_name(session):
        pass
""",
            ),
        ),
        "another text than clients rely on": made(
            "  expected: 'Product not found'\n  seen:     'No such product'\n",
            ('NotFound("Product not found")', 'NotFound("No such product")  # here'),
        ),
    },
    ("05b", "5.3h"): {
        "two calls that connect at once": made(
            "(no lock around the look and the `connect`)",
            ("async with self._lock:", "for _ in (1,):"),
            ("self._publisher = await connect", "self._publisher = await connect  # here"),
        ),
    },
    ("05b", "5.3k"): {
        "an echo that is no SQL": unexplained(
            "`await peer.receive()` was 'Echoed: hello', not 'Echo: hello'",
            ("def notify(", "def notify(  # here"),
            ("Echo: ", "Echoed: "),
        ),
        "a client that leaves is not expected": made(
            "by `except WebSocketDisconnect` around it",
            (
                """    try:
        while True:
            await ws.send_text(f"Echo: {await ws.receive_text()}")
    except WebSocketDisconnect:
        pass
""",
                """    while True:  # here
        await ws.send_text(f"Echo: {await ws.receive_text()}")
""",
            ),
        ),
        "a set that changes while it is gone through": made(
            "go through a copy, `list(...)`",
            ("list[WebSocket]] = defaultdict(list)", "set[WebSocket]] = defaultdict(set)"),
            (".append(ws)", ".add(ws)"),
            ("list(rooms[room])", "rooms[room]  # here"),
        ),
        "no endpoint yet": made(
            "no endpoint accepts a WebSocket at /ws/rooms/tea",
            ("what it lacks", "what it lacks  # here"),
            ('@app.websocket("/ws/rooms/{room}")', ""),
        ),
    },
    ("05b", "5.3l"): {
        "one of two functions": made("`ticket.seconds_left` was 1", ("datetime.now(UTC) +", "datetime.now(UTC) + 2 *")),
    },
    ("06", "6.2p"): {
        "next page not named": made(
            "names no next page: `page_of`",
            ("async def list_comments(", "async def list_comments(  # here"),
            (
                "page_of(PageOf[CommentRead], page, request, response)",
                'PageOf[CommentRead].model_validate({"items": page.items, "next_cursor": None})',
            ),
            file="app/routers/comments.py",
        ),
    },
}

OWN_TESTS = {  # by stage and step: what is to be told of a test module, and its text
    ("05a", "5.2e"): {
        "async fixture in a sync test": (
            "The test is a plain `def`, and a fixture that it needs (`engine`) is async",
            """
def test_there_are_no_notes(client):  # here
    assert client
""",
        ),
        "no await in a test": (
            "`await` is missing where this value comes from",
            """
async def test_there_are_no_notes(client):
    response = client.get("/notes")
    assert response.status_code == 401  # here
""",
        ),
        "an exception that comes out of the client": (
            "`httpx.ASGITransport(app, raise_app_exceptions=False)` reads the 500",
            """
from sqlalchemy import text

from app.core.session import SessionDep


async def test_a_commit_that_fails(committing_app, committing_client):
    @committing_app.post("/badly")
    async def badly(session: SessionDep) -> None:
        await session.execute(text("CREATE TEMPORARY TABLE probe (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)"))
        await session.execute(text("INSERT INTO probe VALUES (1), (1)"))

    response = await committing_client.post("/badly")  # here
    assert response.status_code == 500
""",
        ),
        "a test that expects something else": (
            "  expected: 404\n  seen:     401\n  printed:  so far\n",
            """
async def test_there_are_no_notes(client):
    response = await client.get("/notes")
    print("so far")
    assert response.status_code == 404  # here
""",
        ),
    },
    ("05a", "5.2c"): {
        "a race on one connection": (
            "a race takes `committing_sessions`.\nThe app is the finished one: it is the test that is wrong.\n",
            """
from decimal import Decimal

from anyio import create_task_group

from app.services import products_service as service

LAMP = {"name": "Lamp", "price": Decimal("9.99"), "quantity": 3}


async def test_two_changes_at_once_both_last(sessions, somebody_waits):
    async with sessions.begin() as session:
        lamp = await service.create_product(session, **LAMP)

    async def sell():
        async with sessions.begin() as session:
            await service.change_product(session, product_id=lamp.id, quantity=2)

    async with create_task_group() as tasks, sessions.begin() as session:
        await service.change_product(session, product_id=lamp.id, price=Decimal("5.00"))
        tasks.start_soon(sell)
        await somebody_waits()  # here
""",
        ),
    },
    ("04", "4.7j"): {
        "an answer that is an error": (
            "  answer:   POST /auth/register: 422 ",
            """
async def test_a_note_is_not_shown(client):
    created = await client.post("/auth/register", json={"email": "ana@example.com", "password": "horse"})
    assert created.json()["access_token"]  # here
""",
        ),
        "another status than the app is right to give": (
            "  expected: 403\n  seen:     404\nThe app is the finished one: it is the test that is wrong.\n",
            """
async def test_a_note_is_not_shown(client):
    created = await client.post("/auth/register", json={"email": "ana@example.com", "password": "correct horse"})
    headers = {"Authorization": f"Bearer {created.json()['access_token']}"}
    response = await client.get("/notes/1", headers=headers)
    assert response.status_code == 403  # here
""",
        ),
    },
}
