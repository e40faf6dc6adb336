"""deployment.toml is the description: whatever else says how the app is deployed says the same."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLAN = tomllib.loads((ROOT / "deployment.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("Dockerfile", "CMD {start}"),
        ("Dockerfile", "connection.request('GET', '{health_path}'); \\"),
        ("Dockerfile", "#   {pre_deploy}"),
        ("compose.yaml", "command: {pre_deploy}"),
        ("compose.yaml", "stop_grace_period: {draining_seconds}s"),
        ("render.yaml", "name: {service}"),
        ("render.yaml", "preDeployCommand: {pre_deploy}"),
        ("render.yaml", "healthCheckPath: {health_path}"),
        ("render.yaml", "maxShutdownDelaySeconds: {draining_seconds}"),
        (".railway/railway.py", 'preDeploy="{pre_deploy}",'),
        (".railway/railway.py", 'healthcheck="{health_path}",'),
        (".railway/railway.py", "healthcheckTimeout={health_seconds},"),
        (".railway/railway.py", '"restartPolicyMaxRetries": {restart_retries},'),
        (".railway/railway.py", '"overlapSeconds": {overlap_seconds},'),
        (".railway/railway.py", '"drainingSeconds": {draining_seconds},'),
    ],
)
def test_each_file_says_what_deployment_toml_says(file: str, line: str) -> None:
    lines = [each.strip() for each in (ROOT / file).read_text(encoding="utf-8").splitlines()]
    assert line.format(**PLAN) in lines
