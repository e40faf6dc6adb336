"""What failed is told by its reason: each output was printed by the program that it names."""

import pytest

from course.machine import reasons

SQLALCHEMY = """\
Running upgrade 0006 -> 9999, broken
Traceback (most recent call last):
  File "asyncpg/protocol/protocol.pyx", line 375, in query
asyncpg.exceptions.UndefinedTableError: relation "nowhere" does not exist

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "sqlalchemy/engine/base.py", line 1967, in _exec_single_context
    self.dialect.do_execute(
sqlalchemy.exc.ProgrammingError: (sqlalchemy.dialects.postgresql.asyncpg.ProgrammingError) \
<class 'asyncpg.exceptions.UndefinedTableError'>: relation "nowhere" does not exist
[SQL: ALTER TABLE nowhere ADD x integer]
(Background on this error at: https://sqlalche.me/e/20/f405)
"""
GIT_OWNER = """\
fatal: detected dubious ownership in repository at '/home/ana/100% kurs'
To add an exception for this directory, call:

\tgit config --global --add safe.directory '/home/ana/100% kurs'
"""
INITDB = """\
creating configuration files ... ok
running bootstrap script ... 2026-11-28 23:26:22.326 UTC [14368] FATAL:  could not write to file "pg_wal/x": \
No space left on device
child process exited with exit code 1
initdb: removing contents of data directory "/data/new-wb2gaqzd"
"""
INITDB_LIBRARY = """\
initdb: error: program "postgres" is needed by initdb but was not found in the same directory as "/x/initdb"
initdb: hint: Check your installation.
"""
LOADER = (
    "/x/bin/initdb: error while loading shared libraries: libicu.so: cannot open shared object file: No such file\n"
)
MODULE = """\
Traceback (most recent call last):
  File "<frozen runpy>", line 198, in _run_module_as_main
ModuleNotFoundError: No module named 'alembic'
"""
GROUP = """\
Traceback (most recent call last):
  File "x.py", line 1, in <module>
    raise ValueError(
ValueError: one
of two lines
"""
REFUSED = """\
Traceback (most recent call last):
  File "migrations/env.py", line 99, in <module>
ConnectionRefusedError: [Errno 111] Connect call failed ('127.0.0.1', 9)
"""
PIP_NONE = """\
WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after connection broken by \
'ProxyError('Cannot connect to proxy.', NewConnectionError(': Failed to establish a new connection: [Errno 111] \
Connection refused'))': /simple/typer/
ERROR: Could not find a version that satisfies the requirement typer (from versions: none)
ERROR: No matching distribution found for typer
"""
PIP_DNS = PIP_NONE.replace(
    "ProxyError('Cannot connect to proxy.', NewConnectionError(': Failed to establish a new connection: [Errno 111] "
    "Connection refused'))",
    "NewConnectionError(': Failed to establish a new connection: [Errno -3] Temporary failure in name resolution')",
)
PIP_TLS = """\
WARNING: Retrying (Retry(total=0)) after connection broken by 'SSLError(SSLCertVerificationError(1, '[SSL: \
CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in certificate chain'))': /simple/typer/
ERROR: Could not find a version that satisfies the requirement typer (from versions: none)
"""
PIP_SOCKS = """\
ERROR: Exception:
Traceback (most recent call last):
  File "pip/_vendor/requests/adapters.py", line 67, in SOCKSProxyManager
    raise InvalidSchema("Missing dependencies for SOCKS support.")
pip._vendor.requests.exceptions.InvalidSchema: Missing dependencies for SOCKS support.
"""
PIP_VERSION = """\
ERROR: Ignored the following yanked versions: 20.0, 20.3.2, 21.2
ERROR: Could not find a version that satisfies the requirement pip==0.0.0 (from versions: 0.2, 0.2.1, 0.3)
ERROR: No matching distribution found for pip==0.0.0
"""
PIP_DISK = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n"
PIP_BUILD = """\
  error: subprocess-exited-with-error

  × Preparing metadata (pyproject.toml) did not run successfully.
  │ exit code: 1
  ╰─> [3 lines of output]
      Traceback (most recent call last):
        File "/tmp/sd/b.py", line 2, in build_wheel
      RuntimeError: gcc failed with exit code 1: no Python.h
      [end of output]

  note: This error originates from a subprocess, and is likely not a problem with pip.
error: metadata-generation-failed
"""
PIP_EXCEPTION = """\
ERROR: Exception:
Traceback (most recent call last):
  File "pip/_internal/utils/misc.py", line 104, in ensure_dir
NotADirectoryError: [Errno 20] Not a directory: '/dev/full/x'
"""
PIP_CONF = """\
Configuration file could not be loaded.
File contains no section headers.
file: 'pip.conf', line: 1
'[global\\n'
"""
PIP_EMPTY = """\
ERROR: Could not find a version that satisfies the requirement typer (from versions: none)
ERROR: No matching distribution found for typer
"""
PIP_NO_TLS = f"""\
WARNING: Retrying (Retry(total=0)) after connection broken by 'SSLError(SSLError(1, '[SSL: WRONG_VERSION_NUMBER] wrong \
version number (_ssl.c:1006)'))': /typer/
{PIP_EMPTY}"""
PIP_CUT_OFF = """\
  × pip subprocess to install build dependencies did not run successfully.
  ╰─> [3 lines of output]
      WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after connection broken \
by 'ProtocolError('Connection aborted.', ConnectionResetError(10054, 'An existing connection was forcibly closed by \
the remote host', None, 10054, None))': /simple/flit-core/
      ERROR: Could not find a version that satisfies the requirement flit_core<4,>=3.11 (from versions: none)
      ERROR: No matching distribution found for flit_core<4,>=3.11
      [end of output]
"""
PIP_HASH = """\
ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated the package versions, \
please update the hashes.
"""
PIP_PROXY = """\
ERROR: Could not install packages due to an OSError: Proxy URL had unsupported scheme ftp, should use http:// or https://
"""
PIP_CONFLICT = """\
ERROR: Cannot install typer==0.12.1 because these package versions have conflicting dependencies.
ERROR: ResolutionImpossible: for help visit <url>
"""


