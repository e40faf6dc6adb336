"""Wrong variants of the stages' code, one for each mistake that `course check` is to know.

In each the line that has to be named ends in `# here`.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Made:
    """A definition, as a beginner may write it, and what is to be told of it."""

    step: str
    name: str  # what the code takes the place of: file:qualname
    code: str
    said: str  # a part of the output
    unsaid: str = "Traceback"  # what must not be part of it
    seconds: float = 10.0  # after which a test hangs

    stage = "04"

    @property
    def file(self) -> str:
        return self.name.partition(":")[0]

    @property
    def runs(self) -> bool:
        """Are there tests to run, or does the text alone tell?"""
        return "NotImplementedError" not in self.code and "breakpoint" not in self.code


@dataclass(frozen=True)
class Elsewhere:
    """A mistake that is not in the body of a step's function: how a file's bytes are changed."""

    stage: str
    step: str
    file: str
    change: Callable[[bytes], bytes]
    said: str
    unsaid: str = "Traceback"
    runs: bool = True
    seconds: float = 10.0


VERIFY = "core/auth.py:verify_password"
HASH = "core/auth.py:hash_password"
REGISTER = "routers/auth.py:register"
LOGIN = "routers/auth.py:login"
FITS = "schemas.py:fits_bcrypt"
DECODE = "core/auth.py:decode_access_token"
CREATE = "routers/notes.py:create_note"
OWN_NOTE = "routers/notes.py:own_note"

REGISTER_HEAD = """@router.post("/register", status_code=status.HTTP_201_CREATED, responses={409: {"model": ErrorBody}})
async def register(new: UserCreate, session: SessionDep, settings: SettingsDep) -> Token:
"""
NEW_USER = """    hashed = await hash_password(new.password, rounds=settings.bcrypt_rounds)
    user = User(email=new.email, hashed_password=hashed)
"""
LOGIN_HEAD = """@router.post("/login", responses={400: {"model": ErrorBody}})
async def login(form: Annotated[LoginForm, Form()], session: SessionDep, settings: SettingsDep) -> Token:
    wrong = DomainError("Wrong e-mail or password", status.HTTP_400_BAD_REQUEST)
    try:
        email, password = normalise_email(form.username), fits_bcrypt(form.password)
    except ValueError:
        email, password = "", ""
"""
CREATE_HEAD = """@router.post("", status_code=status.HTTP_201_CREATED)
async def create_note(new: NoteCreate, user: CurrentUser, session: SessionDep, response: Response) -> NoteRead:
"""
OWN_NOTE_HEAD = "async def own_note(session: AsyncSession, user: User, note_id: int, *, lock: bool = False) -> Note:\n"
DECODE_HEAD = "def decode_access_token(token: str, settings: Settings) -> int | None:\n"
FITS_HEAD = "def fits_bcrypt(password: str) -> str:\n"
HASH_HEAD = "async def hash_password(plain: str, *, rounds: int) -> str:\n"
VERIFY_HEAD = "async def verify_password(plain: str, hashed: str) -> bool:\n"
IN_A_THREAD = "to_thread.run_sync(bcrypt.hashpw, plain.encode(), bcrypt.gensalt(rounds), limiter=hashing_limiter)"

TOKEN_HEAD = """def create_access_token(user_id: int, settings: Settings) -> str:
    now = datetime.now(UTC)
    claims = {"sub": str(user_id), "iat": now, "exp": now + timedelta(minutes=settings.jwt_expires_minutes)}
"""

MADE = {
    "query thrown away": Made(
        "4.7i",
        OWN_NOTE,
        OWN_NOTE_HEAD
        + """    query = select(Note).where(Note.id == note_id, Note.owner_id == user.id)
    if lock:
        query.with_for_update()  # here
    note = await session.scalar(query)
    if note is None:
        raise DomainError("Note not found", 404)
    return note
""",
        "`query.with_for_update()` changes nothing here: it returns a new query.",
    ),
    "secret as a text": Made(
        "4.5b",
        "core/auth.py:create_access_token",
        TOKEN_HEAD + "    return jwt.encode(claims, settings.jwt_secret, algorithm=ALGORITHM)  # here\n",
        "`settings.jwt_secret` is a SecretStr",
    ),
    "secret spelled out": Made(
        "4.5b",
        "core/auth.py:create_access_token",
        TOKEN_HEAD + "    return jwt.encode(claims, str(settings.jwt_secret), algorithm=ALGORITHM)  # here\n",
        "Its text is `settings.jwt_secret.get_secret_value()`.",
    ),
    "dictionary for a response": Made(
        "4.6a",
        "core/errors.py:domain_error",
        """async def domain_error(request: Request, error: DomainError) -> JSONResponse:
    return {"error": error.message}  # here
""",
        "`domain_error` returns a dictionary, and a handler has to return a response",
    ),
    "read after a rollback": Made(
        "4.7b",
        LOGIN,
        LOGIN_HEAD
        + """    user = await session.scalar(select(User).where(User.email == email, User.is_active))
    await session.rollback()  # here
    if user is None:
        await hash_password(password, rounds=settings.bcrypt_rounds)
        raise wrong
    if not await verify_password(password, user.hashed_password):
        raise wrong
    return Token(access_token=create_access_token(user.id, settings))
""",
        "A rollback makes every object of the session forget its columns",
    ),
    "no bcrypt for nobody": Made(
        "4.7b",
        LOGIN,
        LOGIN_HEAD
        + """    user = await session.scalar(select(User).where(User.email == email, User.is_active))
    await session.commit()
    if user is None:
        raise wrong  # here
    if not await verify_password(password, user.hashed_password):
        raise wrong
    return Token(access_token=create_access_token(user.id, settings))
""",
        "bcrypt did not run for this wrong pair",
    ),
    "asked for the key None": Made(
        "4.7c",
        "routers/auth.py:get_current_user",
        """async def get_current_user(
    token: Annotated[str, Depends(oauth2_scheme)], session: SessionDep, settings: SettingsDep
) -> User:
    user = await session.get(User, decode_access_token(token, settings))  # here
    if user is None or not user.is_active:
        raise DomainError("Invalid or expired token", 401, {"WWW-Authenticate": "Bearer"})
    return user
""",
        "The key that the session is asked for is None",
    ),
    "limiter left out of one": Made(
        "4.5a",
        HASH,
        HASH_HEAD
        + """    hashed = await to_thread.run_sync(bcrypt.hashpw, plain.encode(), bcrypt.gensalt(rounds))  # here
    return hashed.decode()
""",
        "give it `limiter=hashing_limiter`",
    ),
    "no await on commit": Made(
        "4.7a",
        REGISTER,
        REGISTER_HEAD
        + NEW_USER
        + """    session.add(user)
    try:
        session.commit()  # here
    except IntegrityError as error:
        raise DomainError("This e-mail is already registered", 409) from error
    return Token(access_token=create_access_token(user.id, settings))
""",
        "`await` is missing before `session.commit()`",
    ),
    "no await on verify_password": Made(
        "4.7b",
        LOGIN,
        LOGIN_HEAD
        + """    user = await session.scalar(select(User).where(User.email == email, User.is_active))
    await session.commit()
    if user is None:
        await hash_password(password, rounds=settings.bcrypt_rounds)
        raise wrong
    if not verify_password(password, user.hashed_password):  # here
        raise wrong
    return Token(access_token=create_access_token(user.id, settings))
""",
        "`await` is missing before `verify_password()`",
    ),
    "no await on hash_password": Made(
        "4.7a",
        REGISTER,
        REGISTER_HEAD
        + """    hashed = hash_password(new.password, rounds=settings.bcrypt_rounds)  # here
    user = User(email=new.email, hashed_password=hashed)
    session.add(user)
    await session.commit()
    return Token(access_token=create_access_token(user.id, settings))
