//! Files: read, written, linked, left behind.

use crate::case::{Case, Expect, case};
use caco_sandbox::Status;

const READ: &str = "landlock";
const WRITE: &str = "landlock|readonly_tree";
const SHARED: Expect =
    Expect::NotRun("it would spoil the folder that all programs of a pool without layers share");

/// Reading `$path` is refused by Landlock.
macro_rules! read {
    ($name:literal, $path:literal) => {
        case(
            $name,
            concat!(
                "output = tried(lambda: len(open('",
                $path,
                "', 'rb').read(64)))\n"
            ),
        )
        .blocked(READ, Expect::Tried)
    };
}

/// `$action` changes the file system; without layers it goes through.
macro_rules! write {
    ($name:literal, $action:literal) => {
        case($name, concat!("output = tried(lambda: ", $action, ")\n")).blocked(WRITE, Expect::Done)
    };
}

pub const CASES: &[Case] = &[
    read!("the password file", "/etc/passwd")
        .sibling("output = len(open('/dev/urandom', 'rb').read(64))\n", "64"),
    read!("the shadow file", "/etc/shadow"),
    read!("the name of the machine", "/etc/hostname"),
    read!("the own environment", "/proc/self/environ"),
    read!("the supervisor's environment", "/proc/{SUPERVISOR}/environ"),
    read!("the supervisor's command line", "/proc/{SUPERVISOR}/cmdline"),
    read!("the first process's command line", "/proc/1/cmdline"),
    read!("the mount points", "/proc/self/mounts"),
    read!("the kernel's memory map", "/proc/kallsyms"),
    read!("the process's own maps", "/proc/self/maps"),
    read!("the root by way of proc", "/proc/self/root/etc/passwd"),
    read!("a path with steps up", "../../../../../../../../etc/passwd"),
    read!("a file outside", "{OUTSIDE}/victim"),
    case(
        "the result channel is opened anew",
        "output = tried(lambda: os.open('/proc/self/fd/3', os.O_RDWR))\n",
    )
    .expect(Expect::Tried),
    case(
        "folders are listed",
        r#"
met = [tried(lambda: len(os.listdir(p))) for p in ("/", "/root", "/home", "/proc", "/etc", "/tmp", "/dev", "{OUTSIDE}")]
open_ones = [text for text in met if text.startswith("done")]
output = "done: %s" % met if open_ones else "blocked"
"#,
    )
    .blocked(READ, Expect::Done)
    .sibling("import os\noutput = os.listdir('.')\n", "[]"),
    case(
        "the folder is left and its neighbour read",
        r#"
def leave():
    os.chdir("{OUTSIDE}")
    return open("victim").read()
output = tried(leave)
"#,
    )
    .blocked(READ, Expect::Done),
    case(
        "the root is changed into a folder",
        "def change():\n    os.chroot('.')\n    return os.listdir('/')\noutput = tried(change)\n",
    )
    .expect(Expect::Blocked),
    case(
        "a file by its handle",
        r#"
room = ctypes.create_string_buffer(136)
ctypes.memset(room, 128, 1)
mount = ctypes.c_int()
output = tried(lambda: raw("name_to_handle_at", -100, b"/etc/passwd", room, ctypes.byref(mount), 0))
"#,
    )
    .blocked("seccomp", Expect::Tried),
    case(
        "a file by a handle that was guessed",
        r#"
room = ctypes.create_string_buffer(136)
output = tried(lambda: raw("open_by_handle_at", -100, room, 0))
"#,
    )
    .blocked("seccomp", Expect::NotDone),
    case("a file outside is overwritten", "output = tried(lambda: os.open('{OUTSIDE}/victim', os.O_WRONLY))\n")
        .blocked(WRITE, Expect::Done),
    case(
        "a file outside is overwritten through a mapping",
        r#"
import mmap
def write():
    fd = os.open("{OUTSIDE}/victim", os.O_RDWR)
    mmap.mmap(fd, 5)[0:1] = b"x"
output = tried(write)
"#,
    )
    .blocked(WRITE, Expect::Done),
    case(
        "a file of any size",
        "def write():\n    with open('left-full', 'wb', 0) as f: f.write(b'x')\noutput = tried(write)\n",
    )
    .behind(WRITE, Expect::Blocked, Expect::NotDone),
    case(
        "a sparse file and an allocated one",
        r#"
def make():
    fd = os.open("left-sparse", os.O_CREAT | os.O_RDWR)
    os.posix_fallocate(fd, 0, 1 << 30)
output = tried(make)
"#,
    )
    .behind(WRITE, Expect::Blocked, Expect::NotDone),
    write!("a file outside is cut", "os.truncate('{OUTSIDE}/victim', 0)"),
    write!("a file outside is removed", "os.unlink('{OUTSIDE}/victim')"),
    write!("a file outside is renamed", "os.rename('{OUTSIDE}/victim', '{OUTSIDE}/other')"),
    write!("a file outside is exchanged", "os.replace('{OUTSIDE}/victim', 'victim')"),
    write!("a symbolic link", "os.symlink('/etc/passwd', 'left-link')"),
    write!("a symbolic link outside", "os.symlink('/etc/passwd', '{OUTSIDE}/left')"),
    write!("a hard link", "os.link('{OUTSIDE}/victim', '{OUTSIDE}/left')"),
    write!("a folder", "os.mkdir('left-folder')"),
    case("the own folder is removed", "output = tried(lambda: os.rmdir(os.getcwd()))\n")
        .behind(WRITE, Expect::Blocked, SHARED),
    write!("an empty file in the folder", "os.close(os.open('left-empty', os.O_CREAT | os.O_WRONLY))"),
    write!("an empty file in the temporary folder", "__import__('tempfile').NamedTemporaryFile(dir='{OUTSIDE}')"),
    write!("a file without a name", "os.open('{OUTSIDE}', os.O_TMPFILE | os.O_RDWR)"),
    write!("a fifo", "os.mkfifo('left-fifo')"),
    write!("a file in shared memory", "os.unlink(open('/dev/shm/caco-containment', 'w').name)"),
    case(
        "a file in the interpreter's tree",
        r#"
path = os.path.join(os.path.dirname(os.__file__), "caco_containment.py")
output = tried(lambda: os.unlink(open(path, "w").name))
"#,
    )
    .blocked(WRITE, Expect::Tried),
    case("a device", "output = tried(lambda: os.mknod('left-device', 0o020666, os.makedev(1, 3)))\n")
        .expect(Expect::Blocked),
    case("a socket as a file", "output = tried(lambda: os.mknod('left-socket', 0o140666))\n")
        .blocked("seccomp|landlock|readonly_tree", Expect::Done),
    case(
        "many files",
        r#"
def make():
    for i in range(200): os.close(os.open("left-%d" % i, os.O_CREAT | os.O_WRONLY))
output = tried(make)
"#,
    )
    .blocked(WRITE, Expect::Done),
    case(
        "a link that the owner of the folder will follow",
        r#"
def swap():
    here = os.getcwd()
    os.rmdir(here)
    os.symlink("{OUTSIDE}", here)
output = tried(swap)
"#,
    )
    .behind(
        WRITE,
        Expect::Blocked,
        SHARED,
    ),
    case("a mode is changed", "output = tried(lambda: os.chmod('{OUTSIDE}/victim', 0o4777))\n")
        .blocked("seccomp|readonly_tree", Expect::Done),
    case("the folder's mode is changed", "output = tried(lambda: os.chmod('.', 0o700))\n")
        .blocked("seccomp|readonly_tree", Expect::Done),
    case("an owner is changed", "output = tried(lambda: os.chown('{OUTSIDE}/victim', 12345, 12345))\n")
        .expect(Expect::NotDone),
    case("times are changed", "output = tried(lambda: os.utime('{OUTSIDE}/victim', (1, 1)))\n")
        .blocked("seccomp|readonly_tree", Expect::Done),
    case(
        "an extended attribute",
        "output = tried(lambda: os.setxattr('{OUTSIDE}/victim', 'user.left', b'1'))\n",
    )
    .blocked("seccomp|readonly_tree", Expect::Tried),
    case(
        "an extended attribute by the newer call",
        r#"
value = ctypes.create_string_buffer(b"1")
words = (ctypes.c_uint64 * 2)(ctypes.addressof(value), 1)
output = tried(lambda: raw("setxattrat", -100, b"{OUTSIDE}/victim", 0, b"user.left", words, 16))
"#,
    )
    .behind("seccomp|readonly_tree", Expect::NotDone, Expect::Tried),
    case(
        "flags of a file by the newer call",
        r#"
words = (ctypes.c_uint64 * 3)(0x100, 0, 0)
output = tried(lambda: raw("file_setattr", -100, b"{OUTSIDE}/victim", words, 24, 0))
"#,
    )
    .behind("seccomp|readonly_tree", Expect::NotDone, Expect::Tried),
    case(
        "flags of a file that may be read",
        r#"
import fcntl
fd = os.open(os.__file__, os.O_RDONLY)
flags = bytearray(8)
output = tried(lambda: fcntl.ioctl(fd, 0x80086601, flags) and fcntl.ioctl(fd, 0x40086602, bytes(flags)))
"#,
    )
    .expect(Expect::Tried),
    case("the folder of a terminal", "output = tried(lambda: os.open('/dev/ptmx', os.O_RDWR))\n")
        .blocked(READ, Expect::Tried),
    case("the terminal", "output = tried(lambda: os.open('/dev/tty', os.O_RDWR))\n")
        .blocked(READ, Expect::Tried),
    case("the machine's memory", "output = tried(lambda: os.open('/dev/mem', os.O_RDWR))\n")
        .expect(Expect::NotDone),
    case("a virtual machine", "output = tried(lambda: os.open('/dev/kvm', os.O_RDWR))\n")
        .behind("landlock|readonly_tree", Expect::NotDone, Expect::Tried),
    case(
        "the kernel's settings",
        "output = tried(lambda: os.open('/proc/sys/kernel/core_pattern', os.O_WRONLY))\n",
    )
    .behind(WRITE, Expect::NotDone, Expect::Tried),
    case(
        "control groups",
        "output = tried(lambda: os.mkdir('/sys/fs/cgroup/caco-containment') or os.rmdir('/sys/fs/cgroup/caco-containment'))\n",
    )
    .behind(WRITE, Expect::NotDone, Expect::Tried),
    case(
        "a fifo that nobody opens",
        "os.mkfifo('left-fifo')\nopen('left-fifo')\n",
    )
    .short()
    .behind(WRITE, Expect::Blocked, Expect::Fails(Status::Timeout, "WallTime")),
    case(
        "a lock on a file of everyone",
        r#"
import fcntl
with open(os.__file__) as f:
    output = tried(lambda: fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB))
"#,
    )
    .done(),
    case(
        "a watch on a file outside",
        r#"
watch = LIBC.inotify_init()
output = tried(lambda: checked(LIBC.inotify_add_watch(watch, b"/etc", 0xfff)))
"#,
    )
    .expect(Expect::Tried),
    case(
        "sizes and times of files outside are seen",
        "output = tried(lambda: os.stat('{OUTSIDE}/victim').st_size)\n",
    )
    .expect(Expect::Tried),
    case(
        "what was written is there for the next",
        r#"
def leave():
    os.makedirs("a/b")
    os.close(os.open("a/b/left", os.O_CREAT | os.O_WRONLY))
output = tried(leave)
"#,
    )
    .blocked(WRITE, Expect::Done)
    .sibling("import os\noutput = os.path.basename(os.getcwd())[:13]\n", "caco-sandbox-"),
];
