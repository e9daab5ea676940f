"""What a host asked of the system for its journal, recorded by strace: each write and its end, each
flush, each name that was made, moved or removed, and each promise, in their order. Not a test."""
import os
import re
import shutil
import struct
import subprocess

CALLS = ("openat,pwrite64,pwritev,writev,write,fdatasync,fsync,ftruncate,fallocate,lseek,renameat,"
         "renameat2,unlinkat,sync_file_range")
# What nobody asks for today; where somebody does, it has to be recorded too.
UNKNOWN = ("write", "pwritev", "sync_file_range")
KINDS = ("write", "wrote", "size", "sync", "synced", "create", "rename", "unlink", "dirsync",
         "ack", "init", "restart")
ESCAPE = re.compile(rb"\\x([0-9a-f]{2})")


class Op:
    """One step. `number` joins the beginning of a write or a flush to its end."""

    def __init__(self, kind, number=0, file=0, at=0, data=b"", dsync=False, name=""):
        self.kind, self.number, self.file, self.at = kind, number, file, at
        self.data, self.dsync, self.name = data, dsync, name

    def copy(self):
        return Op(self.kind, self.number, self.file, self.at, self.data, self.dsync, self.name)

    def packed(self):
        data = self.data or self.name.encode()
        return struct.pack("<BBIIQI", KINDS.index(self.kind), self.dsync, self.number, self.file,
                           self.at, len(data)) + data

    def __repr__(self):
        return "%s %d file %d at %d, %d bytes %s" % (self.kind, self.number, self.file, self.at,
                                                     len(self.data), self.name)


def text_of(quoted):
    """strace -xx writes all texts in hexadecimal digits, names too."""
    return ESCAPE.sub(lambda found: bytes((int(found[1], 16),)), quoted)