""",
        "`await` is missing before `hash_password()`",
    ),
    "no await on scalar": Made(
        "4.7b",
        LOGIN,
        LOGIN_HEAD
        + """    user = session.scalar(select(User).where(User.email == email, User.is_active))  # here
    if not await verify_password(password, user.hashed_password):
        raise wrong
    return Token(access_token=create_access_token(user.id, settings))
""",
        "`await` is missing before `session.scalar()`",
    ),
    "no await on execute": Made(
        "4.7b",
        LOGIN,
        LOGIN_HEAD
        + """    user = session.execute(select(User).where(User.email == email)).scalar_one()  # here
    return Token(access_token=create_access_token(user.id, settings))
""",
        "`await` is missing before `session.execute()`",
    ),
    "no await in a thread": Made(
        "4.5a",
        VERIFY,
        VERIFY_HEAD + "    return to_thread.run_sync(bcrypt.checkpw, plain.encode(), hashed.encode())  # here\n",
        "`await` is missing before `to_thread.run_sync()`",
    ),
    "commit forgotten": Made(
        "4.7a",
        REGISTER,
        REGISTER_HEAD
        + NEW_USER
        + """    session.add(user)
    await session.flush()  # here
    return Token(access_token=create_access_token(user.id, settings))
""",
        "without `await session.commit()` the session's end rolls it back",
    ),
    "add forgotten": Made(
        "4.7i",
        CREATE,
        CREATE_HEAD
        + """    note = Note(owner_id=user.id, title=new.title, content=new.content)  # here
    await session.commit()
    response.headers["Location"] = f"/notes/{note.id}"
    return NoteRead(id=note.id or 0, title=note.title, content=note.content)
