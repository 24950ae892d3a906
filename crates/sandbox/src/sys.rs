//! The system calls that the standard library does not offer. All `unsafe` code of the project is here.
#![expect(
    unsafe_code,
    reason = "system calls: descriptors over a socket, poll, processes by descriptor, settings of a thread and between fork and exec"
)]

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

/// How many descriptors go with a child: programs, results, stdout, stderr.
pub const JOB_FDS: usize = 4;

/// Room for the control message, aligned as the system wants it.
#[repr(C, align(8))]
struct Control([u8; 64]);

/// Sends `data` with four descriptors attached to its first byte. Never raises SIGPIPE.
pub fn send_with_fds(
    socket: &UnixStream,
    data: &[u8],
    fds: [BorrowedFd<'_>; JOB_FDS],
) -> io::Result<()> {
    let raw: [RawFd; JOB_FDS] = fds.map(|fd| fd.as_raw_fd());
    let payload = size_of_val(&raw);
    let mut control = Control([0; 64]);
    let mut part = libc::iovec {
        iov_base: data.as_ptr().cast_mut().cast(),
        iov_len: data.len(),
    };
    // SAFETY: a zeroed msghdr is valid; its pointers are set below to live local values.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = (&raw mut control).cast();
    // SAFETY: pure arithmetic on a small length, which fits the 64 bytes of `control`.
    message.msg_controllen = unsafe { libc::CMSG_SPACE(payload as u32) } as _;
    // SAFETY: msg_control points to 64 aligned bytes, more than CMSG_SPACE of four descriptors, so the first header exists
    // and its data part has room for them.
    unsafe {
        let header = libc::CMSG_FIRSTHDR(&raw const message);
        (*header).cmsg_level = libc::SOL_SOCKET;
        (*header).cmsg_type = libc::SCM_RIGHTS;
        (*header).cmsg_len = libc::CMSG_LEN(payload as u32) as _;
        std::ptr::copy_nonoverlapping(raw.as_ptr().cast::<u8>(), libc::CMSG_DATA(header), payload);
    }
    let sent = retry(|| {
        // SAFETY: `message` and all it points to live until the call returns.
        unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const message, NO_SIGNAL) }
    })?;
    send(socket, data.get(sent..).unwrap_or_default())
}

/// Sends all of `data`. Never raises SIGPIPE.
pub fn send(socket: &UnixStream, mut data: &[u8]) -> io::Result<()> {
    while !data.is_empty() {
        let sent = retry(|| {
            // SAFETY: the pointer and length are those of a live slice.
            unsafe {
                libc::send(
                    socket.as_raw_fd(),
                    data.as_ptr().cast(),
                    data.len(),
                    NO_SIGNAL,
                )
            }
        })?;
        data = data.get(sent..).unwrap_or_default();
    }
    Ok(())
}

#[cfg(target_os = "linux")]
const NO_SIGNAL: libc::c_int = libc::MSG_NOSIGNAL;
#[cfg(not(target_os = "linux"))]
const NO_SIGNAL: libc::c_int = 0;

/// Waits until one of the descriptors is ready or has ended: which ones. Those of `write` are waited for until they take
/// data, the others until they have some. A descriptor below 0 is left out.
pub fn poll<const N: usize>(
    fds: [RawFd; N],
    write: [bool; N],
    timeout_ms: i32,
) -> io::Result<[bool; N]> {
    let mut entries = [libc::pollfd {
        fd: -1,
        events: 0,
        revents: 0,
    }; N];
    for ((entry, fd), write) in entries.iter_mut().zip(fds).zip(write) {
        entry.fd = fd;
        entry.events = if write { libc::POLLOUT } else { libc::POLLIN };
    }
    retry(|| {
        // SAFETY: pointer and count are those of a live array.
        unsafe { libc::poll(entries.as_mut_ptr(), N as libc::nfds_t, timeout_ms) as isize }
    })?;
    Ok(entries.map(|entry| entry.revents != 0))
}

/// Keeps SIGPIPE from this thread, so that a pipe whose other end was closed is an error of the write also where the process
/// has set the signal to its default, which ends it.
pub fn block_sigpipe() {
    // SAFETY: the set is initialised by sigemptyset before it is used, and lives until the calls return.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, libc::SIGPIPE);
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut());
    }
}

/// Makes reads and writes of a descriptor return instead of waiting.
pub fn never_wait(fd: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: fcntl on a descriptor that is borrowed, and so open.
    retry(|| unsafe {
        let flags = libc::fcntl(fd.as_raw_fd(), libc::F_GETFL);
        if flags < 0 {
            flags as isize
        } else {
            libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, flags | libc::O_NONBLOCK) as isize
        }
    })
    .map(drop)
}