class Recording:
    """The operations on the files of one journal, from a copy of it as it was before."""

    def __init__(self, path, base):
        self.path, self.base = path, base
        self.ops, self.names, self.fds, self.files = [], {}, {}, 0
        self.started = {}
        self.numbers = 0
        os.makedirs(base)
        for name in sorted(os.listdir(path)) if os.path.isdir(path) else ():
            shutil.copy2(os.path.join(path, name), os.path.join(base, name))
            self.names[name] = self.files
            self.files += 1
        self.base_names = dict(self.names)

    @property
    def day_files(self):
        return {file for name, file in self.names.items() if name.endswith(".mdb")}

    # ---- reading what strace wrote ----------------------------------------------------------

    def name_of(self, annotated):
        """The name in the journal behind a descriptor, "" for its folder, else None."""
        path = annotated.decode("utf-8", "replace")
        if path == self.path:
            return ""
        folder, name = os.path.split(path)
        return name if folder == self.path and not name.endswith("(deleted)") else None

    def add(self, kind, **what):
        op = Op(kind, **what)
        self.ops.append(op)
        return op

    def begin(self, call, words):
        """What a call does from the moment it is made; `words` are its arguments."""
        found = re.match(rb"(\d+)<([^>]*)>(?:, )?(.*)", words, re.S)
        if not found:
            return None
        name = self.name_of(text_of(found[2]))
        if name is None or name.endswith("-lock"):
            # A file of LMDB's that means nothing after a loss of power but by its being there.
            return self.begin_mark(call, found) if text_of(found[2]).endswith(b".marks") else None
        rest, fd = found[3], int(found[1])
        if call in UNKNOWN:
            raise AssertionError("%s on %s is not recorded" % (call, name))
        self.numbers += 1
        number = self.numbers
        if call in ("fdatasync", "fsync"):
            if name == "":
                return ("dirsync", number)
            self.add("sync", number=number, file=self.names[name])
            return ("synced", number)
        if call == "pwrite64":
            data, at = re.match(rb'"([^"]*)", \d+, (\d+)', rest).groups()
            return self.begin_write(name, fd, int(at), text_of(data))
        if call == "writev":
            data = b"".join(text_of(part) for part in re.findall(rb'iov_base="([^"]*)"', rest))
            return self.begin_write(name, fd, self.fds[fd, "at"], data)
        if call == "ftruncate":
            size = int(re.match(rb"\d+", rest)[0])  # more may follow: another thread came between
            self.add("size", number=number, file=self.names[name], at=size)
            return ("wrote", number)
        if call == "fallocate":
            at, size = (int(word) for word in re.match(rb"\d+, (\d+), (\d+)", rest).groups())
            self.add("size", number=number, file=self.names[name], at=at + size, name="grow")
            return ("wrote", number)
        return None

    def begin_write(self, name, fd, at, data):
        dsync = self.fds.get(fd, False)
        self.add("write", number=self.numbers, file=self.names[name], at=at, data=data,
                 dsync=dsync)
        return ("wrote", self.numbers)

    def begin_mark(self, call, found):
        if call != "write":
            return None
        text = text_of(re.match(rb'"([^"]*)"', found[3])[1]).split()
        if text[0] == b"ack":
            self.add("ack", at=int(text[1]))
        elif text[0] == b"init":
            self.add("init")
        return None

    def end(self, call, words, result, ends):
        """What a call has done when it returned."""
        if result.startswith(b"-1") or result.startswith(b"?"):
            if ends:
                self.drop(ends)
            return
        if ends and ends[0] == "dirsync":
            self.add("dirsync")
        elif ends:
            self.add(ends[0], number=ends[1])
        elif call == "openat":
            self.opened(words, result)
        elif call == "lseek":
            fd = int(re.match(rb"\d+", words)[0])
            self.fds[fd, "at"] = int(re.match(rb"\d+", result)[0])
        elif call in ("renameat", "renameat2", "unlinkat"):
            self.change_names(call, words)

    def drop(self, ends):
        """The call was refused, or its process was killed before it was carried out."""
        self.ops = [op for op in self.ops if op.number != ends[1] or op.kind == "ack"]

    def opened(self, words, result):
        found = re.match(rb"(\d+)<([^>]*)>", result)
        name = self.name_of(text_of(found[2]))
        self.fds[int(found[1])] = b"O_DSYNC" in words
        if not name or name in self.names or b"O_CREAT" not in words:
            return
        self.names[name] = self.files
        self.add("create", file=self.files, name=name)
        self.files += 1

    def change_names(self, call, words):
        folders = [text_of(folder) for folder in re.findall(rb"<([^>]*)>", words)]
        names = [text_of(name).decode() for name in re.findall(rb'"([^"]*)"', words)]
        if self.name_of(folders[0]) != "":
            return
        if call == "unlinkat":
            self.add("unlink", file=self.names.pop(names[0]), name=names[0])
            return
        file = self.names.pop(names[0])
        self.names[names[1]] = file
        self.add("rename", file=file, name=names[0] + "/" + names[1])

    def read(self, log):
        self.fds = {}
        with open(log, "rb") as file:
            for line in file:
                self.read_line(line.rstrip(b"\n"))
        for _, _, ends in self.started.values():
            if ends:
                self.drop(ends)
        self.started = {}

    def read_line(self, line):
        found = re.match(rb"(\d+) +(?:<\.\.\. )?(\w+)(\(| resumed>)(.*)$", line, re.S)
        if not found:
            return
        pid, call, how, rest = found.groups()
        call = call.decode()
        if how == b"(":
            ends = self.begin(call, rest)
            if rest.endswith(b"<unfinished ...>"):
                self.started[pid] = (call, rest[:-len(b"<unfinished ...>")], ends)
                return
            words = rest
        else:
            call, before, ends = self.started.pop(pid)
            words = before + rest
        result = words.rpartition(b") ")[2].lstrip(b" =")
        self.end(call, words, result, ends)

    # ---- running ----------------------------------------------------------------------------

    def run(self, victim, words, kill=None):
        """Runs the host; with kill=(call, k) it dies when it makes its k-th call of that kind.
        Returns whether it died."""
        log, marks = self.base + ".strace", self.base + ".marks"
        tool = ["strace", "-f", "-y", "-xx", "-s", "16777216", "-o", log, "-e", "trace=" + CALLS]
        if kill:
            tool += ["-e", "inject=%s:signal=KILL:when=%d" % kill]
        if self.ops:
            self.add("restart")
        environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")
        done = subprocess.run(tool + [victim, self.path, marks, *words], stderr=subprocess.PIPE,
                              env=environment, encoding="utf-8", check=False)
        if done.returncode not in ((0, -9, 137) if kill else (0,)):
            raise AssertionError("the host ended with %d: %s" % (done.returncode, done.stderr))
        self.read(log)
        os.remove(log)
        if os.path.exists(marks):
            os.remove(marks)
        return done.returncode != 0

    def compare(self):
        """What was recorded, carried out on the copy, is what the folder now holds: nothing was
        missed."""
        held = {}
        for name, file in self.base_names.items():
            with open(os.path.join(self.base, name), "rb") as source:
                held[file] = bytearray(source.read())
        for op in self.ops:
            if op.kind == "create":
                held[op.file] = bytearray()
            elif op.kind in ("write", "size"):
                end = op.at + len(op.data)
                if len(held[op.file]) < end:
                    held[op.file].extend(bytes(end - len(held[op.file])))
                if op.kind == "size" and op.name != "grow":
                    del held[op.file][op.at:]
                held[op.file][op.at:op.at + len(op.data)] = op.data
        assert sorted(os.listdir(self.path)) == sorted(self.names), (self.names, self.path)
        for name, file in self.names.items():
            if name.endswith("-lock"):
                continue
            with open(os.path.join(self.path, name), "rb") as source:
                assert source.read() == held[file], name


def write_ops(recording, ops, path):
    """For image_check: the names at the beginning, then the operations."""
    with open(path, "wb") as file:
        file.write(struct.pack("<II", len(recording.base_names), len(ops)))
        for name, number in recording.base_names.items():
            file.write(struct.pack("<II", number, len(name)) + name.encode())
        for op in ops:
            file.write(op.packed())


def forget_last_flush(ops):
    """The last flush of a host that was killed did not end, where nothing was done after it: it may
    have been killed while the disk was still at it. What it wrote is in the memory of the system."""
    begun = {op.number: op for op in ops if op.kind in ("write", "sync")}
    for i in range(len(ops) - 1, -1, -1):
        if ops[i].kind == "synced":
            return ops[:i] + ops[i + 1:]
        if ops[i].kind == "wrote" and ops[i].number in begun and begun[ops[i].number].dsync:
            begun[ops[i].number].dsync = False
        if ops[i].kind not in ("write", "sync"):
            break
    return ops
