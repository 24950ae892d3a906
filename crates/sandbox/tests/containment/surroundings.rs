//! What lies around a pool and must stay as it was: files, listeners, processes.

use crate::case::has_any;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io::ErrorKind;
use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};

/// Files, listeners and a mark by which the pool's processes are known.
pub struct Surroundings {
    folder: tempfile::TempDir,
    pub site: PathBuf,
    pub scratch: PathBuf,
    outside: PathBuf,
    tcp: TcpListener,
    udp: UdpSocket,
    unix: UnixListener,
    abstract_name: String,
    abstract_unix: UnixListener,
}

impl Surroundings {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [site, scratch, outside] =
            ["packages", "scratch", "outside"].map(|name| folder.path().join(name));
        fs::create_dir_all(&site).unwrap();
        fs::create_dir_all(&scratch).unwrap();
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let unix = UnixListener::bind(folder.path().join("socket")).unwrap();
        let abstract_name = format!(
            "caco-containment-{}-{}",
            std::process::id(),
            tcp.local_addr().unwrap().port()
        );
        let address = SocketAddr::from_abstract_name(&abstract_name).unwrap();
        let abstract_unix = UnixListener::bind_addr(&address).unwrap();
        tcp.set_nonblocking(true).unwrap();
        udp.set_nonblocking(true).unwrap();
        unix.set_nonblocking(true).unwrap();
        abstract_unix.set_nonblocking(true).unwrap();
        let made = Self {
            folder,
            site,
            scratch,
            outside,
            tcp,
            udp,
            unix,
            abstract_name,
            abstract_unix,
        };
        made.lay_out();
        made
    }

    /// The files outside, as new.
    fn lay_out(&self) {
        let _ = fs::remove_dir_all(&self.outside);
        fs::create_dir_all(&self.outside).unwrap();
        fs::write(self.outside.join("victim"), "whole").unwrap();
    }

    /// A program with the names of this place put in.
    pub fn fill(&self, program: &str) -> String {
        let port = |address: std::net::SocketAddr| address.port().to_string();
        program
            .replace("{OUTSIDE}", &self.outside.to_string_lossy())
            .replace("{TCP}", &port(self.tcp.local_addr().unwrap()))
            .replace("{UDP}", &port(self.udp.local_addr().unwrap()))
            .replace(
                "{UNIX}",
                &self.folder.path().join("socket").to_string_lossy(),
            )
            .replace("{ABSTRACT}", &self.abstract_name)
            .replace("{SUPERVISOR}", &std::process::id().to_string())
    }

    /// What of it changed although a layer that forbids it was in force. Then everything is as new again.
    pub fn changes(&self, protection: &str) -> Vec<String> {
        let mut found = Vec::new();
        let files = has_any(protection, "landlock|readonly_tree");
        if files {
            let victim = self.outside.join("victim");
            let names = names_below(&self.outside);
            if names != ["victim"] {
                found.push(format!("files outside: {names:?}"));
            } else if fs::read_to_string(&victim).unwrap_or_default() != "whole"
                || victim.metadata().unwrap().nlink() != 1
            {
                found.push("a file outside was changed".into());
            }
            let strays: Vec<String> = names_below(&self.scratch)
                .into_iter()
                .filter(|name| name.contains('/') || !name.starts_with("caco-sandbox-"))
                .collect();
            if !strays.is_empty() {
                found.push(format!("files in the scratch folder: {strays:?}"));
            }
        } else {
            self.lay_out();
        }
        let reached = self.drain();
        if !reached.is_empty() && has_any(protection, "netns|seccomp") {
            found.push(format!("reached over the network: {reached:?}"));
        }
        found
    }

    /// Which of the listeners were reached since last time.
    fn drain(&self) -> Vec<&'static str> {
        let mut reached = Vec::new();
        let mut byte = [0; 8];
        let mut note = |name, result: std::io::Result<()>| match result {
            Ok(()) => reached.push(name),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => panic!("{name}: {error}"),
        };
        note("tcp", self.tcp.accept().map(drop));
        note("udp", self.udp.recv(&mut byte).map(drop));
        note("unix", self.unix.accept().map(drop));
        note("abstract", self.abstract_unix.accept().map(drop));
        reached
    }

    /// Numbers of the pool's processes, zombies among them.
    pub fn processes(&self) -> HashSet<u32> {
        family(&self.site, &self.scratch)
    }

    pub fn scratch_is_empty(&self) -> bool {
        names_below(&self.scratch).is_empty()
    }
}

/// Everything below a folder, by relative name, in order.
fn names_below(folder: &Path) -> Vec<String> {
    let mut names = BTreeMap::new();
    let mut left = vec![folder.to_path_buf()];
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                left.push(path.clone());
            }
            let name = path.strip_prefix(folder).unwrap().to_string_lossy();
            names.insert(name.into_owned(), ());
        }
    }
    names.into_keys().collect()
}

/// The parent of the kernel's own threads.
const KERNEL: u32 = 2;

/// Processes that name `site` in their command line, or stand in `scratch`, and all that descend from them.
fn family(site: &Path, scratch: &Path) -> HashSet<u32> {
    let own = std::process::id();
    let mark = site.to_string_lossy();
    let mut parents: HashMap<u32, u32> = HashMap::new();
    let mut found = HashSet::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else {
            continue;
        };
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let parent = stat.rsplit(')').next().and_then(|rest| {
            let mut words = rest.split_whitespace().skip(1);
            words.next()?.parse().ok()
        });
        let Some(parent) = parent else { continue };
        if parent == KERNEL {
            continue;
        }
        parents.insert(pid, parent);
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let stands = fs::read_link(entry.path().join("cwd"));
        if String::from_utf8_lossy(&line).contains(&*mark)
            || stands.is_ok_and(|cwd| cwd.starts_with(scratch))
        {
            found.insert(pid);
        }
    }
    found.remove(&own);
    loop {
        let before = found.len();
        for (pid, parent) in &parents {
            if found.contains(parent) {
                found.insert(*pid);
            }
        }
        if found.len() == before {
            return found;
        }
    }
}