@pytest.mark.parametrize(
    ("output", "why"),
    [
        (SQLALCHEMY, 'relation "nowhere" does not exist'),
        (GIT_OWNER, "detected dubious ownership in repository at '/home/ana/100% kurs'"),
        ("fatal: not a git repository (or any of the parent directories): .git\n", "not a git repository (or any of"),
        ("INFO  x\nFAILED: Multiple head revisions are present; please specify one.\n", "Multiple head revisions"),
        ("FAILED: Can't locate revision identified by '0042'", "Can't locate revision identified by '0042'"),
        (INITDB, 'the disk is full: could not write to file "pg_wal/x"'),
        (INITDB_LIBRARY, 'program "postgres" is needed by initdb'),
        (LOADER, "/x/bin/initdb: error while loading shared libraries: libicu.so"),
        (MODULE, "ModuleNotFoundError: No module named 'alembic'"),
        (REFUSED, "ConnectionRefusedError: [Errno 111] Connect call failed ('127.0.0.1', 9)"),
        (GROUP, "ValueError: one"),
        ("DATABASE_URL is not set. Set it.\r\n", "DATABASE_URL is not set. Set it"),
        ("\x1b[31merror\x1b[0m: no such command\n\nhint: try another\n", "no such command"),
        (
            "ERROR: ld.so: object '/x.so' from LD_PRELOAD cannot be preloaded\nFAILED: no such revision\n",
            "no such revision",
        ),
        ("", reasons.NOTHING),
        ("  \n\n", reasons.NOTHING),
    ],
)
def test_the_reason_and_not_the_last_line(output: str, why: str) -> None:
    assert reasons.of(output).startswith(why)
    assert "\n" not in reasons.of(output)


@pytest.mark.parametrize(
    ("output", "why"),
    [
        (PIP_NONE, "the proxy in HTTPS_PROXY"),
        (PIP_DNS, "is there a network"),
        (PIP_TLS, "certificate is not trusted"),
        (PIP_SOCKS, "SOCKS proxy in ALL_PROXY"),
        (PIP_VERSION, "Could not find a version that satisfies the requirement pip==0.0.0"),
        (PIP_DISK, "the disk is full"),
        (PIP_BUILD, "a package can't be built here: gcc failed with exit code 1: no Python.h"),
        (PIP_EXCEPTION, "NotADirectoryError: [Errno 20] Not a directory: '/dev/full/x'"),
        (PIP_CONF, "pip's settings can't be read: File contains no section headers. file: 'pip.conf', line: 1"),
        (PIP_EMPTY, "requirement typer: is there a network, and does the index in pip's settings have it?"),
        (PIP_NO_TLS, "does a proxy or a login page stand before it?"),
        (PIP_CUT_OFF, "the package index breaks off the connection"),
        (PIP_HASH, "a scanner or a proxy has changed it, or cut it short"),
        (PIP_PROXY, "Proxy URL had unsupported scheme ftp, should use http:// or https://"),
        (PIP_CONFLICT, "Cannot install typer==0.12.1 because these package versions have conflicting dependencies"),
        ("ERROR: Wheel 'bad' located at /x/bad.whl is invalid.\n", "Wheel 'bad' located at /x/bad.whl is invalid"),
        ("ERROR: bad.whl is not a supported wheel on this platform.\n", "is not a supported wheel on this platform"),
        (
            "An error occurred during configuration: option timeout: invalid floating-point value: 'x'\n",
            "option timeout: invalid floating-point value: 'x'",
        ),
        (
            PIP_TLS.replace("self-signed certificate in certificate chain", "certificate is not yet valid"),
            "clock right",
        ),
        ("error: Failed to fetch: `<url>`\n  Caused by: dns error: failed to lookup address", "is there a network"),
        ("error: No solution found when resolving dependencies:\n  x", "No solution found when resolving dependencies"),
    ],
)
def test_why_packages_could_not_be_installed(output: str, why: str) -> None:
    assert why in reasons.of_installer(output)
    assert len(reasons.of_installer(output)) < 150
    assert "from versions" not in reasons.of_installer(output)


def test_gits_advice_stays_where_it_is_what_to_do() -> None:
    advice = "run `git config --global --add safe.directory '/home/ana/100% kurs'`"
    assert reasons.of_git(GIT_OWNER).endswith(advice)
