//! A trained checkpoint behind a server that is started for it, on the first question, and stopped when the stage ends.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::runtime::Runtime;

use crate::config::{self, PromptSet, Sampling, Serve, ServeKind};
use crate::generator::{Answer, Ask, Form, Generator, Held, Listener};
use crate::server::Server;
use crate::trainer::{fill, last_lines, stop_group};
use crate::{CallState, Error};

/// How often the process and its health are looked at.
const TICK: Duration = Duration::from_millis(200);
/// How long a server may take to end by itself when it is told to.
const GRACE: Duration = Duration::from_secs(20);

/// Runs the command after the first word, and ends it with its whole process group when our end of its standard input closes,
/// as it does when we are killed: a server must not hold a GPU for nobody.
const WRAPPER: &str = r#"exec 3<&0
"$@" </dev/null 3<&- &
server=$!
( trap '' TERM; cat <&3 >/dev/null; kill -TERM 0; sleep 20; kill -KILL 0 ) &
guard=$!
exec 3<&-
wait "$server"
code=$?
kill -KILL "$guard"
exit "$code""#;

/// A checkpoint, and how it is served.
pub(crate) struct Checkpoint<'a> {
    /// The model's name in messages.
    pub(crate) name: &'a str,
    pub(crate) folder: &'a str,
    /// Names the checkpoint's content.
    pub(crate) id: &'a str,
    pub(crate) prompts: PromptSet,
    pub(crate) open_user: Option<&'a String>,
    /// What ends a program that stands in an open user turn.
    pub(crate) close_user: &'a str,
}

/// A model that a server of ours answers for.
pub(crate) struct Served {
    name: String,
    folder: String,
    serve: Serve,
    close_user: String,
    /// The server's settings, but for its address.
    settings: config::Server,
    /// Speaks for the model while no server runs.
    scribe: Server,
    runtime: Arc<Runtime>,
    log: PathBuf,
    running: Mutex<Option<Arc<Running>>>,
}

impl Served {
    /// Nothing is started yet. The server's output goes to `log`.
    pub(crate) fn new(
        checkpoint: &Checkpoint<'_>,
        serve: &Serve,
        log: PathBuf,
        runtime: Arc<Runtime>,
    ) -> Self {
        let mut own = serve.client.clone();
        let short: String = checkpoint
            .id
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(16)
            .collect();
        own.model = format!("caco-{short}");
        let settings = config::Server {
            prompts: checkpoint.prompts,
            family: None,
            open_user: checkpoint.open_user.cloned(),
            samples_per_call: serve.samples_per_call,
            settings: own,
        };
        Self {
            name: checkpoint.name.to_owned(),
            folder: checkpoint.folder.to_owned(),
            serve: serve.clone(),
            close_user: checkpoint.close_user.to_owned(),
            scribe: Server::new(checkpoint.name, &settings, Arc::clone(&runtime)),
            settings,
            runtime,
            log,
            running: Mutex::new(None),
        }
    }

    /// The server, which is started unless it runs.
    fn running(&self, stop: &AtomicBool) -> Result<Arc<Running>, Error> {
        let mut held = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = &*held {
            return Ok(Arc::clone(running));
        }
        let running = Arc::new(self.start(stop)?);
        *held = Some(Arc::clone(&running));
        Ok(running)
    }

