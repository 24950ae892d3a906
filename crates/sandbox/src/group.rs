//! A control group (cgroup v2) for each interpreter process: one stroke kills all that is in it, whatever sessions, parents
//! and names its processes took, and its controllers bound what they use together. Groups are made below the configured
//! group or our own; where that cannot be written, there are none.

use crate::{Config, Error, Result, sys};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const PREFIX: &str = "caco-sandbox-";
/// Processes and threads in one group: as many as in a pid namespace.
const MOST_PROCESSES: u32 = 400;
/// What a group may use beyond the memory of its program: the interpreter process and its modules, in MiB.
const FOR_INTERPRETER_MB: u64 = 512;
/// How long killed processes may take to go.
const PATIENCE: Duration = Duration::from_secs(5);

/// One group. It is locked as long as it lives, so that others can tell it from one whose supervisor was killed.
#[derive(Debug)]
pub struct Group {
    folder: PathBuf,
    kill: File,
    events: File,
    members: File,
    memory_mb: u64,
    memory_kills: u64,
    bounds: Vec<&'static str>,
    _lock: File,
}

/// Where groups are made: the folder that the settings name, else that of the group that this process is in.
fn parent(config: &Config) -> Option<PathBuf> {
    config.cgroup.clone().or_else(|| {
        let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
        let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
        own_folder(&groups, &mounts)
    })
}

/// The folder of a process's group in the v2 hierarchy, from its `cgroup` and `mountinfo`.
fn own_folder(groups: &str, mounts: &str) -> Option<PathBuf> {
    let own = groups.lines().find_map(|line| line.strip_prefix("0::"))?;
    mounts.lines().find_map(|line| {
        let (mount, kind) = line.split_once(" - ")?;
        if kind.split(' ').next() != Some("cgroup2") {
            return None;
        }
        let mut words = mount.split(' ').skip(3);
        let (root, point) = (words.next()?, words.next()?.replace("\\040", " "));
        // A mount may show a part of the hierarchy alone.
        let below = Path::new(own).strip_prefix(root).ok()?;
        let outside = below.components().any(|part| part.as_os_str() == "..");
        (!outside).then(|| Path::new(&point).join(below))
    })
}

impl Group {
    /// A new group; `None` where there can be none and the settings name none.
    ///
    /// # Errors
    /// [`Error::Folder`] where the group that the settings name cannot be used.
    pub fn make(config: &Config) -> Result<Option<Self>> {
        let Some(parent) = parent(config) else {
            return Ok(None);
        };
        match Self::below(&parent, config.cgroup.is_some()) {
            Ok(group) => Ok(Some(group)),
            Err(source) if config.cgroup.is_some() => Err(Error::Folder {
                action: "cannot make a control group (cgroup v2, Linux 5.14 or later) in",
                path: parent,
                source,
            }),
            Err(_) => Ok(None),
        }
    }

