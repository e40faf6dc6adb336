"""The capstone on Railway, as code: `railway config plan` shows what would change, `railway config apply` does it.

The file speaks for the whole project: what it does not name is planned for deletion. So read the lesson's section 6.4.3
before you apply it, and put your own fork's name in REPOSITORY. Nothing here is read when a version is deployed.
"""

from typing import Any

from railway_sdk import Project, define_railway, github, postgres, preserve, project, service

REPOSITORY = "your-name/your-fork"


@define_railway
def main(context: Any = None) -> Project:
    """A PostgreSQL, and the blog that uses it."""
    database = postgres("Postgres")
    blog = service(
        "blog",  # the service is found by its name, and so is the database
        source=github(REPOSITORY, branch="main"),
        env={
            "DATABASE_URL": database.env.DATABASE_URL,
            "JWT_SECRET": preserve(),  # set in the dashboard, and in no file
            "TRUSTED_PROXIES": "100.64.0.0/10",  # the host's own proxies: believed when they say whom a request is from
        },
        build={
            "builder": "RAILPACK",
            "watchPatterns": ["/capstone/**", "/requirements.txt"],
        },
        preDeploy="cd capstone && alembic upgrade head",
        start="cd capstone && exec uvicorn app.main:app --host '' --port $PORT --timeout-graceful-shutdown 5",
        healthcheck="/health/ready",
        healthcheckTimeout=60,
        deploy={
            # ON_FAILURE is the host's default, which it does not store: written here, every plan would list it.
            "restartPolicyMaxRetries": 5,
            "overlapSeconds": 5,
            "drainingSeconds": 15,
        },
    )
    return project("blog", resources=[database, blog])