    fn start(&self, stop: &AtomicBool) -> Result<Running, Error> {
        let port = match self.serve.port {
            0 => TcpListener::bind(("127.0.0.1", 0))
                .and_then(|listener| listener.local_addr())
                .map_err(|error| Error::io("find a free port for", Path::new("the server"), error))?
                .port(),
            port => port,
        };
        let values = BTreeMap::from([
            ("{model}", self.folder.clone()),
            ("{name}", self.settings.settings.model.clone()),
            ("{host}", "127.0.0.1".to_owned()),
            ("{port}", port.to_string()),
        ]);
        let mut settings = self.settings.clone();
        settings.settings.base_url = vec![format!("http://127.0.0.1:{port}/v1")];
        let server = Server::new(&self.name, &settings, Arc::clone(&self.runtime));
        let health = match &self.serve.health {
            Some(url) => fill(std::slice::from_ref(url), &values).concat(),
            None => format!("http://127.0.0.1:{port}/v1/models"),
        };
        if self.answers(&server, &health)? {
            return Err(self.error(
                format!("something answers at {health} already"),
                "set `serve.port` to a free one, or stop that server".into(),
            ));
        }
        let began = Instant::now();
        let keeper = Keeper::start(&self.serve, fill(&words(&self.serve), &values), &self.log)?;
        let running = Running { server, keeper };
        let patience = Duration::from_secs_f64(self.serve.start_seconds);
        while !self.answers(&running.server, &health)? {
            if stop.load(Ordering::Relaxed) {
                return Err(Error::Interrupted);
            }
            if running.keeper.given_up() {
                return Err(self.dead());
            }
            if began.elapsed() > patience {
                return Err(self.error(
                    format!(
                        "the server did not answer at {health} within {} s; its last lines:\n{}",
                        self.serve.start_seconds,
                        last_lines(&self.log)
                    ),
                    "raise `serve.start_seconds`, or correct `serve.health`".into(),
                ));
            }
            std::thread::sleep(TICK);
        }
        Ok(running)
    }

    fn answers(&self, server: &Server, health: &str) -> Result<bool, Error> {
        let client = server.client()?;
        Ok(self.runtime.block_on(client.answers(health)))
    }

    fn dead(&self) -> Error {
        self.error(
            format!(
                "the server on the checkpoint ended {} times; its last lines:\n{}",
                self.serve.restarts + 1,
                last_lines(&self.log)
            ),
            format!(
                "{} has all of them; when the cause is mended, `caco resume RUN` goes on",
                self.log.display()
            ),
        )
    }

    fn error(&self, message: String, hint: String) -> Error {
        Error::Model {
            name: self.name.clone(),
            message,
            hint,
        }
    }
}

/// The command of a kind of server, with its placeholders.
fn words(serve: &Serve) -> Vec<String> {
    let (module, model) = match serve.kind {
        ServeKind::Vllm => ("vllm.entrypoints.openai.api_server", "--model"),
        ServeKind::Sglang => ("sglang.launch_server", "--model-path"),
        ServeKind::Command => {
            return serve.command.iter().chain(&serve.args).cloned().collect();
        }
    };
    let fixed = [
        serve.python.as_str(),
        "-m",
        module,
        model,
        "{model}",
        "--served-model-name",
        "{name}",
        "--host",
        "{host}",
        "--port",
        "{port}",
    ];
    fixed
        .iter()
        .map(|word| (*word).to_owned())
        .chain(serve.args.iter().cloned())
        .collect()
}

impl Generator for Served {
    fn id(&self) -> &str {
        self.scribe.id()
    }

    fn chat(&self, user: &str) -> Result<(Form, String), Error> {
        self.scribe.chat(user)
    }

    fn open_user(&self) -> String {
        self.scribe.open_user()
    }

    fn prompts(&self) -> PromptSet {
        self.scribe.prompts()
    }

    fn width(&self) -> usize {
        self.scribe.width()
    }

    fn generate(
        &self,
        asks: &[Ask],
        sampling: &Sampling,
        listener: &dyn Listener,
        stop: &AtomicBool,
    ) -> Result<(), Error> {
        let running = self.running(stop)?;
        let mut sampling = sampling.clone();
        // A base model's end of text is not the end of a turn.
        if asks.iter().any(|ask| ask.form == Form::Raw) && !sampling.stop.contains(&self.close_user)
        {
            sampling.stop.push(self.close_user.clone());
        }
        let keeper = &running.keeper;
        let listener = Watched { listener, keeper };
        match running.server.generate(asks, &sampling, &listener, stop) {
            Err(Error::Interrupted) if keeper.given_up() => Err(self.dead()),
            other => other,
        }
    }