    fn below(parent: &Path, hand_down: bool) -> io::Result<Self> {
        if hand_down {
            // A group that holds processes itself cannot hand controllers down, nor one that has none.
            for controller in ["+memory", "+pids"] {
                let _ = write(&parent.join("cgroup.subtree_control"), controller);
            }
        }
        // Between its making and its locking another may take a group for a dead one's and remove it.
        let mut result = Err(io::Error::other("others remove it"));
        for _ in 0..8 {
            let folder = tempfile::Builder::new()
                .prefix(PREFIX)
                .tempdir_in(parent)?
                .keep();
            result = Self::open(&folder);
            let Err(error) = &result else { break };
            let _ = fs::remove_dir(&folder);
            if !matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::WouldBlock
            ) {
                break;
            }
        }
        let mut group = result?;
        if group.write("pids.max", &MOST_PROCESSES.to_string()).is_ok() {
            group.bounds.push("cgroup_pids");
        }
        if group.write("memory.max", "max").is_ok() {
            // Else what does not fit would go there.
            let _ = group.write("memory.swap.max", "0");
            group.bounds.push("cgroup_memory");
        }
        Ok(group)
    }

    /// Takes a group over; an error where another holds it.
    fn open(folder: &Path) -> io::Result<Self> {
        let lock = File::open(folder)?;
        lock.try_lock()?;
        let to_write = |name: &str| OpenOptions::new().write(true).open(folder.join(name));
        Ok(Self {
            folder: folder.into(),
            kill: to_write("cgroup.kill")?,
            members: to_write("cgroup.procs")?,
            events: File::open(folder.join("cgroup.events"))?,
            memory_mb: 0,
            memory_kills: 0,
            bounds: Vec::new(),
            _lock: lock,
        })
    }

    fn write(&self, name: &str, value: &str) -> io::Result<()> {
        write(&self.folder.join(name), value)
    }

    /// Where a process writes `0` to become a member.
    pub fn members(&self) -> BorrowedFd<'_> {
        self.members.as_fd()
    }

    /// Whether a process is a member.
    pub fn holds(&self, process: u32) -> bool {
        let numbers = fs::read_to_string(self.folder.join("cgroup.procs")).unwrap_or_default();
        numbers.lines().any(|line| line.parse() == Ok(process))
    }

    /// The names of what it does, as in [`Outcome::protection`](crate::Outcome::protection).
    pub fn layers(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once("cgroup").chain(self.bounds.iter().copied())
    }

    /// Whether it bounds memory.
    pub fn bounds_memory(&self) -> bool {
        self.bounds.contains(&"cgroup_memory")
    }

    /// Bounds the memory of the interpreter process and of a program that may use `memory_mb`.
    ///
    /// # Errors
    /// Where the bound cannot be set.
    pub fn bound_memory(&mut self, memory_mb: u64) -> io::Result<()> {
        if self.bounds_memory() && self.memory_mb != memory_mb {
            let bytes = memory_mb.saturating_add(FOR_INTERPRETER_MB) << 20;
            self.write("memory.max", &bytes.to_string())?;
            self.memory_mb = memory_mb;
        }
        Ok(())
    }

    /// Whether members were killed since the last call because the bound on memory was met.
    pub fn ran_out_of_memory(&mut self) -> bool {
        let events = match self.bounds_memory() {
            true => fs::read_to_string(self.folder.join("memory.events")).unwrap_or_default(),
            false => String::new(),
        };
        let mut lines = events.lines();
        let kills = lines.find_map(|line| line.strip_prefix("oom_kill ")?.parse().ok());
        let before = std::mem::replace(&mut self.memory_kills, kills.unwrap_or_default());
        self.memory_kills > before
    }

    /// Kills every member and waits until they are dead; whether they are.
    pub fn kill(&mut self) -> bool {
        let until = Instant::now() + PATIENCE;
        if self.kill.write_all(b"1").is_err() {
            return false;
        }
        loop {
            let mut events = String::new();
            let read = self
                .events
                .rewind()
                .and_then(|()| self.events.read_to_string(&mut events));
            if read.is_err() || events.lines().any(|line| line == "populated 0") {
                return read.is_ok();
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || sys::await_change(self.events.as_fd(), left).is_err() {
                return false;
            }
        }
    }
}

/// Writes to a file that is there already.
fn write(path: &Path, value: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.write_all(value.as_bytes())
}

impl Drop for Group {
    /// Kills what is left and removes the group. What cannot be removed now is at the next start.
    fn drop(&mut self) {
        self.kill();
        remove(&self.folder);
    }
}

/// Removes a group and those that its members may have made in it.
fn remove(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove(&entry.path());
        }
    }
    let _ = fs::remove_dir(folder);
}

/// Kills and removes what supervisors that were killed have left.
pub fn sweep(config: &Config) {
    let Some(parent) = parent(config) else {
        return;
    };
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name.to_string_lossy().starts_with(PREFIX)
            && entry.file_type().is_ok_and(|kind| kind.is_dir())
        {
            // Nobody holds the lock of a dead one's; dropped, the group is killed and removed.
            drop(Group::open(&entry.path()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
23 1 8:1 / / rw - ext4 /dev/sda rw
41 31 0:38 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
42 31 0:39 / /sys/fs/cgroup\\040two rw,relatime shared:9 - cgroup2 cgroup2 rw";

    #[test]
    fn the_own_group_is_found_in_the_second_version_of_the_hierarchy() {
        let found = |groups| own_folder(groups, MOUNTS);
        assert_eq!(
            found("4:memory:/x\n0::/user.slice/a.scope\n"),
            Some("/sys/fs/cgroup two/user.slice/a.scope".into())
        );
        assert_eq!(found("0::/\n"), Some("/sys/fs/cgroup two/".into()));
        assert_eq!(found("4:memory:/x\n"), None);
        assert_eq!(
            own_folder("0::/\n", "23 1 8:1 / / rw - ext4 /dev/sda rw"),
            None
        );
    }

    #[test]
    fn a_mount_of_a_part_shows_only_what_is_below_it() {
        let part = "42 31 0:39 /pods/a /sys/fs/cgroup rw - cgroup2 cgroup2 rw";
        assert_eq!(
            own_folder("0::/pods/a/b\n", part),
            Some("/sys/fs/cgroup/b".into())
        );
        assert_eq!(own_folder("0::/other\n", part), None);
        let root = "42 31 0:39 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw";
        assert_eq!(
            own_folder("0::/../other\n", root),
            None,
            "beyond the namespace"
        );
    }
}
