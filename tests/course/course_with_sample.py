"""The `course` command of a course whose only stage is the sample in the folder that SAMPLE_STAGE names."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from course import stages
from course.machine import set_up

set_up.enter = lambda: None
stages.STAGES = (
    stages.Stage(
        id="sample",
        path=os.environ["SAMPLE_STAGE"],
        title="The sample",
        teaches="counting words",
        app="words:app",
        migrations=False,
        layered=False,
        typed=(),
    ),
)
stages.CAPSTONE = stages.STAGES[0]

if __name__ == "__main__":
    from course.cli import main

    main()
