"""The order of writes, flushes and promises, checked on a recording alone: docs/format.md, duties of
a writer. Returns what was broken, as sentences, and counts what was looked at."""
import struct

from crc32c import crc32c

BLOCK = 4096
HEAD = b"TWHD\x02\x00\x00\x00"
HEAD_BYTES = 88
META_BYTES = 120


def heads_in(data):
    """(last seq, session) of the heads in pages of LMDB; what is left over of older ones may be
    written over in part."""
    at = data.find(HEAD)
    while at >= 0:
        head = data[at:at + HEAD_BYTES]
        if len(head) == HEAD_BYTES and head[84:] == struct.pack("<I", crc32c(head[:84])):
            yield struct.unpack_from("<Q", head, 16)[0], struct.unpack_from("<Q", head, 72)[0]
        at = data.find(HEAD, at + 1)


class Order:
    def __init__(self, recording):
        self.recording = recording
        self.broken = []
        self.acks = self.commits = self.frames = self.headers = 0
        self.intake = recording.names["intake.wal"]
        self.open_writes = {}    # number: file, of writes that have not ended
        self.unsynced = {}       # file: numbers of writes that no flush covers
        self.covered = {}        # number of a flush: the writes that it covers
        self.by_number = {}      # number: Op
        self.frame_of = {}       # number of a write: last seq of its frame
        self.flushed_seq = 0     # in the intake, by a flush
        self.committed_seq = 0   # in the day file, by a commit
        self.blocks = {}         # block of the intake: [last seq in it, flushed]
        self.header = None       # (session, flushed, number)
        self.sessions = {0}      # of headers that were flushed
        self.last_frame_seq = 0
        self.head_seen = {}      # file: (last seq, session) of the newest head among its writes
        self.session_committed = None

    def fail(self, index, what):
        self.broken.append("operation %d: %s" % (index, what))

    def check(self, ops):
        for index, op in enumerate(ops):
            handle = getattr(self, "on_" + op.kind, None)
            if handle:
                handle(index, op)
        return self.broken

    # ---- operations -------------------------------------------------------------------------

    def on_write(self, index, op):
        self.by_number[op.number] = op
        self.open_writes[op.number] = op.file
        if op.file == self.intake:
            self.intake_write(index, op)
        elif op.file in self.recording.day_files:
            self.day_write(index, op)
        self.unsynced.setdefault(op.file, set()).add(op.number)

    def on_wrote(self, _index, op):
        self.open_writes.pop(op.number, None)
        write = self.by_number.get(op.number)
        if write and write.dsync:
            self.unsynced[write.file].discard(op.number)
            self.commit(write)

    def on_sync(self, _index, op):
        self.by_number[op.number] = op
        self.covered[op.number] = {number for number in self.unsynced.get(op.file, ())
                                   if number not in self.open_writes}

    def on_synced(self, _index, op):
        file = self.by_number[op.number].file
        done = self.covered.pop(op.number)
        self.unsynced.get(file, set()).difference_update(done)
        for number in sorted(done):
            if file in self.recording.day_files and \
                    len(self.by_number[number].data) == META_BYTES:
                self.commit(self.by_number[number])
        if file != self.intake:
            return
        for number in done:
            self.flushed_seq = max(self.flushed_seq, self.frame_of.get(number, 0))
            write = self.by_number[number]
            for block in blocks_of(write):
                if block in self.blocks:
                    self.blocks[block][1] = True
            if write.at == 0 and self.header and self.header[2] == number:
                self.header = (self.header[0], True, number)
                self.sessions.add(self.header[0])

    def on_ack(self, index, op):
        self.acks += 1
        if op.at > max(self.flushed_seq, self.committed_seq):
            self.fail(index, "record %d is acknowledged; flushed is %d, committed %d" %
                      (op.at, self.flushed_seq, self.committed_seq))

    # ---- the intake -------------------------------------------------------------------------

    def intake_write(self, index, op):
        if op.data[:4] == b"TWIN":
            self.header_write(index, op)
            return
        if op.data[:4] != b"TWFR":
            return
        self.frames += 1
        first, count = struct.unpack_from("<QI", op.data, 16)
        last = first + count - 1
        self.frame_of[op.number] = last
        if not self.header or not self.header[1]:
            self.fail(index, "a frame before the header of its session is flushed")
        elif self.session_committed != self.header[0]:
            self.fail(index, "a frame before the day file names its session")
        for block in blocks_of(op):
            before, flushed = self.blocks.get(block, (0, False))
            if flushed and before > self.committed_seq:
                self.fail(index, "block %d is written again; its record %d is flushed and not "
                          "committed" % (block, before))
            self.blocks[block] = [last, False]
        self.last_frame_seq = last

    def header_write(self, index, op):
        self.headers += 1
        session, = struct.unpack_from("<Q", op.data, 32)
        if self.committed_seq < self.last_frame_seq:
            self.fail(index, "a header, and record %d is not committed" % self.last_frame_seq)
        self.header = (session, False, op.number)

    # ---- the day file -----------------------------------------------------------------------

    def day_write(self, index, op):
        for last, session in heads_in(op.data):
            if last >= self.head_seen.get(op.file, (0, None))[0]:
                self.head_seen[op.file] = (last, session)
            if session not in self.sessions:
                self.fail(index, "the day file names a session whose header is not flushed")
        if len(op.data) == META_BYTES:
            self.commits += 1
            if self.unsynced.get(op.file):
                self.fail(index, "a meta page before the pages of its commit are flushed")

    def commit(self, meta):
        last, session = self.head_seen.get(meta.file, (0, None))
        self.committed_seq = max(self.committed_seq, last)
        self.session_committed = session


def blocks_of(write):
    return range(write.at // BLOCK, (write.at + len(write.data) - 1) // BLOCK + 1)
