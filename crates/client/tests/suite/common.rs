use caco_client::{
    Class, Client, Clock, Failure, Input, Message, Params, Reply, Request, Role, Settings, Tuning,
};
use caco_scripted::{Asked, Faults, Said, Server};
use std::sync::Arc;

/// A server that says what it was asked.
pub fn echo() -> Server {
    scripted(|asked| Said::text(format!("echo {}", asked.prompt.last())))
}

pub fn scripted(script: impl Fn(&Asked) -> Said + Send + Sync + 'static) -> Server {
    Server::start(Arc::new(script), Faults::none()).unwrap()
}

pub fn settings(servers: &[&Server]) -> Settings {
    Settings {
        base_url: servers.iter().map(|server| server.url()).collect(),
        model: "scripted".to_owned(),
        ..Settings::default()
    }
}

pub fn no_env(_: &str) -> Option<String> {
    None
}

/// A client whose waits take no time, and its clock.
pub fn client_of(settings: Settings) -> (Client, Clock) {
    let clock = Clock::leaping();
    let tuning = Tuning {
        clock: clock.clone(),
        ..Tuning::default()
    };
    (
        Client::with("solver", settings, &no_env, tuning).unwrap(),
        clock,
    )
}

pub fn client(server: &Server) -> Client {
    client_of(settings(&[server])).0
}

pub fn chat(text: &str) -> Request {
    Request {
        input: Input::Chat(vec![Message {
            role: Role::User,
            content: text.to_owned(),
        }]),
        params: Params::default(),
        seed: None,
    }
}

pub async fn reply(client: &Client, text: &str) -> Reply {
    client.ask(&chat(text)).await.unwrap().reply
}

/// A call in a task of its own, which drops the permit: whoever waits for the task later holds no slot meanwhile.
pub fn spawn(client: &Client, text: &str) -> tokio::task::JoinHandle<Result<Reply, Failure>> {
    let (client, request) = (client.clone(), chat(text));
    tokio::spawn(async move { Ok(client.ask(&request).await?.reply) })
}

pub fn fatal(failure: Failure) -> (Class, String, String) {
    match failure {
        Failure::Fatal {
            class,
            message,
            hint,
        } => (class, message, hint),
        other => panic!("not fatal: {other:?}"),
    }
}
