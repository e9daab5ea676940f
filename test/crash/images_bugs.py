"""Mistakes that a writer could make, put into what a right one did: flushes left out, promises and
writes moved forward. Each function gets the operations and returns those of the wrong writer."""


def is_intake(recording, op):
    return op.kind in ("write", "sync") and op.file == recording.names["intake.wal"]


def is_day(recording, op):
    return op.kind in ("write", "sync") and op.file in recording.day_files


def without_syncs(ops, wrong):
    """Without the flushes for which `wrong` holds: neither their beginning nor their end."""
    gone = {op.number for op in ops if op.kind == "sync" and wrong(op)}
    return [op for op in ops if not (op.kind in ("sync", "synced") and op.number in gone)]


def plain_metas(ops):
    """LMDB's last write of a commit does not wait for the disk."""
    copies = []
    for op in ops:
        copies.append(op.copy())
        copies[-1].dsync = False
    return copies


def no_fdatasync_of_the_intake(recording, ops):
    return without_syncs(ops, lambda op: is_intake(recording, op))


def acknowledged_before_the_flush(recording, ops):
    """Each promise comes where the last flush before it began, not where it ended."""
    moved, at = [], None
    for op in ops:
        if op.kind == "sync" and is_intake(recording, op):
            at = len(moved)
        if op.kind == "ack" and at is not None:
            moved.insert(at, op)
        else:
            moved.append(op)
    return moved


def nosync(recording, ops):
    return without_syncs(plain_metas(ops), lambda op: is_day(recording, op))


def nometasync(_recording, ops):
    return plain_metas(ops)


def no_flush_of_pages_before_the_meta(recording, ops):
    return without_syncs(ops, lambda op: is_day(recording, op))


def first_after(ops, start, wanted):
    return next(i for i in range(start, len(ops)) if wanted(ops[i]))


def half_used_again_before_the_commit(recording, ops):
    """The first frame of the third use comes before the commit that takes over the first."""
    writes = [i for i, op in enumerate(ops) if op.kind == "write" and is_intake(recording, op)
              and op.at == 4096 and op.data[:4] == b"TWFR"]
    frame = ops[writes[-1]]
    large = next(i for i, op in enumerate(ops) if op.kind == "write" and is_day(recording, op)
                 and len(op.data) > 1 << 20)
    rest = [op for op in ops if op.number != frame.number or op.kind == "ack"]
    rest[large:large] = [op for op in ops if op.number == frame.number and op.kind != "ack"]
    return rest


def no_sync_at_open(recording, ops):
    """A start believes what it finds in the day file: no flush before its first write."""
    gone, opening = set(), False
    for op in ops:
        if op.kind == "restart":
            opening = True
        elif op.kind == "write" and (is_intake(recording, op) or is_day(recording, op)):
            opening = False
        elif opening and op.kind == "sync" and is_day(recording, op):
            gone.add(op.number)
    return without_syncs(ops, lambda op: op.number in gone)


def no_flush_of_the_folder(_recording, ops):
    return [op for op in ops if op.kind != "dirsync"]


def no_flush_of_the_identity(recording, ops):
    file = recording.names["identity"]
    return without_syncs(ops, lambda op: op.file == file)


def is_header(recording, op):
    return op.kind == "write" and is_intake(recording, op) and op.at == 0 and \
        op.data[:4] == b"TWIN"


def session_in_the_day_file_before_the_header(recording, ops):
    """The header's flush is left out: LMDB's commit of the session goes first."""
    moved = list(ops)
    header = first_after(moved, 0, lambda op: is_header(recording, op))
    flush = first_after(moved, header, lambda op: op.kind == "sync" and is_intake(recording, op))
    meta = first_after(moved, flush, lambda op: op.kind == "write" and op.dsync)
    number = {moved[header].number, moved[flush].number}
    taken = [op for op in moved if op.number in number and op.number]
    end = first_after(moved, meta, lambda op: op.kind == "wrote"
                      and op.number == moved[meta].number)
    return [op for op in moved[:end + 1] if op not in taken] + taken + \
        [op for op in moved[end + 1:] if op not in taken]


def closed_before_the_last_commit(recording, ops):
    """The header says that all is in the day file when it is not yet."""
    headers = [i for i, op in enumerate(ops) if is_header(recording, op)]
    last = headers[-1]
    numbers = {ops[last].number,
               ops[first_after(ops, last, lambda op: op.kind == "sync")].number}
    taken = [op for op in ops if op.number in numbers]
    frames = [i for i, op in enumerate(ops) if op.kind == "write" and is_intake(recording, op)
              and op.data[:4] == b"TWFR"]
    # Behind the last frame and, where there is one, its flush.
    at = first_after(ops, frames[-1], lambda op: op.kind == "write" and is_day(recording, op))
    rest = [op for op in ops[:at] if op not in taken] + taken
    return rest + [op for op in ops[at:] if op not in taken]


# The mistake, and the workloads of image_test.py in which it has to show.
BUGS = (
    (no_fdatasync_of_the_intake, ("each", "batch")),
    (acknowledged_before_the_flush, ("each", "group")),
    (nosync, ("each", "roll")),
    (nometasync, ("each",)),
    (no_flush_of_pages_before_the_meta, ("each",)),
    (half_used_again_before_the_commit, ("reuse",)),
    (no_sync_at_open, ("killed",)),
    (no_flush_of_the_folder, ("roll", "init")),
    (no_flush_of_the_identity, ("init",)),
    (session_in_the_day_file_before_the_header, ("each",)),
    (closed_before_the_last_commit, ("at the end",)),
)