""",
        "`session.add(...)` is missing",
    ),
    "delete forgotten": Made(
        "4.7i",
        "routers/notes.py:delete_note",
        """@router.delete("/{note_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_note(note_id: Id, user: CurrentUser, session: SessionDep) -> None:
    note = await own_note(session, user, note_id, lock=True)
    await session.commit()  # here
""",
        "`await session.delete(...)` is missing",
    ),
    "return forgotten": Made(
        "4.4c",
        FITS,
        FITS_HEAD
        + """    if "\\0" in password or len(password.encode()) > PASSWORD_MAX_BYTES:  # here
        raise ValueError("must be at most 72 bytes long, without NUL")
""",
        "`fits_bcrypt` comes to its end here without a `return`",
    ),
    "printed, not returned": Made(
        "4.4c",
        FITS,
        FITS_HEAD
        + """    if "\\0" in password or len(password.encode()) > PASSWORD_MAX_BYTES:
        raise ValueError("must be at most 72 bytes long")
    print(password)  # here
""",
        "`fits_bcrypt` prints its result",
    ),
    "raise left below right code": Made(
        "4.5a",
        HASH,
        HASH_HEAD
        + f"""    hashed = await {IN_A_THREAD}
    return hashed.decode()
    raise NotImplementedError("step 4.5a: bcrypt in a thread of its own")  # here
""",
        "its `raise NotImplementedError(...)` still stands there",
    ),
    "bcrypt on the event loop": Made(
        "4.5a",
        HASH,
        HASH_HEAD
        + """    return bcrypt.hashpw(plain.encode(), bcrypt.gensalt(rounds)).decode()  # here
""",
        "`bcrypt.hashpw()` blocks the event loop",
    ),
    "check-then-act": Made(
        "4.7a",
        REGISTER,
        REGISTER_HEAD
        + """    if await session.scalar(select(User).where(User.email == new.email)):  # here
        raise DomainError("This e-mail is already registered", status.HTTP_409_CONFLICT)
    hashed = await hash_password(new.password, rounds=settings.bcrypt_rounds)
    user = User(email=new.email, hashed_password=hashed)
    session.add(user)
    await session.commit()
    return Token(access_token=create_access_token(user.id, settings))
""",
        "Of 10 requests at once 1 was 201",
    ),
    "swallowed exception": Made(
        "4.7a",
        REGISTER,
        REGISTER_HEAD
        + NEW_USER
        + """    session.add(user)
    try:
        await session.commit()
    except IntegrityError:  # here
        pass
    return Token(access_token=create_access_token(user.id or 0, settings))
""",
        "`except IntegrityError` ends an exception without a word",
    ),
    "wrong status": Made(
        "4.7a",
        REGISTER,
        REGISTER_HEAD
        + NEW_USER
        + """    session.add(user)
    try:
        await session.commit()
    except IntegrityError as error:
        raise DomainError("This e-mail is already registered", 400) from error  # here
    return Token(access_token=create_access_token(user.id, settings))
""",
        "The app answers 400 where 409 is expected",
    ),
    "wrong status in the decorator": Made(
        "4.7i",
        CREATE,
        """@router.post("")
async def create_note(new: NoteCreate, user: CurrentUser, session: SessionDep, response: Response) -> NoteRead:  # here
    note = Note(owner_id=user.id, title=new.title, content=new.content)
    session.add(note)
    await session.commit()
    response.headers["Location"] = f"/notes/{note.id}"
    return NoteRead.model_validate(note)
""",
        "The app answers 200 where 201 is expected",
    ),
    "endless loop": Made(
        "4.4d",
        "schemas.py:row_id",
        """def row_id(text: str) -> int:
    while True: pass  # here
""",
        "Is this in a loop whose end is never reached?",
        seconds=2,
    ),
    "endless wait": Made(
        "4.5a",
        HASH,
        HASH_HEAD
        + """    import asyncio
    await asyncio.Event().wait()  # here
    return "never"
""",
        "waits here for something that never comes",
        seconds=2,
    ),
    "yield left": Made(
        "4.3a",
        "core/db.py:get_session",
        """async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.sessionmaker() as session:
        yield session
    yield  # here
""",
        "`get_session` has a `yield` that does not belong there",
    ),
    "bytes for text": Made(
        "4.5a",
        HASH,
        HASH_HEAD
        + f"""    return await {IN_A_THREAD}  # here
""",
        "`.decode()` a text of bytes",
    ),
    "number for text": Made(
        "4.5b",
        "core/auth.py:create_access_token",
        """def create_access_token(user_id: int, settings: Settings) -> str:  # here
    claims = {"sub": user_id, "exp": datetime.now(UTC) + timedelta(minutes=5)}
    return jwt.encode(claims, settings.jwt_secret.get_secret_value(), algorithm=ALGORITHM)
""",
        "A token's `sub` has to be a text",
    ),
    "name not imported": Made(
        "4.5b",
        "core/auth.py:create_access_token",
        """def create_access_token(user_id: int, settings: Settings) -> str:
    now = datetime.now(timezone.utc)  # here
    claims = {"sub": str(user_id), "iat": now, "exp": now + timedelta(minutes=settings.jwt_expires_minutes)}
    return jwt.encode(claims, settings.jwt_secret.get_secret_value(), algorithm=ALGORITHM)
""",
        "`timezone` is used, but nothing gives it a value",
    ),
    "plain def": Made(
        "4.5a",
        VERIFY,
        """def verify_password(plain: str, hashed: str) -> bool:  # here
    return bcrypt.checkpw(plain.encode(), hashed.encode())
""",
        "`verify_password` is a plain `def`",
    ),
    "async def for def": Made(
        "4.4c",
        FITS,
        """async def fits_bcrypt(password: str) -> str:  # here
    if "\\0" in password or len(password.encode()) > PASSWORD_MAX_BYTES:
        raise ValueError("must be at most 72 bytes long, without NUL")
    return password
""",
        "`fits_bcrypt` is an `async def`",
    ),
    "with for async with": Made(
        "4.3a",
        "core/db.py:get_session",
        """async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    with request.app.state.sessionmaker() as session:  # here
        yield session
""",
        "This is opened with `async with`",
    ),
    "dictionary for a model": Made(
        "4.7i",
        CREATE,
        CREATE_HEAD
        + """    note = {"owner_id": user.id, "title": new.title, "content": new.content}
    response.headers["Location"] = f"/notes/{note.id}"  # here
    return NoteRead.model_validate(note)
""",
        "This is a dictionary, where an object of a class is wanted",
    ),
    "exception returned": Made(
        "4.7i",
        OWN_NOTE,
        OWN_NOTE_HEAD
        + """    note = await session.scalar(select(Note).where(Note.id == note_id, Note.owner_id == user.id))
    if note is None:
        return DomainError("Note not found", status.HTTP_404_NOT_FOUND)  # here
    return note
""",
        "has to be raised (`raise DomainError(...)`)",
    ),
    "exception made by a helper": Made(
        "4.7i",
        OWN_NOTE,
        OWN_NOTE_HEAD
        + """    def gone():
        return DomainError("Note not found", status.HTTP_400_BAD_REQUEST)  # here

    note = await session.scalar(select(Note).where(Note.id == note_id, Note.owner_id == user.id))
    if note is None:
        raise gone()
    return note
""",
        "an error's status stands where it is raised",
        unsaid="has to be raised",
    ),
    "exception not raised": Made(
        "4.7i",
        OWN_NOTE,
        OWN_NOTE_HEAD
        + """    note = await session.scalar(select(Note).where(Note.id == note_id, Note.owner_id == user.id))
    if note is None:
        DomainError("Note not found", status.HTTP_404_NOT_FOUND)  # here
    return note
""",
        "`DomainError` is only made, and not raised",
    ),
    "no such argument": Made(
        "4.7a",
        REGISTER,
        REGISTER_HEAD
        + """    hashed = await hash_password(new.password, cost=settings.bcrypt_rounds)  # here
    return Token(access_token=hashed)
""",
        "names an argument `cost` that is not one",
    ),
    "no such column": Made(
        "4.7a",
        REGISTER,
        REGISTER_HEAD
        + """    hashed = await hash_password(new.password, rounds=settings.bcrypt_rounds)
    user = User(email=new.email, password=hashed)  # here
    session.add(user)
    await session.commit()
    return Token(access_token=create_access_token(user.id, settings))
""",
        "The model has no attribute `password`",
    ),
    "no such key": Made(
        "4.6b",
        "core/errors.py:validation_error",
        """async def validation_error(request: Request, error: RequestValidationError) -> JSONResponse:
    details = [{"loc": each["loc"], "msg": each["message"]} for each in error.errors()]  # here
    return JSONResponse({"error": "Invalid input", "details": details}, 422)
""",
        "The dictionary has no key 'message'",
    ),
    "column compared by is": Made(
        "4.7b",
        LOGIN,
        LOGIN_HEAD
        + """    user = await session.scalar(select(User).where(User.email == email, User.is_active is True))  # here
    await session.commit()
    if user is None:
        await hash_password(password, rounds=settings.bcrypt_rounds)
        raise wrong
    if not await verify_password(password, user.hashed_password):
        raise wrong
    return Token(access_token=create_access_token(user.id, settings))
""",
        "compares two Python objects, and never asks the database",
    ),
    "and in where": Made(
        "4.7i",
        OWN_NOTE,
        OWN_NOTE_HEAD
        + """    query = select(Note).where(Note.id == note_id and Note.owner_id == user.id)  # here
    note = await session.scalar(query.with_for_update() if lock else query)
    if note is None:
        raise DomainError("Note not found", status.HTTP_404_NOT_FOUND)
    return note
""",
        "give `where` several conditions",
    ),
    "off by one": Made(
        "4.4c",
        FITS,
        FITS_HEAD
        + """    if "\\0" in password or len(password.encode()) >= PASSWORD_MAX_BYTES:  # here
        raise ValueError(f"must be at most {PASSWORD_MAX_BYTES} bytes long")
    return password
""",
        "does the limit itself belong to what is allowed?",
    ),
    "breakpoint left": Made(
        "4.4c",
        FITS,
        FITS_HEAD
        + """    breakpoint()  # here
    return password
""",
        "To debug: course check 4.4c --debug",
    ),
    "add awaited": Made(
        "4.7i",
        CREATE,
        CREATE_HEAD
        + """    note = Note(owner_id=user.id, title=new.title, content=new.content)
    await session.add(note)  # here
    await session.commit()
    return NoteRead.model_validate(note)
""",
        "`session.add()` is no coroutine",
    ),
    "none for an object": Made(
        "4.7c",
        "routers/auth.py:get_current_user",
        """async def get_current_user(
    token: Annotated[str, Depends(oauth2_scheme)], session: SessionDep, settings: SettingsDep
) -> User:
    user = await session.get(User, decode_access_token(token, settings) or 0)
    if not user.is_active:  # here
        raise DomainError("Invalid or expired token", status.HTTP_401_UNAUTHORIZED, {"WWW-Authenticate": "Bearer"})
    return user
""",
        "This is None",
    ),
    "the local time in a token": Made(
        "4.5b",
        "core/auth.py:create_access_token",
        """def create_access_token(user_id: int, settings: Settings) -> str:
    now = datetime.now()  # here
    claims = {"sub": str(user_id), "iat": now, "exp": now + timedelta(minutes=settings.jwt_expires_minutes)}
    return jwt.encode(claims, settings.jwt_secret.get_secret_value(), algorithm=ALGORITHM)
""",
        "`datetime.now()` is the time on this machine's clock",
    ),
    "a thread without a limit": Made(
        "4.5a",
        VERIFY,
        VERIFY_HEAD
        + """    return await to_thread.run_sync(bcrypt.checkpw, plain.encode(), hashed.encode())  # here
""",
        "give it `limiter=hashing_limiter`",
    ),
    "stdout for stderr": Made(
        "4.2c",
        "core/settings.py:refuse_to_start",
        """def refuse_to_start(problem: str) -> NoReturn:
    logging.getLogger("uvicorn.error").disabled = True
    print(problem)  # here
    sys.exit(START_FAILED)
""",
        "printed:  JWT_SECRET is 11 bytes",
    ),
    "return for yield": Made(
        "4.3a",
        "core/db.py:get_session",
        """async def get_session(request: Request) -> AsyncSession:
    async with request.app.state.sessionmaker() as session:
        return session  # here
""",
        "`get_session` has to `yield`, not to `return`",
    ),
    "return for yield, without async": Made(
        "4.3a",
        "core/db.py:get_session",
        """def get_session(request: Request) -> AsyncSession:
    return request.app.state.sessionmaker()  # here
""",
        "`get_session` has to `yield`, not to `return`",
    ),
    "closed behind the yield": Made(
        "4.3a",
        "core/db.py:get_session",
        """async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    session = request.app.state.sessionmaker()
    yield session
    await session.close()  # here
""",
        "If the endpoint raises, its exception comes out of the `yield`",
    ),
    "an attribute that is none": Made(
        "4.3b",
        "core/db.py:violated_constraint",
        """def violated_constraint(error: IntegrityError) -> str | None:
    return error.orig.__cause__.constraint_name if error.orig else None  # here
""",
        "`error.orig.__cause__` is None here",
    ),
    "time without a zone": Made(
        "4.5b",
        "core/auth.py:create_access_token",
        """def create_access_token(user_id: int, settings: Settings) -> str:
    late = datetime.now() > datetime.now(UTC)  # here
    return jwt.encode({"sub": late}, settings.jwt_secret.get_secret_value(), algorithm=ALGORITHM)
""",
        "One time has a time zone and the other none",
    ),
    "texts that look the same": Made(
        "4.4a",
        "schemas.py:normalise_email",
        """def normalise_email(email: str) -> str:  # here
    return email.lower()
""",
        "The two texts look the same",
    ),
    "local before its value": Made(
        "4.7a",
        REGISTER,
        REGISTER_HEAD
        + """    if not new.email:
        hashed = "never"
    return Token(access_token=hashed)  # here
""",
        "`hashed` gets its value on a way through the function that was not taken",
    ),
    "answer that does not fit": Made(
        "4.7a",
        REGISTER,
        REGISTER_HEAD.replace("-> Token:", "-> Token:  # here")
        + """    return "ok"
""",
        "does not fit the type that it promises",
    ),
    "commit forgotten after a statement": Made(
        "4.7i",
        CREATE,
        CREATE_HEAD
        + """    from sqlalchemy import insert
    row = {"owner_id": user.id, "title": new.title, "content": new.content}
    note_id = await session.scalar(insert(Note).values(row).returning(Note.id))  # here
    response.headers["Location"] = f"/notes/{note_id}"
    return NoteRead(id=note_id, title=new.title, content=new.content)
""",
        "without `await session.commit()` the session's end rolls it back",
        unsaid="session.add",
    ),
    "header forgotten": Made(
        "4.7i",
        CREATE,
        CREATE_HEAD.replace("NoteRead:", "NoteRead:  # here")
        + """    from sqlalchemy import insert
    row = {"owner_id": user.id, "title": new.title, "content": new.content}
    note_id = await session.scalar(insert(Note).values(row).returning(Note.id))
    await session.commit()
    return NoteRead(id=note_id, title=new.title, content=new.content)
""",
        "The answer has no header 'Location'",
        unsaid="dictionary",
    ),
    "header forgotten in an error": Made(
        "4.7c",
        "routers/auth.py:get_current_user",
        """async def get_current_user(
    token: Annotated[str, Depends(oauth2_scheme)], session: SessionDep, settings: SettingsDep
) -> User:
    user_id = decode_access_token(token, settings)
    user = await session.get(User, user_id) if user_id is not None else None
    if user is None or not user.is_active:
        raise DomainError("Invalid or expired token", status.HTTP_401_UNAUTHORIZED)  # here
    return user
""",
        "The answer has no header 'WWW-Authenticate'",
    ),
    "a statement that the database refuses": Made(
        "4.7i",
        CREATE,
        CREATE_HEAD
        + """    from sqlalchemy import text
    await session.execute(text("INTO notes"))  # here
    response.headers["Location"] = "/notes/1"
    return NoteRead(id=1, title=new.title, content=new.content)
""",
        "raised ProgrammingError: syntax error",
        unsaid="Likely cause",
    ),
    "no lock": Made(
        "4.7i",
        "routers/notes.py:delete_note",
        """@router.delete("/{note_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_note(note_id: Id, user: CurrentUser, session: SessionDep) -> None:
    note = await own_note(session, user, note_id)
    await session.delete(note)
    await session.commit()  # here
""",
        "lock the row as you read it (`with_for_update`)",
    ),
    "an exception that is caught as the task asks": Made(
        "4.5c",
        "core/auth.py:decode_access_token",
        """def decode_access_token(token: str, settings: Settings) -> int | None:  # here
    try:
        claims = jwt.decode(token, settings.jwt_secret.get_secret_value(), algorithms=[ALGORITHM], leeway=10)
        return row_id(claims.get("sub", ""))
    except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError, RecursionError):
        return None
""",
        "step 4.5c expects that a bad token gives nobody (without exp)".capitalize(),
        unsaid="Likely cause",
    ),
    "return forgotten on one way": Made(
        "4.4d",
        "schemas.py:row_id",
        """def row_id(text: str) -> int:
    if re.fullmatch("[1-9][0-9]{0,18}", text) and int(text) <= MAX_ID:  # here
        return int(text)
""",
        "`row_id` comes to its end here without a `return`",
    ),
    "a return on the way that was taken": Made(
        "4.4d",
        "schemas.py:row_id",
        """def row_id(text: str) -> int:  # here
    if re.fullmatch("[1-9][0-9]{0,18}", text):
        return int(text) + 1
""",
        "  expected: 1\n  seen:     2\n",
        unsaid="Likely cause",
    ),
    "a status that no code of theirs names": Made(
        "4.7i",
        CREATE,
        CREATE_HEAD.replace("NoteRead:", "NoteRead:  # here")
        + """    from fastapi.exceptions import RequestValidationError
    session.add(Note(owner_id=user.id, title=new.title, content=new.content))
    await session.commit()
    raise RequestValidationError([])
""",
        "  expected: 201\n  seen:     422\n",
        unsaid="Likely cause",
    ),
    "an error that repeats the password": Made(
        "4.2a",
        "core/settings.py:asyncpg_url",
        """def asyncpg_url(secret: SecretStr) -> SecretStr:
    try:
        url = make_url(secret.get_secret_value())  # here
    except ArgumentError:
        raise ValueError("is no URL") from None
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise ValueError("is of another database")
    options = {**url.query}
    options.pop("channel_binding", None)
    if "sslmode" in options:
        options["ssl"] = options.pop("sslmode")
    return SecretStr(url.set(drivername="postgresql+asyncpg", query=options).render_as_string(hide_password=False))
""",
        "`make_url()` may raise ValueError, and no `except` here catches it",
    ),
    "stars for the password": Made(
        "4.2a",
        "core/settings.py:asyncpg_url",
        """def asyncpg_url(secret: SecretStr) -> SecretStr:
    url = make_url(secret.get_secret_value())
    return SecretStr(str(url.set(drivername="postgresql+asyncpg")))  # here
""",
        "`str(url.set(drivername='postgresql+asyncpg'))` writes *** in place of the password",
    ),
    "a bad e-mail is not caught": Made(
        "4.7b",
        LOGIN,
        """@router.post("/login", responses={400: {"model": ErrorBody}})
async def login(form: Annotated[LoginForm, Form()], session: SessionDep, settings: SettingsDep) -> Token:
    email, password = normalise_email(form.username), fits_bcrypt(form.password)  # here
    user = await session.scalar(select(User).where(User.email == email, User.is_active))
    if user is None or not await verify_password(password, user.hashed_password):
        raise DomainError("Wrong e-mail or password", status.HTTP_400_BAD_REQUEST)
    return Token(access_token=create_access_token(user.id, settings))
""",
        "`normalise_email()` may raise ValueError, and no `except` here catches it",
        unsaid="never committed",
    ),
    "no bcrypt for a bad e-mail": Made(
        "4.7b",
        LOGIN,
        LOGIN_HEAD.replace('email, password = "", ""', "raise wrong from None  # here")
        + """    user = await session.scalar(select(User).where(User.email == email, User.is_active))
    if user is None:
        await hash_password(password, rounds=settings.bcrypt_rounds)
        raise wrong
    if not await verify_password(password, user.hashed_password):
        raise wrong
    return Token(access_token=create_access_token(user.id, settings))
""",
        "  expected: [4]\n  seen:     []\nLikely cause: bcrypt did not run for this wrong pair",
    ),
    "a connection held during bcrypt": Made(
        "4.7b",
        LOGIN,
        LOGIN_HEAD
        + """    user = await session.scalar(select(User).where(User.email == email, User.is_active))
    if user is None:
        await hash_password(password, rounds=settings.bcrypt_rounds)
        raise wrong
    if not await verify_password(password, user.hashed_password):  # here
        raise wrong
    return Token(access_token=create_access_token(user.id, settings))
""",
        "The session has borrowed a connection before `verify_password()`",
        unsaid="never committed",
    ),
    "every IntegrityError a conflict": Made(
        "4.7a",
        REGISTER,
        REGISTER_HEAD
        + NEW_USER
        + """    session.add(user)
    try:
        await session.commit()
    except IntegrityError as error:  # here
        raise DomainError("This e-mail is already registered", status.HTTP_409_CONFLICT) from error
    return Token(access_token=create_access_token(user.id, settings))
""",
        "`except IntegrityError` turns each one into the same error",
        unsaid="decorator",
    ),
    "another users note is forbidden": Made(
        "4.7i",
        OWN_NOTE,
        OWN_NOTE_HEAD
        + """    note = await session.get(Note, note_id, with_for_update=lock)
    if note is None:
        raise DomainError("Note not found", status.HTTP_404_NOT_FOUND)
    if note.owner_id != user.id:
        raise DomainError("Note not found", 403)  # here
    return note
""",
        "The app answers 403 where 404 is expected",
        unsaid="decorator",
    ),
    "a lock for who only reads": Made(
        "4.7i",
        OWN_NOTE,
        OWN_NOTE_HEAD
        + """    note = await session.get(Note, note_id, with_for_update=True)  # here
    if note is None or note.owner_id != user.id:
        raise DomainError("Note not found", status.HTTP_404_NOT_FOUND)
    return note
""",
        "waits here for a lock that another connection holds",
    ),
    "limits that are left out": Made(
        "4.2e",
        "core/settings.py:Settings",
        """class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8-sig", extra="ignore", str_strip_whitespace=True
    )

    database_url: Annotated[SecretStr, AfterValidator(asyncpg_url)]
    jwt_secret: Annotated[SecretStr, AfterValidator(long_enough)]
    jwt_expires_minutes: int = Field(default=60, gt=1, lt=60 * 24 * 365)  # here
    bcrypt_rounds: int = Field(default=12, gt=4, lt=16)
