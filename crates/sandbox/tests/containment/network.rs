//! Others, near and far: sockets of every kind.

use crate::case::{Case, Expect, case};

/// A connection is refused by the filter; the listener looks whether one came all the same.
macro_rules! talk {
    ($name:literal, $program:literal) => {
        case(
            $name,
            concat!(
                "import socket\ndef talk():\n    ",
                $program,
                "\noutput = tried(talk)\n"
            ),
        )
    };
}

pub const CASES: &[Case] = &[
    talk!("tcp to this machine", "socket.create_connection(('127.0.0.1', {TCP}), 2).close()")
        .blocked("seccomp", Expect::Done)
        .sibling("import socket\noutput = socket.inet_aton('127.0.0.1')[0]\n", "127"),
    talk!("tcp over version six", "socket.socket(socket.AF_INET6).connect(('::1', {TCP}))")
        .behind("seccomp|netns", Expect::NotDone, Expect::Tried),
    talk!("tcp by fast open", "socket.socket().sendto(b'x', 0x20000000, ('127.0.0.1', {TCP}))")
        .blocked("seccomp", Expect::Tried),
    talk!(
        "udp to this machine",
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {UDP}))"
    )
    .blocked("seccomp", Expect::Done),
    talk!("a name is looked up", "socket.getaddrinfo('caco.invalid', 80)").expect(Expect::NotDone),
    talk!("a page is fetched", "__import__('urllib.request').request.urlopen('http://127.0.0.1:{TCP}', timeout=0.1)")
        .behind("seccomp|netns", Expect::NotDone, Expect::NotDone),
    talk!("a socket in the file system", "socket.socket(socket.AF_UNIX).connect('{UNIX}')")
        .blocked("seccomp", Expect::Done),
    talk!("an abstract socket", "socket.socket(socket.AF_UNIX).connect('\\0{ABSTRACT}')")
        .blocked("seccomp", Expect::Done),
    talk!("a container engine", "socket.socket(socket.AF_UNIX).connect('/var/run/docker.sock')")
        .behind("seccomp", Expect::Blocked, Expect::NotDone),
    talk!("a socket of its own in the folder", "socket.socket(socket.AF_UNIX).bind('left-listener')")
        .blocked("seccomp", Expect::Done),
    talk!("listening", "socket.create_server(('127.0.0.1', 0)).close()")
        .blocked("seccomp", Expect::Done),
    talk!("a raw socket", "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)").expect(Expect::Blocked),
    talk!("a packet socket", "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)")
        .expect(Expect::Blocked),
    talk!("a ping socket", "socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 1)")
        .blocked("seccomp", Expect::Tried),
    talk!("netlink", "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)")
        .blocked("seccomp", Expect::Done),
    talk!("the host of the virtual machine", "socket.socket(40, socket.SOCK_STREAM)")
        .blocked("seccomp", Expect::Tried),
    talk!("the kernel's cryptography", "socket.socket(38, socket.SOCK_SEQPACKET)")
        .blocked("seccomp", Expect::Tried),
    case("a socket by number", "output = tried(lambda: raw('socket', 2, 1, 0))\n")
        .blocked("seccomp", Expect::Done),
    case(
        "a connection on standard input",
        "import socket\noutput = tried(lambda: socket.socket(fileno=os.dup(0)))\n",
    )
    .expect(Expect::NotDone),
    talk!("a pair of sockets", "[s.close() for s in socket.socketpair()]").done(),
    case(
        "descriptors kept in flight",
        r#"
import array, socket
def fly():
    sent = 0
    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    a.setblocking(False)
    fds = array.array("i", [0] * 200)
    for _ in range(100):
        a.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
        sent += 200
    return sent
output = tried(fly)
"#,
    )
    .expect(Expect::Tried),
    case(
        "a server of the standard library",
        "import http.server\noutput = tried(lambda: http.server.HTTPServer(('127.0.0.1', 0), None).server_close())\n",
    )
    .blocked("seccomp", Expect::Done),
    case(
        "an event loop",
        "import asyncio\nasync def f(): return 'done'\noutput = asyncio.run(f())\n",
    )
    .done(),
];
