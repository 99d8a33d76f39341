"""The bugs to plant in pages, files and jobs: what each fault must find."""

from __future__ import annotations

from faults.planting import Plant

NO_VERSION = (
    "portal/funds/docket.py",
    "    if seen_version is not None and fund_request.version != seen_version:\n",
    "    if seen_version == -1:\n",
)

TWICE = (
    Plant(
        "neither lock, version nor index keeps a second payment out",
        (
            NO_VERSION,
            (
                "portal/funds/docket.py",
                """\
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if fund_request is None or""",
                """\
        .execution_options(populate_existing=True)
    ).one_or_none()
    if fund_request is None or""",
            ),
            (
                "portal/funds/models.py",
                """\
    __mapper_args__ = {"version_id_col": version}

    payees:""",
                "    payees:",
            ),
        ),
        statements=("DROP INDEX uq_payment_alive",),
        # SQLite has one writer: nobody can read what somebody else is about to change.
        engines=("postgresql",),
    ),
    Plant(
        "a payment of a batch may be released alone",
        (("portal/payments/service.py", "if payment.batch_id is not", "if payment is"),),
    ),
)
REPLAY = (
    Plant("the version that a form of money carries is ignored", (NO_VERSION,)),
    Plant(
        "the key is kept after the act's commit",
        (
            (
                "portal/people/once.py",
                """\
    with transaction() as session:
        keys.take_key(session, g.sent, part, at=now())
        yield session
        keys""",
                """\
    with transaction() as session:
        yield session
    with transaction() as session:
        keys.take_key(session, g.sent, part, at=now())
        keys""",
            ),
        ),
    ),
    Plant(
        "what stands in a form is not compared with what its key did",
        (
            (
                "portal/people/keys.py",
                "    if row.digest != sent.digest:\n",
                "    if not row.digest:\n",
            ),
        ),
    ),
    Plant(
        "what was confirmed need not be what was shown",
        (
            (
                "portal/people/planned.py",
                "        if form.confirmed.data != mark(answer):\n",
                "        if not form.confirmed.data:\n",
            ),
        ),
    ),
)
SLOW = (
    Plant(
        "one thread serves everybody",
        (("portal/serving.py", "blocking_threads=THREADS", "blocking_threads=1"),),
    ),
)
BITS = (
    Plant(
        "a tile is not held against its entries",
        (
            (
                "portal/audit/check.py",
                "    if len(leaves) == width and folder.read(tile)",
                "    if len(leaves) == width or folder.read(tile)",
            ),
        ),
    ),
    Plant(
        "a file of the archive is given out unread",
        (
            (
                "portal/archive.py",
                "        if hashlib.sha256(content).hexdigest() != digest:\n",
                "        if not content:\n",
            ),
        ),
    ),
    Plant(
        "a copy is restored without reading it",
        (("portal/backup.py", "    if found != backup.files:\n", "    if not found:\n"),),
    ),
    Plant(
        "the database's entries are not compared",
        (
            (
                "portal/publishing/check.py",
                "            if (row.idx, row.eid, row.body) != (index, entry.eid, body):\n",
                "            if (row.idx, row.eid) != (index, entry.eid):\n",
            ),
        ),
    ),
)
OLD = (
    Plant(
        "the publisher does not ask whether the database goes on",
        (
            (
                "portal/audit/publisher.py",
                """\
    head = signer.head()
    if head is None:
        if (folder""",
                """\
    head = signer.head()
    if head is not None:
        return
    if head is None:
        if (folder""",
            ),
        ),
    ),
)
JOBS = (
    Plant(
        "a job is done before its paper is kept",
        (
            (
                "portal/payments/printing.py",
                """\
                with self._bench.writing() as session:
                    jobs.finish_job(session, held, begun.issue(session, content))
""",
                """\
                with self._bench.writing() as session:
                    jobs.finish_job(session, held, "sheet:0")
                with self._bench.writing() as session:
                    begun.issue(session, content)
""",
            ),
        ),
    ),
    Plant(
        "nobody asks whether a job is somebody's",
        (
            (
                "portal/jobs/queries.py",
                "is_open, Job.lease_until <= at)",
                "is_open, Job.asked_at <= at)",
            ),
        ),
    ),
)
MIGRATE = (
    Plant(
        "each statement of a migration is committed",
        (
            (
                "migrations/env.py",
                """\
    context.configure(connection=connection, **OPTIONS)
""",
                """\
    context.configure(connection=connection, **OPTIONS)
    commit = lambda conn, *_: conn.connection.commit()
    sa.event.listen(connection, "after_cursor_execute", commit)
""",
            ),
        ),
    ),
)