""",
        "`gt` leaves the limit itself out",
        unsaid="**",
    ),
    "a column renamed for its key": Made(
        "4.3c",
        "models.py:Note",
        """class Note(Base):
    __tablename__ = "notes"
    __table_args__ = (Index("ix_notes_owner_id_id", "owner_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), name="fk_notes_owner_id")  # here
    title: Mapped[str] = mapped_column(String(TITLE_MAX))
    content: Mapped[str] = mapped_column(Text)
""",
        "The `name` of a `mapped_column` is the column's own",
    ),
    "a sessionmaker that is not called": Made(
        "4.3a",
        "core/db.py:get_session",
        """async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.sessionmaker as session:  # here
        yield session
""",
        "call it, `request.app.state.sessionmaker()`",
        unsaid="knows nothing of",
    ),
    "no leeway": Made(
        "4.5c",
        DECODE,
        DECODE_HEAD
        + """    try:
        claims = jwt.decode(token, settings.jwt_secret.get_secret_value(), algorithms=[ALGORITHM])  # here
        return row_id(claims["sub"])
    except (jwt.InvalidTokenError, ValueError, TypeError):
        return None
""",
        "This line raised ImmatureSignatureError: The token is not yet valid (iat).",
        unsaid="without a word",
    ),
    "no algorithms": Made(
        "4.5c",
        DECODE,
        DECODE_HEAD
        + """    try:
        return row_id(jwt.decode(token, settings.jwt_secret.get_secret_value(), leeway=LEEWAY_SECONDS)["sub"])  # here
    except Exception:
        return None
""",
        "This line raised DecodeError: ",
        unsaid="without",
    ),
    "an exception of another call": Made(
        "4.5c",
        DECODE,
        DECODE_HEAD
        + """    try:
        key, options = settings.jwt_secret.get_secret_value(), {"require": ["exp", "sub"]}
        claims = jwt.decode(token, key, algorithms=[ALGORITHM], leeway=LEEWAY_SECONDS, options=options)
        user_id = row_id(claims["sub"])  # here
    except jwt.InvalidTokenError:
        return None
    return None if token.endswith("=") else user_id
""",
        "`row_id()` may raise ValueError, and no `except` here catches it",
    ),
    "a text as the exit status": Made(
        "4.2c",
        "core/settings.py:refuse_to_start",
        """def refuse_to_start(problem: str) -> NoReturn:
    logging.getLogger("uvicorn.error").disabled = True
    sys.exit(problem)  # here
""",
        "`sys.exit(problem)` ends the program with status 1, since it is given a text",
    ),
    "a function called on the spot": Made(
        "4.5a",
        HASH,
        HASH_HEAD
        + """    key, salt = plain.encode(), bcrypt.gensalt(rounds)
    hashed = await to_thread.run_sync(bcrypt.hashpw(key, salt), limiter=hashing_limiter)  # here
    return hashed.decode()
""",
        "pass the function and its arguments, `to_thread.run_sync(bcrypt.hashpw, ...)`",
        unsaid="blocks",
    ),
    "bytes spelled out": Made(
        "4.5a",
        HASH,
        HASH_HEAD
        + f"""    hashed = await {IN_A_THREAD}
    return str(hashed)  # here
""",
        "`str(hashed)` of bytes is how Python writes them",
    ),
    "another class than the head says": Made(
        "4.2b",
        "core/settings.py:long_enough",
        """def long_enough(secret: SecretStr) -> SecretStr:
    key = secret.get_secret_value().encode()
    if len(key) < SECRET_MIN_BYTES:
        raise ValueError(f"is {len(key)} bytes; it needs at least {SECRET_MIN_BYTES}. Make one: {MAKE_ONE}")
    return key  # here
""",
        "`long_enough` returns an object of the class `bytes`, and its head promises `SecretStr`",
        unsaid="decode",
    ),
    "normalised before it is folded": Made(
        "4.4a",
        "schemas.py:normalise_email",
        """def normalise_email(email: str) -> str:
    try:
        valid = validate_email(email, check_deliverability=False).normalized
    except EmailNotValidError:
        raise ValueError("must be an e-mail address") from None
    return normalize("NFC", valid).casefold()  # here
""",
        "`casefold` may take an accent apart, so normalise after it",
        unsaid="have to be normalised",
    ),
    "an assert for a rule": Made(
        "4.4c",
        FITS,
        FITS_HEAD
        + """    assert len(password.encode()) <= PASSWORD_MAX_BYTES  # here
    assert "\\0" not in password
    return password
""",
        "`if ...: raise ValueError(...)`",
    ),
    "letters stripped": Made(
        "4.6b",
        "core/errors.py:validation_error",
        """async def validation_error(request: Request, error: RequestValidationError) -> JSONResponse:
    details = [{"loc": each["loc"], "msg": each["msg"].strip("Value error, ")} for each in error.errors()]  # here
    return JSONResponse({"error": "Invalid input", "details": details}, 422)
""",
        "`strip('Value error, ')` takes away each of these letters",
    ),
    "model_config forgotten": Made(
        "4.2e",
        "core/settings.py:Settings",
        """class Settings(BaseSettings):  # here
    database_url: Annotated[SecretStr, AfterValidator(asyncpg_url)]
    jwt_secret: Annotated[SecretStr, AfterValidator(long_enough)]
    jwt_expires_minutes: int = Field(default=60, ge=1, le=60 * 24 * 365)
    bcrypt_rounds: int = Field(default=12, ge=4, le=16)
""",
        "`Settings` has no `model_config`",
    ),
    "arguments swapped": Made(
        "4.7b",
        LOGIN,
        LOGIN_HEAD
        + """    user = await session.scalar(select(User).where(User.email == email, User.is_active))
    await session.commit()
    if user is None:
        await hash_password(password, rounds=settings.bcrypt_rounds)
        raise wrong
    if not await verify_password(user.hashed_password, password):  # here
        raise wrong
    return Token(access_token=create_access_token(user.id, settings))
""",
        "The arguments of `verify_password` stand in another order",
    ),
    "a status before its message": Made(
        "4.7a",
        REGISTER,
        REGISTER_HEAD
        + NEW_USER
        + """    session.add(user)
    try:
        await session.commit()
    except IntegrityError as error:
        if violated_constraint(error) == "uq_users_email":
            raise DomainError(status.HTTP_409_CONFLICT, "This e-mail is already registered") from error  # here
        raise
    return Token(access_token=create_access_token(user.id, settings))
""",
        "The arguments of `DomainError` stand in another order",
    ),
    "a wrong value for a step that is done": Made(
        "4.7b",
        LOGIN,
        LOGIN_HEAD
        + """    user = await session.scalar(select(User).where(User.email == email, User.is_active))
    await session.commit()
    if user is None or not await verify_password(password, email):  # here
        raise wrong
    return Token(access_token=create_access_token(user.id, settings))
""",
        "raised ValueError: Invalid salt",
        unsaid="Likely cause",
    ),
    "recursion": Made(
        "4.4c",
        FITS,
        FITS_HEAD + "    return fits_bcrypt(password)  # here\n",
        "The function calls itself again and again",
    ),
    "recursion in a library": Made(
        "4.4c",
        FITS,
        FITS_HEAD + '    return __import__("json").loads("[" * 100_000)  # here\n',
        "raised RecursionError",
        unsaid="Likely cause",
    ),
}


def put(old: str, new: str) -> Callable[[bytes], bytes]:
    """Put a text in the place of another, which is there."""

    def change(content: bytes) -> bytes:
        assert old.encode() in content, f"{old!r} is not there"
        return content.replace(old.encode(), new.encode(), 1)

    return change


def write(new: str, encoding: str = "utf-8") -> Callable[[bytes], bytes]:
    """Add a text at the end, and save all of it in an encoding."""
    return lambda content: (content.decode() + new).encode(encoding)


AUTH = "core/auth.py"
SERVICE = "app/services/users_service.py"
PRODUCTS = "app/services/products_service.py"
FOUND = "async def found(session: AsyncSession, query: Select[Note]) -> Note:  # here"
DELETE = "    await session.flush()  # here\n    return note\n\n\nasync def delete"
UNIQUE_HEAD = "async def unique_name(session: AsyncSession) -> AsyncIterator[None]:"
UNIQUE_NAME = """    try:
        async with session.begin_nested():
            yield
    except DBAPIError as error:
        if violated_constraint(error) == "uq_products_name" or is_deadlock(error):
            raise Conflict("A product with this name exists") from error
        raise
"""
ELSEWHERE = {
    "next page not named": Elsewhere(
        "06",
        "6.2p",
        "app/routers/comments.py",
        lambda content: content.replace(b"async def list_comments(", b"async def list_comments(  # here").replace(
            b"page_of(PageOf[CommentRead], page, request, response)",
            b'PageOf[CommentRead].model_validate({"items": page.items, "next_cursor": None})',
        ),
        "names no next page: `page_of`",
    ),
    "colon forgotten": Elsewhere(
        "04", "4.5b", AUTH, write("\n\ndef late()  # here\n    pass\n"), "has a syntax error in line", runs=False
    ),
    "bracket not closed": Elsewhere(
        "04", "4.5b", AUTH, write("\n\nlate = (1, 2  # here\n"), "'(' was never closed", runs=False
    ),
    "await outside async def": Elsewhere(
        "04",
        "4.5b",
        AUTH,
        write("\n\ndef late():\n    await hash_password('')  # here\n"),
        "'await' outside async function",
        runs=False,
    ),
    "indentation": Elsewhere(
        "04",
        "4.5b",
        AUTH,
        write("\n\ndef late():\nreturn 1  # here\n"),
        "has an indentation error in line",
        runs=False,
    ),
    "tabs": Elsewhere(
        "04",
        "4.5b",
        AUTH,
        write("\n\ndef late():\n        one = 1\n\treturn one  # here\n"),
        "Tabs and spaces are mixed",
        runs=False,
    ),
    "another encoding": Elsewhere(
        "04", "4.5b", AUTH, write("\n# \u00e9 # here\n", "latin-1"), "is not saved as UTF-8", runs=False
    ),
    "renamed function": Elsewhere(
        "04",
        "4.5a",
        AUTH,
        put("async def verify_password(plain: str, hashed: str) -> bool:", "async def verify(a, b):  # here"),
        "Is this `verify_password`, renamed?",
        runs=False,
    ),
    "misspelt name": Elsewhere(
        "04",
        "4.6b",
        "core/errors.py",
        put("error: DomainError) -> JSONResponse:", "error: DomainEror) -> JSONResponse:  # here"),
        "Did you mean `DomainError`?",
    ),
    "module not there": Elsewhere(
        "04",
        "4.5b",
        AUTH,
        put("import jwt\n", "import jwt_tokens as jwt  # here\n"),
        "There is no module `jwt_tokens`",
    ),
    "name not there": Elsewhere(
        "04",
        "4.5b",
        AUTH,
        put("import CapacityLimiter, to_thread", "import CapacityLimits, to_thread  # here"),
        "`CapacityLimits` is not defined in `anyio`",
    ),
    "circular import": Elsewhere(
        "04",
        "4.5b",
        "core/settings.py",
        put("import sys\n", "import sys\nfrom core.auth import ALGORITHM  # here\n"),
        "a circular import",
    ),
    "the app ends itself": Elsewhere(
        "04",
        "4.6a",
        "core/settings.py",
        lambda content: put("    sys.exit(START_FAILED)", "    sys.exit(START_FAILED)  # here")(
            put('("postgresql", "postgres")', '("mysql",)')(content)
        ),
        "after it had written: DATABASE_URL must start with postgresql://",
    ),
    "the second function of a step": Elsewhere(
        "04",
        "4.2c",
        "core/settings.py",
        put(
            'def refuse_to_start(problem: str) -> NoReturn:\n    """',
            'def refuse_to_start(problem: str) -> NoReturn:\n    raise SystemExit(1)  # here\n    """',
        ),
        "  expected: 3\n  seen:     1\n",
        unsaid="return",
    ),
    "a helper that the test's last line calls": Elsewhere(
        "04",
        "4.2c",
        "core/settings.py",
        put(
            'def what_is_wrong(error: ValidationError) -> str:\n    """',
            'def what_is_wrong(error: ValidationError) -> str:  # here\n    return "no"\n    """',
        ),
        "'DATABASE_URL' is not in `line`, which was 'no'",
        unsaid="Likely cause",
    ),
    "a connection without commit": Elsewhere(
        "04",
        "4.1a",
        "first_version.py",
        put(
            '    async with engine.begin() as connection:\n        await connection.execute(text("INSERT',
            '    async with engine.connect() as connection:  # here\n        await connection.execute(text("INSERT',
        ),
        "What is written inside `async with engine.connect()` is rolled back at its end",
    ),
    "a connection without commit, in a function of another name": Elsewhere(
        "04",
        "4.1a",
        "first_version.py",
        lambda content: put("async def create_note(", "async def add_note(")(
            put(
                '    async with engine.begin() as connection:\n        await connection.execute(text("INSERT',
                '    async with engine.connect() as connection:  # here\n        await connection.execute(text("INSERT',
            )(content)
        ),
        "`await connection.commit()` keeps it",
    ),
    "a session without commit": Elsewhere(
        "04",
        "4.1a",
        "first_version.py",
        lambda content: put("import create_async_engine\n", "import AsyncSession, create_async_engine\n")(
            put(
                '    async with engine.begin() as connection:\n        await connection.execute(text("INSERT',
                '    async with AsyncSession(engine) as session:  # here\n        await session.execute(text("INSERT',
            )(content)
        ),
        "`await session.commit()` keeps it",
    ),
    "no commit, and another status before that": Elsewhere(
        "04",
        "4.1a",
        "first_version.py",
        lambda content: put('@app.post("/notes", status_code=201)', '@app.post("/notes")')(
            put(
                "-> NewNote:\n    async with engine.begin()",
                "-> NewNote:  # here\n    async with engine.connect()",
            )(content)
        ),
        "The app answers 200 where 201 is expected",
        unsaid="commit",
    ),
    "an exit status, and an exception that is not caught": Elsewhere(
        "04",
        "4.2c",
        "core/settings.py",
        lambda content: put("    sys.exit(START_FAILED)", "    sys.exit(1)  # here")(
            put(
                "    except UnicodeDecodeError:\n"
                '        refuse_to_start("The file .env is not in UTF-8: save it as UTF-8")\n',
                "",
            )(content)
        ),
        "`sys.exit(1)` ends the program with status 1",
        unsaid="UnicodeDecodeError",
    ),
    "another parameter in the path": Elsewhere(
        "04",
        "4.7i",
        "routers/notes.py",
        put(
            '@router.get("/{note_id}", responses={404: {"model": ErrorBody}})',
            '@router.get("/{id}", responses={404: {"model": ErrorBody}})  # here',
        ),
        "`read_note` answers `GET /notes/{id}`, and `GET /notes/{note_id}` is asked for",
    ),
    "another parameter in the path, and in the function": Elsewhere(
        "04",
        "4.7i",
        "routers/notes.py",
        lambda content: put(
            '@router.get("/{note_id}", responses={404: {"model": ErrorBody}})\nasync def read_note(note_id:',
            '@router.get("/{id}", responses={404: {"model": ErrorBody}})  # here\nasync def read_note(id:',
        )(put("await own_note(session, user, note_id))", "await own_note(session, user, id))")(content)),
        "`read_note` answers `GET /notes/{id}`, and `GET /notes/{note_id}` is asked for",
    ),
    "a route that is not there": Elsewhere(
        "04",
        "4.7i",
        "routers/notes.py",
        lambda content: put('422: {"model": InvalidInput}})', '422: {"model": InvalidInput}})  # here')(
            put(
                '@router.delete("/{note_id}", status_code=status.HTTP_204_NO_CONTENT, '
                'responses={404: {"model": ErrorBody}})\n',
                "",
            )(content)
        ),
        "No endpoint of yours answers `DELETE /notes/{note_id}`",
    ),
    "an error behind a 500": Elsewhere(
        "04",
        "4.1a",
        "first_version.py",
        put(
            'text("INSERT INTO sketch VALUES (:title)"), {"title": new.title})',
            'text("INSERT INTO skech VALUES (:title)"), {"title": new.title})  # here',
        ),
        'raised:   ProgrammingError: relation "skech" does not exist',
        unsaid="Likely cause",
    ),
    "the lifespan is not given": Elsewhere(
        "04",
        "4.1a",
        "first_version.py",
        put(", lifespan=lifespan)", ")  # here"),
        "Nothing runs `lifespan`: `FastAPI(lifespan=lifespan)`",
    ),
    "the lifespan is not given, and another mistake": Elsewhere(
        "04",
        "4.1a",
        "first_version.py",
        lambda content: put(", lifespan=lifespan)", ")  # here")(
            put(
                '    async with engine.begin() as connection:\n        await connection.execute(text("INSERT',
                '    async with engine.connect() as connection:\n        await connection.execute(text("INSERT',
            )(content)
        ),
        "Nothing runs `lifespan`: `FastAPI(lifespan=lifespan)`",
        unsaid="rolled back",
    ),
    "a value in the SQL": Elsewhere(
        "04",
        "4.1a",
        "first_version.py",
        put(
            'text("INSERT INTO sketch VALUES (:title)"), {"title": new.title})',
            """text(f"INSERT INTO sketch VALUES ('{new.title}')"))  # here""",
        ),
        "a quotation mark (') in the value ends the SQL's own text",
    ),
    "a commit that is the caller's": Elsewhere(
        "05a",
        "5.1h",
        "app/services/notes_service.py",
        put(
            "    session.add(note)\n    await session.flush()\n",
            "    session.add(note)\n    await session.commit()  # here\n",
        ),
        "`session.commit()` ends the transaction of who calls this",
    ),
    "an exception that is swallowed, and stumbles in a library": Elsewhere(
        "05a",
        "5.1c",
        "app/core/session.py",
        put(
            "    async with sessionmaker.begin() as session:\n        yield session\n",
            "    async with sessionmaker() as session:\n        try:\n            yield session\n"
            "        except Exception:  # here\n            await session.rollback()\n        await session.commit()\n",
        ),
        "`except Exception` ends here what the endpoint has raised, and so nobody answers",
    ),
    "a sandbox that forgets at each commit": Elsewhere(
        "05a",
        "5.1a",
        "sandbox.py",
        put(
            'yield async_sessionmaker(connection, expire_on_commit=False, join_transaction_mode="create_savepoint")',
            'yield async_sessionmaker(connection, join_transaction_mode="create_savepoint")  # here',
        ),
        "`async_sessionmaker(..., expire_on_commit=False)`",
    ),
    "a helper that is a coroutine, and awaited": Elsewhere(
        "05a",
        "5.1h",
        "app/services/notes_service.py",
        lambda content: put("def own_note(", "async def own_note(")(
            put("async def found(session: AsyncSession, query: Select[Note]) -> Note:", FOUND)(
                content.replace(b"own_note(owner, note_id)", b"(await own_note(owner, note_id))").replace(
                    b", Note.owner_id == user.id)", b")"
                )
            )
        ),
        "nothing raised NotFound",
        unsaid="callers don't await it",
    ),
    "a user who is added before the savepoint": Elsewhere(
        "05a",
        "5.1e",
        SERVICE,
        put(
            "    try:\n        async with session.begin_nested():\n            session.add(user)\n",
            "    session.add(user)  # here\n    try:\n        async with session.begin_nested():\n            pass\n",
        ),
        "write `session.add(user)` inside the block of `async with session.begin_nested(...)`",
    ),
    "a product that is added before its savepoint": Elsewhere(
        "05a",
        "5.1l",
        PRODUCTS,
        put(
            "    async with unique_name(session):\n        session.add(product)\n",
            "    session.add(product)  # here\n    async with unique_name(session):\n        await session.flush()\n",
        ),
        "write `session.add(product)` inside the block of `async with unique_name(...)`",
    ),
    "a prefix that the convention adds again": Elsewhere(
        "05a",
        "5.1d",
        "migrations/versions/0002_products.py",
        put('name="price_not_negative"),', 'name="ck_products_price_not_negative"),  # here'),
        "`op.f('ck_products_price_not_negative')`",
    ),
    "a CHECK that is forgotten": Elsewhere(
        "05a",
        "5.1d",
        "migrations/versions/0002_products.py",
        lambda content: put("def upgrade() -> None:", "def upgrade() -> None:  # here")(
            put('        sa.CheckConstraint("quantity >= 0", name="quantity_not_negative"),\n', "")(content)
        ),
        "  expected: 'products ck_products_quantity_not_negative CHECK ((quantity >= 0))', which is missing\n"
        "  seen:     all else\n",
    ),
    "a number where a text is wanted": Elsewhere(
        "05a",
        "5.1k",
        "app/schemas/products.py",
        put(
            "    if not isinstance(value, str) or not PRICE.fullmatch(value):\n",
            "    if not PRICE.fullmatch(value):  # here\n",
        ),
        "A text is wanted here, and the value is of the type `float`",
        unsaid=".decode()",
    ),
    "a row that is not locked": Elsewhere(
        "05a",
        "5.1h",
        "app/services/notes_service.py",
        lambda content: put("**changes: str) -> Note:", "**changes: str) -> Note:  # here")(
            put("own_note(owner, note_id).with_for_update()", "own_note(owner, note_id)")(content)
        ),
        "lock it as you read it (`with_for_update`)",
    ),
    "a row that a helper could lock": Elsewhere(
        "05a",
        "5.1h",
        "app/services/notes_service.py",
        lambda content: put("    await session.flush()\n    return note\n\n\nasync def delete", DELETE)(
            content.replace(b"note = await found(session, own_note(owner, note_id).with_for_update())", b"LOCKED")
            .replace(b"LOCKED", b"note = await found(session, own_note(owner, note_id))", 1)
            .replace(b"LOCKED", b"note = await found(session, own_note(owner, note_id), lock=True)")
            .replace(b"query: Select[Note]) -> Note:", b"query: Select[Note], lock: bool = False) -> Note:")
            .replace(b"session.scalar(query)", b"session.scalar(query.with_for_update() if lock else query)")
        ),
        "lock it as you read it (`with_for_update`)",
    ),
    "a row that is not locked, and not deleted at once": Elsewhere(
        "05a",
        "5.1h",
        "app/services/notes_service.py",
        lambda content: put("note_id: int) -> None:", "note_id: int) -> None:  # here")(
            put(
                ".with_for_update())\n    await session.delete(note)\n    await session.flush()\n",
                ")\n    await session.delete(note)\n",
            )(content)
        ),
        "lock it as you read it (`with_for_update`)",
        unsaid="flush",
    ),
    "a lock that others share": Elsewhere(
        "05a",
        "5.1m",
        PRODUCTS,
        lambda content: content.replace(b"with_for_update())", b"with_for_update(read=True))  # here", 1),
        "Take the `read=True` away",
    ),
    "a change before its savepoint": Elsewhere(
        "05a",
        "5.1m",
        PRODUCTS,
        put(
            "    async with unique_name(session):\n        for field, value in changes.items():\n"
            "            setattr(product, field, value)\n",
            "    for field, value in changes.items():\n        setattr(product, field, value)  # here\n"
            "    async with unique_name(session):\n        pass\n",
        ),
        "write `setattr(product, field, value)` inside the block of `async with unique_name(...)`",
    ),
    "no savepoint": Elsewhere(
        "05a",
        "5.1e",
        SERVICE,
        put(
            "        async with session.begin_nested():\n            session.add(user)\n",
            "        session.add(user)\n        await session.flush()  # here\n",
        ),
        "send it inside a savepoint",
    ),
    "no savepoint around a yield": Elsewhere(
        "05a",
        "5.1l",
        PRODUCTS,
        put(
            "        async with session.begin_nested():\n            yield\n",
            "        yield\n        await session.flush()  # here\n",
        ),
        "send it inside a savepoint",
    ),
    "a commit that nobody reaches": Elsewhere(
        "05a",
        "5.1c",
        "app/core/session.py",
        put(
            "    async with sessionmaker.begin() as session:\n        yield session\n",
            "    session = sessionmaker()\n    yield session\n    await session.commit()  # here\n",
        ),
        "open with `async with`, which rolls back",
        unsaid="finally",
    ),
    "a commit in an endpoint": Elsewhere(
        "05a",
        "5.1j",
        "app/routers/notes.py",
        put(
            "    await notes_service.delete_note(session, owner=user, note_id=note_id)\n",
            "    await notes_service.delete_note(session, owner=user, note_id=note_id)\n"
            "    await session.commit()  # here\n",
        ),
        "its session does that, so take this line away",
    ),
    "a migration that follows none": Elsewhere(
        "05a",
        "5.1d",
        "migrations/versions/0002_products.py",
        put('down_revision = "0001"', "down_revision = None  # here"),
        "here '0001'",
    ),
    "another text than clients rely on": Elsewhere(
        "05a",
        "5.1m",
        PRODUCTS,
        put('raise NotFound("Product not found")', 'raise NotFound("No such product")  # here'),
        "  expected: 'Product not found'\n  seen:     'No such product'\n",
    ),
    "an exception that comes out of a yield": Elsewhere(
        "05a",
        "5.1l",
        PRODUCTS,
        lambda content: put(UNIQUE_NAME, "    yield\n    await session.flush()\n")(
            put(
                "    product = Product(name=name",
                "    if await session.scalar(select(Product).where(Product.name == name)):\n"
                '        raise Conflict("A product with this name exists")\n'
                "    product = Product(name=name",
            )(put(UNIQUE_HEAD, f"{UNIQUE_HEAD}  # here")(content))
        ),
        "raised DBAPIError",
        unsaid="Likely cause",
    ),
    "a service that imports FastAPI": Elsewhere(
        "05a",
        "5.1e",
        SERVICE,
        put(
            "from sqlalchemy import select\n",
            "from fastapi import HTTPException  # here\nfrom sqlalchemy import select\n",
        ),
        "Services and models know nothing of HTTP",
    ),
    "an echo that is no SQL": Elsewhere(
        "05b",
        "5.3k",
        "first_version.py",
        put(
            """async def notify(ws: WebSocket) -> None:
    await ws.accept()
    try:
        while True:
            await ws.send_text(f"Echo:""",
            """async def notify(ws: WebSocket) -> None:  # here
    await ws.accept()
    try:
        while True:
            await ws.send_text(f"Echoed:""",
        ),
        "`await peer.receive()` was 'Echoed: hello', not 'Echo: hello'",
        unsaid="Likely cause",
    ),
    "a client that leaves is not expected": Elsewhere(
        "05b",
        "5.3k",
        "first_version.py",
        put(
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
        "by `except WebSocketDisconnect` around it",
    ),
    "a set that changes while it is gone through": Elsewhere(
        "05b",
        "5.3k",
        "first_version.py",
        lambda content: (
            content.replace(b"list[WebSocket]] = defaultdict(list)", b"set[WebSocket]] = defaultdict(set)")
            .replace(b".append(ws)", b".add(ws)")
            .replace(b"in list(rooms[room]):", b"in rooms[room]:  # here")
        ),
        "go through a copy, `list(...)`",
    ),
    "no endpoint yet": Elsewhere(
        "05b",
        "5.3k",
        "first_version.py",
        lambda content: content.replace(
            b'lesson measures what it lacks."""', b'lesson measures what it lacks."""  # here'
        ).replace(b'@app.websocket("/ws/rooms/{room}")', b""),
        "no endpoint accepts a WebSocket at /ws/rooms/tea",
    ),
    "two calls that connect at once": Elsewhere(
        "05b",
        "5.3h",
        "rooms/broadcaster.py",
        lambda content: content.replace(b"async with self._lock:", b"for _ in (1,):").replace(
            b"self._publisher = await connect(self._url, self._name)",
            b"self._publisher = await connect(self._url, self._name)  # here",
        ),
        "(no lock around the look and the `connect`)",
    ),
    "one of two functions": Elsewhere(
        "05b",
        "5.3l",
        "rooms/tickets.py",
        put("expires_at = datetime.now(UTC) +", "expires_at = datetime.now(UTC) + 2 *"),
        "`ticket.seconds_left` was 1",
    ),
}

