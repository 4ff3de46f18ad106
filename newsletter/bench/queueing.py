"""`python -m newsletter.bench.queueing EDITION`: sends the edition, as an operator does; workers do the rest.

It says `ready`, waits for a line, queues, and prints as JSON when it began and ended, how much CPU time that
took, and the mailing's number. The process has the settings of the installation and of nobody else.
"""

import json
import sys
import time

from newsletter.base import create_base
from newsletter.core.db import db
from newsletter.editions import service as editions
from newsletter.web import current


def main(edition_id: int) -> None:
    with create_base().app_context():
        house = current.house()
        print("ready", flush=True)
        sys.stdin.readline()
        before, began = time.process_time(), time.monotonic()
        mailing_id = editions.send(edition_id, house).mailing_id
        after, ended = time.process_time(), time.monotonic()
        db.engine.dispose()
    print(json.dumps({"began": began, "ended": ended, "cpu": after - before, "mailing": mailing_id}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
