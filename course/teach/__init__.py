"""What the notebooks stand on: a stage that is really served, measurements, and plots that make one point each.

    from course.teach import stage

    app = await stage("04")
    answer = await app.client.get("/health")
    await app.rows("SELECT * FROM users")
    naive = await stage("04", bug="registration-race")
    naive.diff()
    end_all()

The plots (`from course.teach import plots`) need matplotlib, the rest only what the course has anyway.
"""

from course.machine.supervisor import end_all
from course.teach.measure import Sample, in_turn, percentile, probing
from course.teach.shown import Rows, show
from course.teach.stage import PASSWORD, App, stage

__all__ = ["PASSWORD", "App", "Rows", "Sample", "end_all", "in_turn", "percentile", "probing", "show", "stage"]
