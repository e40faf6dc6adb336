"""The promises of broken_promises.toml: each is a change to a stage's code, and the test that notices it."""

import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Broken:
    """A change to a stage's code that breaks a promise."""

    promise: str
    stage: str
    file: str
    find: str
    replace: str
    caught_by: str

    def copy(self, stage_folder: Path, folder: Path) -> None:
        """Copy the stage, with the change made."""
        shutil.copytree(stage_folder, folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        file = folder / self.file
        text = file.read_text(encoding="utf-8")
        assert text.count(self.find) == 1, (
            f"{self.file} should hold this once, and holds it {text.count(self.find)} times: {self.find}"
        )
        file.write_text(text.replace(self.find, self.replace), encoding="utf-8", newline="\n")


BROKEN = [
    Broken(**each) for each in tomllib.loads((HERE / "broken_promises.toml").read_text(encoding="utf-8"))["broken"]
]
