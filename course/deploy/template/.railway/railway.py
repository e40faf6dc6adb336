"""The service on Railway, as code: `railway config plan` shows what would change, `railway config apply` does it.

This file speaks for the whole project: what it does not name is planned for deletion. So begin with
`railway config pull`, merge, and read the plan. Put your repository's name in REPOSITORY first.

There is no start command here: Railway builds the Dockerfile, and starts what it says.
"""

from typing import Any

from railway_sdk import Project, define_railway, github, postgres, preserve, project, service

REPOSITORY = "your-name/@NAME@"


@define_railway
def main(context: Any = None) -> Project:
    """A PostgreSQL, and the app that uses it."""
    database = postgres("Postgres")
    app = service(
        "@NAME@",  # the service is found by its name, and so is the database
        source=github(REPOSITORY, branch="main"),
        env={
            "DATABASE_URL": database.env.DATABASE_URL,
            "JWT_SECRET": preserve(),  # set in the dashboard, and in no file
            "TRUSTED_PROXIES": "100.64.0.0/10",  # the host's own proxies: believed when they say whom a request is from
        },
        preDeploy="@PRE_DEPLOY@",
        healthcheck="@HEALTH_PATH@",
        healthcheckTimeout=@HEALTH_SECONDS@,
        deploy={
            # ON_FAILURE is the host's default, which it does not store: written here, every plan would list it.
            "restartPolicyMaxRetries": @RESTART_RETRIES@,
            "overlapSeconds": @OVERLAP_SECONDS@,
            "drainingSeconds": @DRAINING_SECONDS@,
        },
    )
    return project("@NAME@", resources=[database, app])