    fn rest(&self) {
        let running = self
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        drop(running);
    }

    fn body(&self, ask: &Ask, sampling: &Sampling) -> Result<(&'static str, Value), Error> {
        self.scribe.body(ask, sampling)
    }

    fn read(&self, status: u16, body: &[u8]) -> Result<Answer, String> {
        self.scribe.read(status, body)
    }
}

/// Ends the questions of a server that is gone for good.
struct Watched<'a> {
    listener: &'a dyn Listener,
    keeper: &'a Keeper,
}

impl Listener for Watched<'_> {
    fn sent(&self, n: usize) -> Result<(), Error> {
        self.listener.sent(n)
    }

    fn reply(&self, n: usize, answer: Answer, held: Held) -> Result<(), Error> {
        self.listener.reply(n, answer, held)
    }

    fn has_replies(&self, model: &str) -> bool {
        self.listener.has_replies(model)
    }

    fn gone(&self, n: usize) {
        self.listener.gone(n);
    }

    fn progress(&self, done: usize, tokens: usize) {
        self.listener.progress(done, tokens);
    }

    fn over(&self) -> bool {
        self.keeper.given_up() || self.listener.over()
    }

    fn state(&self, state: &CallState) {
        self.listener.state(state);
    }
}

/// A server that runs, and its client.
struct Running {
    server: Server,
    keeper: Keeper,
}

/// Keeps a server's process alive until it is dropped.
struct Keeper {
    stop: Arc<AtomicBool>,
    given_up: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    fn start(serve: &Serve, command: Vec<String>, log: &Path) -> Result<Self, Error> {
        if let Some(folder) = log.parent() {
            crate::atomic::create_dir(folder)?;
        }
        let failed = |error| Error::io("write", log, error);
        let out = OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)
            .map_err(failed)?;
        let env = serve.env.clone();
        let spawn = move || spawn(&command, &env, &out);
        let first = spawn().map_err(|error| Error::io("start a shell for", log, error))?;
        let (stop, given_up) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicBool::new(false)),
        );
        let restarts = serve.restarts;
        let (own_stop, own_given_up) = (Arc::clone(&stop), Arc::clone(&given_up));
        let thread = std::thread::Builder::new()
            .name("caco-serve".into())
            .spawn(move || {
                let (mut child, mut restarted) = (first, 0);
                loop {
                    if own_stop.load(Ordering::Relaxed) {
                        let pid = child.id();
                        stop_group(pid, &mut || !matches!(child.try_wait(), Ok(None)), GRACE);
                        return;
                    }
                    if !matches!(child.try_wait(), Ok(None)) {
                        let again = restarted < restarts;
                        restarted += 1;
                        // What it left behind would hold the port.
                        stop_group(child.id(), &mut || true, GRACE);
                        match again.then(&spawn) {
                            Some(Ok(next)) => child = next,
                            Some(Err(_)) | None => {
                                own_given_up.store(true, Ordering::Relaxed);
                                return;
                            }
                        }
                    }
                    std::thread::sleep(TICK);
                }
            })
            .map_err(|error| Error::io("start a thread for", log, error))?;
        Ok(Self {
            stop,
            given_up,
            thread: Some(thread),
        })
    }

    /// Whether the server ended more often than it is started again.
    fn given_up(&self) -> bool {
        self.given_up.load(Ordering::Relaxed)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn spawn(command: &[String], env: &BTreeMap<String, String>, out: &File) -> std::io::Result<Child> {
    Command::new("sh")
        .args(["-c", WRAPPER, "serve"])
        .args(command)
        .envs(env)
        // Closes when this process ends, however it ends.
        .stdin(Stdio::piped())
        .stdout(out.try_clone()?)
        .stderr(out.try_clone()?)
        .process_group(0)
        .spawn()
}