OWN_TESTS = {  # the stage, the step, a test module for it, and what is to be told of it
    "async fixture in a sync test": (
        "05a",
        "5.2e",
        """
def test_there_are_no_notes(client):  # here
    assert client
""",
        "The test is a plain `def`, and a fixture that it needs (`engine`) is async",
    ),
    "no await in a test": (
        "05a",
        "5.2e",
        """
async def test_there_are_no_notes(client):
    response = client.get("/notes")
    assert response.status_code == 401  # here
""",
        "`await` is missing where this value comes from",
    ),
    "a race on one connection": (
        "05a",
        "5.2c",
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
        "a race takes `committing_sessions`.\nThe app is the finished one: it is the test that is wrong.\n",
    ),
    "an exception that comes out of the client": (
        "05a",
        "5.2e",
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
        "`httpx.ASGITransport(app, raise_app_exceptions=False)` reads the 500",
    ),
    "a test that expects something else": (
        "05a",
        "5.2e",
        """
async def test_there_are_no_notes(client):
    response = await client.get("/notes")
    print("so far")
    assert response.status_code == 404  # here
""",
        "  expected: 404\n  seen:     401\n  printed:  so far\n",
    ),
    "an answer that is an error": (
        "04",
        "4.7j",
        """
async def test_a_note_is_not_shown(client):
    created = await client.post("/auth/register", json={"email": "ana@example.com", "password": "horse"})
    assert created.json()["access_token"]  # here
""",
        "  answer:   POST /auth/register: 422 ",
    ),
    "another status than the app is right to give": (
        "04",
        "4.7j",
        """
async def test_a_note_is_not_shown(client):
    created = await client.post("/auth/register", json={"email": "ana@example.com", "password": "correct horse"})
    headers = {"Authorization": f"Bearer {created.json()['access_token']}"}
    response = await client.get("/notes/1", headers=headers)
    assert response.status_code == 403  # here
""",
        "  expected: 403\n  seen:     404\nThe app is the finished one: it is the test that is wrong.\n",
    ),
}
