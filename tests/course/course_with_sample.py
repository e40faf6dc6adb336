"""The `course` command of a course whose only stage is the sample in the folder that SAMPLE_STAGE names."""

import os
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from course import stages


def sample_stage(folder: Path) -> stages.Stage:
    """The sample, as it lies in a folder."""
    return stages.Stage(
        id="sample",
        path=str(folder),
        title="The sample",
        teaches="counting words",
        app="words:app",
        migrations=False,
        layered=False,
        typed=(),
    )


if __name__ == "__main__":
    stages.CAPSTONE = sample_stage(Path(os.environ["SAMPLE_STAGE"]))
    stages.STAGES = (stages.CAPSTONE,)
    from course.cli import main  # only now: its modules take the stages with them

    main()
