"""The catalogue of beginners' mistakes: how a failure shows each, and the sentence that says what it most likely is.

The first that fits is told. One fits if its pattern is found in the failure's text (if it has a pattern) and its finder
finds it in the code (if it has a finder). The sentence's {words} are the pattern's groups and the finder's.
"""

import re
from dataclasses import dataclass

from course.learn.causes import awaiting, database, endpoints, evidence, raised, returning, values, wiring
from course.learn.causes.evidence import Failure, Finder, Place


@dataclass(frozen=True)
class Mistake:
    """One mistake, and its sentence."""

    id: str
    sentence: str
    error: str = ""
    find: Finder | None = None


@dataclass(frozen=True)
class Cause:
    """The mistake that a failure most likely comes from."""

    sentence: str
    place: Place | None = None


def cause_of(failure: Failure) -> Cause | None:
    """The likely cause of a failure, or None if it is no mistake of the catalogue."""
    for mistake in MISTAKES:
        match = re.search(mistake.error, failure.text, re.DOTALL)
        if match is None:
            continue
        found = mistake.find(failure) if mistake.find else evidence.Found()
        if found is not None:
            return Cause(mistake.sentence.format(**match.groupdict(), **found.words), found.place)
    return None


BROKEN_TRANSACTION = "PendingRollbackError|transaction is aborted|operate on closed transaction"

