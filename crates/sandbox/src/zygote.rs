//! One warm interpreter: started, greeted, and ended.

use crate::group::Group;
use crate::pipes::PATIENCE;
use crate::remains::{self, Mark};
use crate::sys::{self, Process};
use crate::wire::Nonce;
use crate::{Config, Error, Level, Limits, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::io::{self, Read, Seek};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The interpreter's side: one text, run by `python -c`.
const SOURCE: &str = concat!(
    include_str!("python/layers.py"),
    include_str!("python/encode.py"),
    include_str!("python/program.py"),
    include_str!("python/child.py"),
    include_str!("python/batch.py"),
    include_str!("python/clock.py"),
    include_str!("python/zygote.py"),
);

/// Imports may come from a slow disk.
const START_TIMEOUT: Duration = Duration::from_secs(180);
/// How long a zygote that has been told to go may take before it is killed.
const END_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest message that is taken from a zygote.
const MAX_MESSAGE: usize = 1 << 16;

/// A process that forks a child for each program.
#[derive(Debug)]
pub struct Zygote {
    process: Child,
    pub control: UnixStream,
    pub protection: String,
    pub level: Level,
    pub interpreter: String,
    /// Whether a child with one program can run while that of the batch tier waits.
    pub beside: bool,
    /// Whether the child of the batch tier has ended while another ran.
    pub batch_ended: bool,
    secret: [u8; 32],
    jobs: u64,
    group: Option<Group>,
    mark: Mark,
    _cwd: tempfile::TempDir,
}

/// What a zygote says: the CPU time of its child, or an account of its child's end.
#[derive(Debug, Deserialize, Default)]
#[serde(default)]
pub struct Message {
    /// CPU seconds of the child that runs, as asked for; -1 where it has ended.
    pub cpu: Option<f64>,
    pub refused: Option<String>,
    /// Whether the child was that of the batch tier.
    pub batch: bool,
    pub killed: Option<String>,
    pub signal: i32,
    pub code: i32,
    pub cpu_ms: f64,
    pub wall_ms: f64,
    pub peak_kb: u64,
}

#[derive(Deserialize)]
struct Greeting {
    protection: String,
    interpreter: String,
    beside: bool,
}

impl Zygote {
    /// Starts an interpreter that has imported `preload`.
    ///
    /// # Errors
    /// [`Error::Start`] with the interpreter's own last words.
    pub fn start(
        python: &Path,
        config: &Config,
        preload: &[String],
        isolate: bool,
    ) -> Result<Self> {
        let cwd = new_cwd(config)?;
        let (control, theirs) = UnixStream::pair().map_err(Error::system("make a socket"))?;
        let mut talk = tempfile::tempfile().map_err(Error::system("make a temporary file"))?;
        let group = Group::make(config)?;
        let [secret, word] = random_bytes().map_err(Error::system("read /dev/urandom"))?;
        let word = blake3::Hash::from_bytes(word).to_hex().to_string();
        let setup = serde_json::json!({
            "preload": preload, "site": config.site, "namespaces": isolate, "landlock": isolate, "seccomp": isolate,
            "memory_group": group.as_ref().is_some_and(Group::bounds_memory), "mark": word,
            "count_changes": config.count_changes, "frozen_clock": config.frozen_clock, "random_seed": config.random_seed, "forbidden": caco_program::routing::forbidden_names(),
        });
        let mut command = Command::new(python);
        command
            .args(["-s", "-B", "-X", "utf8", "-c", SOURCE])
            .arg(setup.to_string())
            .env_clear()
            .envs([
                ("PYTHONHASHSEED", config.hash_seed.to_string().as_str()),
                ("TZ", "UTC"),
                ("LC_ALL", "C.UTF-8"),
            ])
            .envs([
                ("OPENBLAS_NUM_THREADS", "1"),
                ("OMP_NUM_THREADS", "1"),
                ("MKL_NUM_THREADS", "1"),
                // Ten times its default: a tenth less time, and the same answers.
                ("SYMPY_CACHE_SIZE", "10000"),
            ])
            // The interpreter itself may need it; programs do not see it.
            .envs(std::env::var_os("LD_LIBRARY_PATH").map(|path| ("LD_LIBRARY_PATH", path)))
            .current_dir(cwd.path())
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(
                talk.try_clone()
                    .map_err(Error::system("duplicate a descriptor"))?,
            );
        sys::set_apart(&mut command, group.as_ref().map(Group::members));
        let failed = |detail: String| Error::Start {
            python: python.into(),
            detail,
        };
        let process = command
            .spawn()
            .map_err(|e| failed(format!("it cannot be run: {e}")))?;
        drop(command); // and with it their end of the socket
        let mark = Mark {
            session: process.id(),
            word,
        };
        let mut zygote = Self {
            process,
            control,
            protection: String::new(),
            level: Level::Limits,
            interpreter: String::new(),
            beside: false,
            batch_ended: false,
            secret,
            jobs: 0,
            group: None,
            mark,
            _cwd: cwd,
        };
        if let Some(group) = group {
            zygote.join(group, config)?;
        }
        match zygote.receive::<Greeting>(START_TIMEOUT) {
            Ok(greeting) => {
                zygote.level = Level::of(&greeting.protection);
                zygote.protection = greeting.protection;
                for layer in zygote.group.iter().flat_map(Group::layers) {
                    zygote.protection.push(',');
                    zygote.protection.push_str(layer);
                }
                zygote.interpreter = greeting.interpreter;
                zygote.beside = greeting.beside;
                Ok(zygote)
            }
            Err(error) => {
                drop(zygote);
                let mut words = String::new();
                let read = talk.rewind().and_then(|()| talk.read_to_string(&mut words));
                let tail: Vec<&str> = words.lines().rev().take(6).collect();
                let tail: Vec<&str> = tail.into_iter().rev().collect();
                Err(failed(match read {
                    Ok(_) if !tail.is_empty() => tail.join("\n"),
                    _ => format!("it ended without a word ({error})"),
                }))
            }
        }
    }

    /// Keeps the group that the process was to enter, if it did.
    fn join(&mut self, group: Group, config: &Config) -> Result<()> {
        if group.holds(self.process.id()) {
            self.group = Some(group);
        } else if let Some(path) = &config.cgroup {
            return Err(Error::Folder {
                action: "cannot move a process into a control group in",
                path: path.clone(),
                source: io::ErrorKind::PermissionDenied.into(),
            });
        }
        Ok(())
    }

    /// Bounds what all processes of a program may use together, where a control group can.
    ///
    /// # Errors
    /// Where the bound cannot be set.
    pub fn bound(&mut self, limits: &Limits) -> io::Result<()> {
        match &mut self.group {
            Some(group) => {
                group.ran_out_of_memory(); // what came before was another's
                group.bound_memory(limits.memory_mb)
            }
            None => Ok(()),
        }
    }

    /// Whether a process was killed since the last call because all of them together met that bound.
    pub fn ran_out_of_memory(&mut self) -> bool {
        self.group.as_mut().is_some_and(Group::ran_out_of_memory)
    }

    /// Ties a result to its program: no program has seen it before.
    pub fn new_nonce(&mut self) -> Nonce {
        self.jobs += 1;
        let hash = blake3::keyed_hash(&self.secret, &self.jobs.to_le_bytes());
        let mut nonce = [0; 16];
        nonce.copy_from_slice(hash.as_bytes().first_chunk::<16>().unwrap_or(&[0; 16]));
        nonce
    }

    /// The next message of the zygote.
    pub fn receive<T: DeserializeOwned>(&mut self, timeout: Duration) -> io::Result<T> {
        self.control.set_read_timeout(Some(timeout))?;
        let mut size = [0; 4];
        self.control.read_exact(&mut size)?;
        let size = u32::from_le_bytes(size) as usize;
        if size > MAX_MESSAGE {
            return Err(io::Error::other(
                "a message of the interpreter process is too long",
            ));
        }
        let mut text = vec![0; size];
        self.control.read_exact(&mut text)?;
        serde_json::from_slice(&text).map_err(io::Error::other)
    }

    /// Waits for the report of the child of the batch tier, which has been told to end; false where none comes.
    pub fn await_report(&mut self) -> bool {
        loop {
            match self.receive::<Message>(PATIENCE) {
                Ok(Message {
                    cpu: None,
                    batch: true,
                    ..
                }) => return true,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    }

    /// Asks for the CPU time of the child of the batch tier; the answer is a [`Message`].
    pub fn ask_cpu(&self) {
        let _ = sys::send(&self.control, b"C");
    }

    /// Asks for the death of the child that has one program.
    pub fn kill_program(&self) {
        // A zygote that is gone has taken the child with it.
        let _ = sys::send(&self.control, b"K");
    }

    /// Asks for the death of the child of the batch tier.
    pub fn kill_batch(&self) {
        let _ = sys::send(&self.control, b"B");
    }
}

impl Drop for Zygote {
    /// Ends the zygote and everything below it; returns when they are gone.
    fn drop(&mut self) {
        let until = Instant::now() + END_TIMEOUT;
        let _ = self.control.shutdown(std::net::Shutdown::Write);
        let quiet = self.control.set_read_timeout(Some(END_TIMEOUT));
        let mut rest = [0; 256];
        let left = loop {
            match self.control.read(&mut rest) {
                Ok(0) if quiet.is_ok() => break until.saturating_duration_since(Instant::now()),
                Ok(n) if n > 0 => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                _ => break Duration::ZERO,
            }
        };
        // The first process outlives the zygote to sweep up after it, unless a program has stopped it.
        let process = Process::open(self.process.id());
        if !process.is_ok_and(|process| process.await_end(left)) {
            let _ = self.process.kill();
        }
        drop(self.group.take());
        if !self.protection.contains("pidns") {
            remains::sweep(&self.mark);
        }
        let _ = self.process.wait();
    }
}

fn new_cwd(config: &Config) -> Result<tempfile::TempDir> {
    let parent = config.scratch.clone().unwrap_or_else(std::env::temp_dir);
    std::fs::create_dir_all(&parent)
        .and_then(|()| {
            tempfile::Builder::new()
                .prefix("caco-sandbox-")
                .tempdir_in(&parent)
        })
        .map_err(|source| Error::Folder {
            action: "cannot create a working folder in",
            path: parent,
            source,
        })
}

/// Two secrets.
fn random_bytes() -> io::Result<[[u8; 32]; 2]> {
    let mut bytes = [[0; 32]; 2];
    let mut source = std::fs::File::open("/dev/urandom")?;
    for part in &mut bytes {
        source.read_exact(part)?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a program may have left is found by counting: with a second child, all are killed.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_waiting_child_stays_only_where_nothing_else_is_left() {
        let (functions, _) = SOURCE.trim_end().rsplit_once("main()").unwrap();
        let script = r#"
def waiting():
    pid = os.fork()
    if pid == 0:
        signal.pause()
    return pid

assert only_child() is False
batch = waiting()
assert only_child() is True
assert only_child("/nowhere") is False
prctl(PR_SET_CHILD_SUBREAPER, 1)
middle = os.fork()
if middle == 0:
    waiting()
    os._exit(0)
os.waitpid(middle, 0)
assert only_child() is False
sweep(None, False)
"#;
        let config = Config::default();
        let python =
            std::env::var_os("CACO_TEST_PYTHON").map_or(config.python, std::path::PathBuf::from);
        let output = Command::new(python)
            .args(["-c", &format!("{functions}{script}")])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