/// Gives the command's process a session of its own, without a terminal, makes it a member of a control group, whose list of
/// members is given and must stay open until the start, and asks for a fixed address layout, so that orders that depend on
/// addresses repeat. Best effort.
pub fn set_apart(command: &mut Command, members: Option<BorrowedFd<'_>>) {
    #[cfg(target_os = "linux")]
    {
        let members = members.map(|members| members.as_raw_fd());
        // SAFETY: between fork and exec only async-signal-safe system calls are made.
        unsafe {
            command.pre_exec(move || {
                libc::setsid();
                if let Some(members) = members {
                    libc::write(members, b"0".as_ptr().cast(), 1);
                }
                let now = libc::personality(0xffff_ffff);
                if now >= 0 {
                    libc::personality(
                        now as libc::c_ulong | libc::ADDR_NO_RANDOMIZE as libc::c_ulong,
                    );
                }
                Ok(())
            });
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (command, members);
}

/// Waits until the file of a kernel's own file system says something else, at most `timeout`.
pub fn await_change(file: BorrowedFd<'_>, timeout: Duration) -> io::Result<()> {
    wait_for(file, libc::POLLPRI, timeout).map(drop)
}

/// A process that keeps its number until this is closed, whatever becomes of it.
#[derive(Debug)]
pub struct Process(OwnedFd);

impl Process {
    /// # Errors
    /// Where there is no such process, or no such call (Linux before 5.3, other systems).
    pub fn open(number: u32) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        {
            // SAFETY: plain numbers go in, a descriptor or an error comes out.
            let fd = retry(|| unsafe { libc::syscall(libc::SYS_pidfd_open, number, 0) as isize })?;
            // SAFETY: the descriptor is new and nobody else's.
            Ok(Self(unsafe { OwnedFd::from_raw_fd(fd as RawFd) }))
        }
        #[cfg(not(target_os = "linux"))]
        {
            let _ = number;
            Err(io::ErrorKind::Unsupported.into())
        }
    }

    /// Kills it; nothing happens where it is dead already.
    pub fn kill(&self) {
        #[cfg(target_os = "linux")]
        // SAFETY: the descriptor is open, and no signal data is given.
        unsafe {
            libc::syscall(
                libc::SYS_pidfd_send_signal,
                self.0.as_raw_fd(),
                libc::SIGKILL,
                std::ptr::null::<libc::siginfo_t>(),
                0,
            );
        }
    }

    /// Waits for its end, at most `timeout`: whether it came. Who started it has still to reap it.
    pub fn await_end(&self, timeout: Duration) -> bool {
        wait_for(self.0.as_fd(), libc::POLLIN, timeout).unwrap_or(false)
    }
}

/// Whether one of the events came within `timeout`.
fn wait_for(fd: BorrowedFd<'_>, events: libc::c_short, timeout: Duration) -> io::Result<bool> {
    let mut entry = libc::pollfd {
        fd: fd.as_raw_fd(),
        events,
        revents: 0,
    };
    let wait = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
    let ready = retry(|| {
        // SAFETY: pointer and count are those of one live entry.
        unsafe { libc::poll(&raw mut entry, 1, wait) as isize }
    })?;
    Ok(ready > 0)
}

fn retry(mut call: impl FnMut() -> isize) -> io::Result<usize> {
    loop {
        match usize::try_from(call()) {
            Ok(n) => return Ok(n),
            Err(_) => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn poll_tells_which_end_has_data_and_leaves_out_negative_ones() {
        let (a, b) = UnixStream::pair().unwrap();
        let (idle, _keep) = UnixStream::pair().unwrap();
        send(&b, b"x").unwrap();
        assert_eq!(
            poll([a.as_raw_fd(), idle.as_raw_fd(), -1], [false; 3], 0).unwrap(),
            [true, false, false]
        );
    }

    /// The process that the next test starts: its SIGPIPE is the default, as in many commands.
    #[test]
    #[ignore = "started by the test below"]
    fn writer_to_a_closed_pipe() {
        // SAFETY: to set a signal to its default runs no code of ours.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
        block_sigpipe();
        let (reader, mut feed) = crate::capture::Feed::new().unwrap();
        drop(reader);
        feed.push(b"x");
        assert_eq!(feed.fd(), -1);
    }

    #[test]
    fn a_closed_pipe_does_not_end_the_process() {
        let status = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "sys::tests::writer_to_a_closed_pipe",
                "--ignored",
            ])
            .stdout(std::process::Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "{status}");
    }

    #[test]
    fn data_and_descriptors_are_sent_and_a_gone_peer_is_an_error() {
        let (mut a, b) = UnixStream::pair().unwrap();
        let fds = [b.as_fd(); JOB_FDS];
        send_with_fds(&b, b"hello", fds).unwrap();
        let mut got = [0; 5];
        a.read_exact(&mut got).unwrap();
        assert_eq!(&got, b"hello");
        drop(a);
        let gone = send_with_fds(&b, b"hello", [b.as_fd(); JOB_FDS]);
        assert_eq!(gone.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