MISTAKES = (
    # What the run itself has noted.
    Mistake(
        "one connection for a race",
        "All that `sessions` opens shares one connection, which can't hold two transactions at once: a race takes "
        "`committing_sessions`.",
        error="^TimeoutError|SAWarning: nested transaction|another operation is in progress",
        find=database.one_connection,
    ),
    Mistake(
        "never ends, waiting",
        "Your code waits here for something that never comes: who was to bring it?",
        error="^TimeoutError$",
        find=evidence.line_has("await"),
    ),
    Mistake(
        "never ends",
        "Is this in a loop whose end is never reached? Look at what changes from one round to the next.",
        error="^TimeoutError$",
        find=evidence.in_the_app,
    ),
    Mistake(
        "never done",
        "The test waits for something that your code never does.",
        error="^TimeoutError$",
    ),
    Mistake(
        "await missing",
        "`await` is missing before `{call}`: without it the coroutine is made, and never runs.",
        find=awaiting.never_awaited,
    ),
    Mistake(
        "query thrown away",
        "`{call}` changes nothing here: it returns a new query. Keep that one: `{name} = {call}`.",
        find=database.query_thrown_away,
    ),
    Mistake(
        "check-then-act",
        "Of {number} requests at once {counts}.{why}",
        find=awaiting.requests_at_once,
    ),
    # What has another cause than the line that it is seen in.
    Mistake(
        "exception out of the client",
        "What the app raises comes out of the test's client here: one with "
        "`httpx.ASGITransport(app, raise_app_exceptions=False)` reads the 500, as any client does.",
        error=f"^{database.SQL_ERROR}",
        find=evidence.own_test_asks,
    ),
    Mistake(
        "migration without the one before",
        "`down_revision` says which migration comes before this one, here {right}: as it is, Alembic finds two newest.",
        error="Multiple head revisions",
        find=wiring.no_migration_before,
    ),
    Mistake(
        "lifespan not given",
        "Nothing runs `{name}`: `FastAPI({name_is}={name})`. So what it does at the start is not done.",
        error='relation "\\w+" does not exist',
        find=wiring.lifespan_not_given,
    ),
    Mistake(
        "value in the SQL",
        "The value stands in the text of the SQL: a quotation mark (') in the value ends the SQL's own text, and what "
        "follows is read as SQL. Write `:name` in the text, and give the value beside it.",
        find=database.value_in_sql,
    ),
    Mistake(
        "secret not taken out",
        "`{secret}` is a SecretStr, whose text can't be seen: `str` of it gives ten asterisks. Its text is "
        "`{secret}.get_secret_value()`.",
        error="Expected a string or bytes value|HMAC key is 10 bytes|SecretStr",
        find=values.secret_not_taken_out,
    ),
    Mistake(
        "bytes spelled out",
        "`{call}` of bytes is how Python writes them, `b'...'`, and no text of theirs: `.decode()` gives that.",
        error="Invalid salt|\\bb['\"]",
        find=values.bytes_spelled,
    ),
    Mistake(
        "arguments swapped",
        "The arguments of `{name}` stand in another order: look at its `def`, or name them.",
        find=returning.arguments_swapped,
    ),
    Mistake(
        "assert in the app",
        "An `assert` raises an AssertionError, and `{name}` is expected: `if ...: raise {name}(...)`.",
        error="^AssertionError",
        find=raised.asserted,
    ),
    Mistake(
        "another route",
        "`{name}` answers `{mine}`, and `{right}` is asked for.",
        find=endpoints.other_route,
    ),
    Mistake(
        "no route",
        "No endpoint of yours answers `{right}`.",
        find=endpoints.no_route,
    ),
    Mistake(
        "next page not named",
        "This answer names no next page: `page_of` makes one that does, of what the service returns.",
        find=endpoints.no_next_page,
    ),
    Mistake(
        "leaving not caught",
        "A client that leaves is no error: it ends this loop, by `except WebSocketDisconnect` around it.",
        error="^WebSocketDisconnect",
        find=awaiting.loop_until_disconnected,
    ),
    Mistake(
        "exception not caught",
        "`{call}` may raise {error}, and no `except` here catches it.",
        find=raised.not_caught,
    ),
    Mistake(
        "waits for a lock",
        "The query waits here for a lock that another connection holds: read without one (`with_for_update`) where "
        "nothing is changed.",
        error="canceling statement due to lock timeout",
    ),
    Mistake(
        "row gone before it is written",
        "The row was read, and gone before it was written (a race condition): lock it as you read it "
        "(`with_for_update`), so that whoever comes second waits.",
        error="StaleDataError|ObjectDeletedError|SAWarning: DELETE statement",
        find=database.gone_before_written,
    ),
    Mistake(
        "row not locked",
        "The row is read here without a lock, so that nobody waits who wants to change or delete it, too: lock it as "
        "you read it (`with_for_update`).",
        error="DID NOT RAISE .*NotFound",
        find=database.without_a_lock,
    ),
    Mistake(
        "lock that is shared",
        "A lock with `read=True` is shared: two who hold it wait for each other as soon as both write (a deadlock). "
        "Take the `read=True` away.",
        find=database.shared_lock,
    ),
    Mistake(
        "column renamed",
        "The `name` of a `mapped_column` is the column's own: a foreign key's goes into `ForeignKey(..., name=...)`.",
        error="no column named '\\w+' is present|has no attribute '\\w+'|UndefinedColumn",
        find=database.column_renamed,
    ),
    # Texts that Python can't read.
    Mistake(
        "tabs and spaces",
        "Tabs and spaces are mixed: let your editor turn each tab into four spaces.",
        error="inconsistent use of tabs|inconsistent (tabs|dedent)",
    ),
    Mistake(
        "block without indentation",
        "What belongs to a `def`, `if`, `for` or `with` stands four spaces further to the right.",
        error="expected an indented block",
    ),
    Mistake(
        "indentation without block",
        "The line stands further to the right or left than the lines that it belongs to.",
        error="unexpected indent|unindent does not match",
    ),
    Mistake(
        "colon missing",
        "A line that begins a block (`def`, `if`, `else`, `for`, `with`, `try`) ends in a colon.",
        error="expected ':'",
    ),
    Mistake(
        "await outside a coroutine",
        "Only an `async def` may use `await`: write `async` before the `def` around it.",
        error=r"('await'|asynchronous .*|'async \w+') outside async function",
    ),
    # Imports.
    Mistake(
        "circular import",
        "Two of your files import each other (a circular import), and one of them is only half there: move what both "
        "need into a third file, or import it inside the function.",
        error="partially initialized module|circular import",
    ),
    Mistake(
        "name not in module",
        "`{name}` is not defined in `{module}`: check how both are spelt, and which file defines it.",
        error=r"ImportError: cannot import name '(?P<name>\w+)' from '(?P<module>[\w.]+)'",
    ),
    Mistake(
        "module not there",
        "There is no module `{module}`: check how it is spelt. The stage's requirements.txt lists the packages it has.",
        error=r"ModuleNotFoundError: No module named '(?P<module>[\w.]+)'",
    ),
    Mistake(
        "name not defined",
        "`{name}` is used, but nothing gives it a value. {what}",
        error=r"NameError: name '(?P<name>\w+)' is not defined",
        find=wiring.import_of_name,
    ),
    Mistake(
        "not raised again around a yield",
        "`{what}` ends here what the endpoint has raised, and so nobody answers: raise it again (`raise`) after the "
        "rollback.",
        error="UnboundLocalError: .*'response'|No response returned",
        find=raised.ended_in_a_generator,
    ),
    Mistake(
        "local name before its value",
        "`{name}` gets its value on a way through the function that was not taken, or further down.",
        error=r"UnboundLocalError: cannot access local variable '(?P<name>\w+)'",
        find=evidence.raised_in_the_app,
    ),
    # Coroutines, and what stands around them.
    Mistake(
        "add awaited",
        "`session.add()` is no coroutine: it only puts the row into the session. Take the `await` away.",
        error="can't be used in 'await' expression|can't be awaited",
        find=evidence.line_has("await session.add"),
    ),
    Mistake(
        "def for async def",
        "`{name}` is a plain `def`, and its callers await it: write `async def`.",
        error="can't be used in 'await' expression|can't be awaited|object .* awaitable|coroutine was expected",
        find=awaiting.plain_def,
    ),
    Mistake(
        "async def for def",
        "`{name}` is an `async def`, and its callers don't await it: write `def`.",
        error="coroutine",
        find=awaiting.coroutine_def,
    ),
    Mistake(
        "yield in a coroutine",
        "`{name}` has a `yield` that does not belong there: it makes a generator of the function. Take it away.",
        error="generator",
        find=returning.second_yield,
    ),
    Mistake(
        "awaited twice",
        "Only a coroutine can be awaited, and this is a plain value: take the `await` away.",
        error="can't be used in 'await' expression|can't be awaited",
    ),
    Mistake(
        "coroutine used as a value",
        "`await` is missing where this value comes from: a coroutine is used in the place of its result.",
        error="'coroutine' object|got coroutine|not coroutine|type coroutine|<coroutine object",
    ),
    Mistake(
        "not called",
        "`{what}` is only named here: call it, `{what}()`, and open what it returns.",
        error=r"'(\w*sessionmaker|function|method|builtin_function_or_method|type)' object does not support the "
        "(asynchronous )?context manager protocol",
        find=returning.not_called,
    ),
    Mistake(
        "with for async with",
        "This is opened with `async with`: a plain `with` does not know how.",
        error=r"does not support the context manager protocol|has no attribute '__enter__'|__enter__$",
    ),
    Mistake(
        "async with for with",
        "This is opened with `with`: it knows nothing of `async with`.",
        error="does not support the asynchronous context manager protocol|__aenter__",
    ),
    Mistake(
        "for instead of async for",
        "This is read with `async for`: a plain `for` does not know how.",
        error="'async_generator' object is not iterable",
    ),
    Mistake(
        "async fixture in a sync test",
        "The test is a plain `def`, and a fixture that it needs (`{fixture}`) is async: write `async def test_...`.",
        error="requested an async fixture '(?P<fixture>\\w+)'",
    ),
    # Values.
    Mistake(
        "no such header",
        "The answer has no header {key}: who answers has to set it.",
        error="KeyError: (?P<key>.+)",
        find=wiring.header_missing,
    ),
    Mistake(
        "no such key",
        "The dictionary has no key {key}. `print` the dictionary on the line before, to see its keys.",
        error="KeyError: (?P<key>.+)",
        find=evidence.raised_in_the_app,
    ),
    Mistake(
        "no such argument",
        "The call names an argument `{name}` that is not one: check how it is spelt where the function is defined.",
        error=r"unexpected keyword argument '(?P<name>\w+)'",
    ),
    Mistake(
        "no such column",
        "The model has no attribute `{name}`: check how it is spelt in the model's class.",
        error=r"'(?P<name>\w+)' is an invalid keyword argument for",
    ),
    Mistake(
        "argument missing",
        "The call leaves out an argument that the function needs.",
        error=r"missing \d+ required (keyword-only|positional) argument",
    ),
    Mistake(
        "too many arguments",
        "The call gives too many arguments. Those after a `*` in the function's head must be named: `name=value`.",
        error=r"takes \d+ positional arguments? but|takes from \d+ to \d+ positional",
    ),
    Mistake(
        "dictionary for an object",
        "This is a dictionary, where an object of a class is wanted: make one with the class, or read it with `[...]`.",
        error="'dict' object has no attribute",
    ),
    Mistake(
        "attribute that is none",
        "`{owner}` is None here: look before you go on from it, or ask with a default, "
        '`getattr({owner}, "{name}", None)`.',
        error=r"'NoneType' object has no attribute '(?P<name>\w+)'",
        find=returning.none_attribute,
    ),
    Mistake(
        "none for an object",
        "This is None: the function that gave it has no `return`, or the query found nothing.",
        error="'NoneType' object",
    ),
    Mistake(
        "dictionary for a response",
        "`{name}` returns a dictionary, and a handler has to return a response: `JSONResponse` makes one of a body, a "
        "status and headers.",
        error="'dict' object is not callable",
        find=returning.dictionary_for_response,
    ),
    Mistake(
        "called, not passed",
        "`{inner}` is called here, on the spot, and its result is passed on: pass the function and its arguments, "
        "`{outer}({inner}, ...)`.",
        error="object is not callable",
        find=returning.called_not_passed,
    ),
    Mistake(
        "another class returned",
        "`{name}` returns an object of the class `{seen}`, and its head promises `{promised}`.",
        error=r"object has no attribute '\w+'",
        find=values.other_class,
    ),
    Mistake(
        "another value for text",
        "A text is wanted here, and the value is of the type `{seen}`: look first whether it is a text "
        "(`isinstance(..., str)`).",
        error=r"expected string or bytes-like object, got '(?P<seen>\w+)'",
    ),
    Mistake(
        "bytes for text",
        "`bytes` are used where a text is wanted, or the other way round: `.encode()` makes bytes of a text, "
        "`.decode()` a text of bytes.",
        error=(
            "must be bytes|must be str, not bytes|bytes-like object|'bytes' object has no attribute|concat str|"
            "[Ss]trings must be encoded|'str' object has no attribute 'decode'|expected str, got bytes|not bytes"
        ),
        find=values.decode_missing,
    ),
    Mistake(
        "clause as a condition",
        "Python's `and`, `or` and `not` can't be used on columns: give `where` several conditions with commas between.",
        error="Boolean value of this clause is not defined",
    ),
    Mistake(
        "times with and without a zone",
        "One time has a time zone and the other none: `datetime.now(UTC)` has one, `datetime.now()` has not.",
        error="offset-naive and offset-aware",
    ),
    Mistake(
        "local time in a token",
        "`{call}` is the time on this machine's clock, without a zone, and PyJWT takes it for UTC: "
        "`datetime.now(UTC)`.",
        error="ImmatureSignatureError|ExpiredSignatureError",
        find=values.local_time,
    ),
    Mistake(
        "read after a rollback",
        "A rollback makes every object of the session forget its columns, and to read one needs the database then: "
        "`await session.commit()` or `await session.close()` gives the connection back, too.",
        error="MissingGreenlet|greenlet_spawn has not been called",
        find=database.rolled_back,
    ),
    Mistake(
        "expired by a commit",
        "A commit makes a session forget what it has read, and whoever reads it afterwards needs the database again: "
        "`{call}(..., expire_on_commit=False)`.",
        error="MissingGreenlet|DetachedInstanceError",
        find=database.expires,
    ),
    Mistake(
        "added before its savepoint",
        "A savepoint begins with sending what is pending, outside of it: write `{call}` inside the block of "
        "`async with {block}`.",
        error=BROKEN_TRANSACTION,
        find=database.changed_before,
    ),
    Mistake(
        "savepoint missing",
        "What the database refuses here breaks the whole transaction: send it inside a savepoint "
        "(`async with session.begin_nested():`), and only that is undone.",
        error=BROKEN_TRANSACTION,
        find=database.without_a_savepoint,
    ),
    Mistake(
        "prefix twice",
        "The naming convention puts `{prefix}` before the name of a CHECK: write it without, or say that it is whole, "
        "`op.f({name})`.",
        find=wiring.prefix_twice,
    ),
    Mistake(
        "lazy loading",
        "Reading this attribute needs the database, and nobody awaits it there: load it in the query, or `await "
        "session.refresh(...)`.",
        error="MissingGreenlet|greenlet_spawn has not been called|lazy='raise'|DetachedInstanceError",
    ),
    Mistake(
        "asked for the key None",
        "The key that the session is asked for is None: look at it first, and do not ask then.",
        error="fully NULL primary key",
    ),
    Mistake(
        "no bcrypt for nobody",
        "bcrypt did not run for this wrong pair, so its answer comes sooner than others and tells them apart: where "
        "there is no hash to compare with, hash the password for nothing.",
        error=r"bcrypt_costs` was \[\]",
        find=raised.raised_here,
    ),
    Mistake(
        "answer that does not fit",
        "What the endpoint returns does not fit the type that it promises (`-> ...`, or `response_model`).",
        error="ResponseValidationError",
    ),
    Mistake(
        "subject that is no text",
        "A token's `sub` has to be a text: `str(...)`.",
        error="InvalidSubjectError|Subject must be a string",
    ),
    Mistake(
        "connection thrown away open",
        "A connection was thrown away open: two calls made one at the same time (no lock around the look and the "
        "`connect`), or a second try did not end the first one's.",
        error=r"Connection\.__del__|unclosed connection",
        find=awaiting.connects_behind_a_lock,
    ),
    Mistake(
        "changed in its own loop",
        "While this loop waited, something was added or taken out: go through a copy, `list(...)`.",
        error="changed size during iteration|keys changed during iteration|mutated during iteration",
    ),
    Mistake(
        "recursion",
        "The function calls itself again and again: what ends that?",
        error="RecursionError",
        find=returning.calls_itself,
    ),
    Mistake(
        "debugger",
        "`breakpoint()` waits for somebody at the keyboard: `course check --debug`, or take it away.",
        error="reading from stdin|BdbQuit|Quitting debugger",
    ),
    # What can be seen in the code of the step, beside the finished one.
    Mistake(
        "exception returned",
        "`{name}` is an exception: it has to be raised (`raise {name}(...)`), and is returned.",
        find=raised.returned_exception,
    ),
    Mistake(
        "exception not raised",
        "`{name}` is only made, and not raised: write `raise` before it.",
        find=raised.unraised_exception,
    ),
    Mistake(
        "exception made None",
        "This line raised {error}. Your `{what}` caught it and gave None, and a value is expected.",
        find=raised.made_none,
    ),
    Mistake(
        "swallowed exception",
        "`{what}` ends an exception without a word: name the one that you expect, do something about it, or let it go.",
        find=raised.swallowed_exception,
    ),
    Mistake(
        "yield missing",
        "`{name}` has to `yield`, not to `return`: what is opened around a `yield` stays open until the request is "
        "answered, and is closed then.",
        find=returning.yield_missing,
    ),
    Mistake(
        "not reached after an error",
        "If the endpoint raises, its exception comes out of the `yield`, and this line is not reached: {how}.",
        find=returning.not_in_finally,
    ),
    Mistake(
        "thread without a limit",
        "`{call}` by itself lets far more run at once than there are cores (anyio has 40 threads): give it "
        "`limiter={limiter}`.",
        error="at_once",
        find=awaiting.thread_without_limit,
    ),
    Mistake(
        "another exit status",
        "`{mine}` ends the program with status {status}: write the text to stderr first, then `sys.exit({right})`.",
        find=raised.other_exit_status,
    ),
    Mistake(
        "model_config missing",
        "`{name}` has no `model_config`, which says that the file `.env` is read, and how: copy it from the task.",
        find=wiring.config_missing,
    ),
    Mistake(
        "stdout for stderr",
        "`print` writes to stdout, and this belongs on stderr: `print(..., file=sys.stderr)`.",
        find=wiring.printed_to_stdout,
    ),
    Mistake(
        "blocking call",
        "`{call}` blocks the event loop: while it runs, nobody else is served. Run it in a thread "
        "(`to_thread.run_sync`), or await something that waits without blocking.",
        find=awaiting.blocking_call,
    ),
    Mistake(
        "printed, not returned",
        "`{name}` prints its result: who calls it gets None. Write `return` for `print`.",
        find=returning.prints_instead,
    ),
    Mistake(
        "return missing",
        "`{name}` comes to its end here without a `return`, and so gives None.",
        find=returning.without_return,
    ),
    Mistake(
        "connection without commit",
        "What is written inside `async with {call}` is rolled back at its end: `await {name}.commit()` keeps it.",
        find=database.connection_without_commit,
    ),
    Mistake(
        "connection held",
        "The session has borrowed a connection before `{call}`, and holds it while that runs: end the transaction "
        "first (`await session.commit()`).",
        error="in_use",
        find=database.connection_held,
    ),
    Mistake(
        "add missing",
        "The new row is never put into the session: `session.add(...)` is missing.",
        find=database.forgotten("add"),
    ),
    Mistake(
        "delete missing",
        "The row is never deleted: `await session.delete(...)` is missing.",
        find=database.forgotten("delete"),
    ),
    Mistake(
        "commit missing",
        "What was changed is never committed: without `await session.commit()` the session's end rolls it back.",
        find=database.forgotten("commit"),
    ),
    Mistake(
        "commit of a request",
        "`{call}` commits before the request has come to its end: its session does that, so take this line away.",
        error="committed_too_early",
        find=database.commit_of_a_request,
    ),
    Mistake(
        "commit for flush",
        "`{call}` ends the transaction of who calls this: `session.flush()` only sends what has changed.",
        find=database.commit_for_flush,
    ),
    Mistake(
        "flush missing",
        "What was changed is not sent to the database: `await session.flush()` is missing.",
        find=database.forgotten("flush"),
    ),
    Mistake(
        "words between conditions",
        "Python's `and`, `or` and `not` can't be used on columns: give `where` several conditions with commas between.",
        find=database.words_between_conditions,
    ),
    Mistake(
        "column compared by is",
        "`{mine}` compares two Python objects, and never asks the database: write `==`, or the column alone.",
        find=database.column_compared_by_is,
    ),
    Mistake(
        "limit off by one",
        "`{mine}`: does the limit itself belong to what is allowed? Compare `<` with `<=`, and `>` with `>=`.",
        find=values.other_limit,
    ),
    Mistake(
        "coroutine never awaited",
        "`{name}` is an `async def`, and its callers don't await it: write `def`.",
        find=awaiting.coroutine_def,
    ),
    Mistake(
        "second yield",
        "`{name}` has a `yield` that does not belong there: take it away.",
        find=returning.second_yield,
    ),
    Mistake(
        "exception translated, each one",
        "`except {name}` turns each one into the same error: pass on those that the task does not speak of (`raise`).",
        error=r"status_code` was 4\d\d, not 500",
        find=raised.translated_each,
    ),
    Mistake(
        "wrong status of a good answer",
        "The app answers {seen} where {expected} is expected: a good answer's status stands in the route's decorator "
        "(`status_code=`).",
        error=r"status_code` was (?P<seen>2\d\d), not (?P<expected>2\d\d)",
        find=endpoints.status_of_route,
    ),
    Mistake(
        "wrong status of an error",
        "The app answers {seen} where {expected} is expected: an error's status stands where it is raised.",
        error=r"status_code` was (?P<seen>4\d\d), not (?P<expected>4\d\d)",
        find=endpoints.status_of_error,
    ),
    Mistake(
        "password hidden",
        "`{call}` writes *** in place of the password: `url.render_as_string(hide_password=False)` gives all of it.",
        error=r"\*\*\*",
        find=values.password_hidden,
    ),
    Mistake(
        "limit left out",
        "`{mine}` leaves the limit itself out, and `{right}` takes it in.",
        error="is in `|not greater|not less|greater than|less than",
        find=awaiting.limit_left_out,
    ),
    Mistake(
        "folded last",
        "The two texts look the same, and are made of different characters (code points): `{fold}` may take an accent "
        "apart, so normalise after it.",
        find=values.folded_last,
    ),
    Mistake(
        "texts that look the same",
        "The two texts look the same, and are made of different characters (code points): they have to be normalised.",
        find=values.not_normalised,
    ),
    Mistake(
        "letters stripped",
        "`{call}` takes away each of these letters at the ends, and not that text: `removeprefix` takes a text away.",
        find=values.letters_stripped,
    ),
    Mistake(
        "other type",
        "The value is of the type `{seen}`, and `{expected}` is expected.",
        find=values.other_type,
    ),
    Mistake(
        "none seen",
        "`{name}` gives None: a function that comes to its end without `return` does, and a query that finds nothing.",
        find=values.saw_none,
    ),
)
