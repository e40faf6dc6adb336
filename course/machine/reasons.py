"""Why a program has failed: the one line of all that it said.

The last line is seldom the reason. SQLAlchemy ends with a link, git with advice, pip with what follows from the reason.
Standard library only: the first set-up uses it before anything is installed.
"""

import re
import textwrap

NOTHING = "it gave no reason"
COLOURS = re.compile(r"\x1b\[[\d;?]*[A-Za-z]")
# Lines that come after a reason, and never are one.
AFTERWARDS = re.compile(
    r"\(Background on this error at|\[(SQL|parameters|cached since|end of output)|hint:|note: |\[notice\]|$"
    r"|HINT:|CONTEXT:|STATEMENT:|For more information|During handling of|The above exception",
    re.IGNORECASE,
)
EXCEPTION = re.compile(
    r"(?P<type>(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*(?:Error|Exception|Exit|Interrupt|Warning|Failure)): (?P<why>.+)"
)
# `(sqlalchemy.dialects.postgresql.asyncpg.ProgrammingError) <class 'asyncpg.exceptions.X'>: why`
WRAPPED = re.compile(r"^\([\w.]+\) (?:<class '[\w.]+'>: )?")
DISK_FULL = re.compile(r"No space left on device|Disk quota exceeded|wrote only \d+ of \d+ bytes")
# How programs that are no Python begin the line that says why: git, PostgreSQL's, Alembic, uv, a shell.
FATAL = re.compile(r"^(?:.*\[\d+\] |[\w./ -]+: )?(?:fatal|FATAL|PANIC|FAILED|error|ERROR): +(?P<why>.+)")


def of(output: str) -> str:
    """The reason in a program's output, in one line and without a full stop."""
    full = "the disk is full: " if DISK_FULL.search(output) else ""
    return full + _of(output)


def _of(output: str) -> str:
    lines = _lines(output)
    traces = [number for number, line in enumerate(lines) if line.startswith("Traceback (most recent call last)")]
    if traces and (why := _of_traceback(lines[traces[-1] + 1 :])):
        return why
    for line in lines:
        if found := FATAL.match(line):
            return _clean(found["why"])
    told = [line for line in lines if not AFTERWARDS.match(line.strip()) and not line.startswith((" ", "\t"))]
    return _clean(told[-1]) if told else NOTHING


def _of_traceback(lines: list[str]) -> str:
    """What the exception says, or its name where it says nothing."""
    for line in lines:
        if line and not line.startswith((" ", "\t")):
            found = EXCEPTION.match(line)
            return _clean(_unwrapped(found["type"], found["why"]) if found else line)
    return ""


def _unwrapped(kind: str, why: str) -> str:
    bare = WRAPPED.sub("", why)
    if bare != why or kind.rpartition(".")[2] in ("SystemExit", "CourseError", "RuntimeError", "CommandError"):
        return bare
    return f"{kind.rpartition('.')[2]}: {bare}"


def of_git(output: str) -> str:
    """Git's reason, with the command that it advises where another user owns the repository."""
    why = of(output)
    advised = re.search(r"^\s*(git config --global --add safe\.directory .+)$", output, re.MULTILINE)
    return f"{why}: if you trust it, run `{advised[1].strip()}`" if advised else why


# What keeps an installer from a package, before the reason that it gives itself: that it found none.
NETWORK = (
    (DISK_FULL, "the disk is full: free about 500 MB"),
    (
        r"Missing dependencies for SOCKS|SOCKS (?:proxy|support)",
        "pip can't use the SOCKS proxy in ALL_PROXY: unset it, or set HTTPS_PROXY to an http:// one",
    ),
    (
        r"Cannot connect to proxy|ProxyError|Tunnel connection failed",
        "the proxy in HTTPS_PROXY (or pip's own setting) does not answer: set it right, or unset it",
    ),
    (
        r"certificate (?:is not yet valid|has expired)",
        "a certificate has expired or is not valid yet: is this machine's clock right?",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|invalid peer certificate",
        "the package index's certificate is not trusted: set SSL_CERT_FILE and PIP_CERT to your company's file",
    ),
    (
        r"WRONG_VERSION_NUMBER|SSLEOFError|SSLError",
        "no safe connection to the package index comes about: does a proxy or a login page stand before it?",
    ),
    (
        r"DO NOT MATCH THE HASHES",
        "a package came other than it was published: a scanner or a proxy has changed it, or cut it short",
    ),
    (
        r"Could not find a suitable TLS CA|invalid path: ",
        "a certificate file that pip is told of is not there: see PIP_CERT and pip's own settings",
    ),
    (
        r"Temporary failure in name resolution|Name or service not known|getaddrinfo failed|nodename nor|dns error",
        "the package index can't be reached: is there a network?",
    ),
    (
        r"Network is unreachable|Connection refused|timed out|Failed to establish a new connection",
        "the package index does not answer: is there a network, or does it need a proxy?",
    ),
    (
        r"Retry\(total=0\b",
        "the package index breaks off the connection: is there a firewall, a scanner or a proxy before it?",
    ),
)
PIP_CONF = "Configuration file could not be loaded."


def of_installer(output: str) -> str:
    """Why pip or uv could not install: what it was told by the network, or else its own reason."""
    for pattern, why in NETWORK:
        if re.search(pattern, output):
            return why
    if PIP_CONF in output:
        return f"pip's settings can't be read: {_clean(output.partition(PIP_CONF)[2])}"
    if build := re.search(r"^ *╰─> \[\d+ lines of output]\n(.*?)^ *\[end of output]", output, re.MULTILINE | re.DOTALL):
        return f"a package can't be built here: {of(textwrap.dedent(build[1]))}"
    lines = _lines(output)
    errors = [match["why"] for line in lines if (match := FATAL.match(line.strip()))]
    follows = re.compile(r"No matching distribution|subprocess-exited|Failed to build|Ignored the following")
    telling = [each for each in errors if not follows.match(each) and each != "Exception:"]
    why = (telling or [of(output)])[0].removeprefix("Could not install packages due to an OSError: ")
    nothing = ": is there a network, and does the index in pip's settings have it?"
    return _clean(re.sub(r" \(from versions: [^)]*\)", "", why.replace(" (from versions: none)", nothing)))


def _lines(output: str) -> list[str]:
    """What was said, but for the loader's complaints of LD_PRELOAD, which come first and harm nothing."""
    output = re.sub(r"^ERROR: ld\.so: .*\n", "", output, flags=re.MULTILINE)
    return COLOURS.sub("", output.replace("\r\n", "\n").replace("\r", "\n")).strip().splitlines()


def _clean(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().rstrip(".")
