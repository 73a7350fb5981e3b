//! A user service on loopback: answers what a test says, at once or late.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::sleep,
};
use uuid::Uuid;

/// What the service answers, and what it was asked.
#[derive(Default)]
struct State {
    answers: HashMap<String, (u16, String)>,
    delay: Duration,
    asked: usize,
    tokens: Vec<String>,
    at_a_time: usize,
    most_at_a_time: usize,
}

/// The service. It ends with the test.
pub(crate) struct UserService {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl UserService {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (address, state) = (listener.local_addr()?, Arc::<Mutex<State>>::default());
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&shared)));
            }
        });
        Ok(Self { address, state })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub(crate) fn set(&self, user: Uuid, status: u16, body: &str) {
        self.state().answers.insert(user.to_string(), (status, body.to_owned()));
    }

    /// How long each answer takes from now on.
    pub(crate) fn delay(&self, delay: Duration) {
        self.state().delay = delay;
    }

    /// Waits until it has been asked so often.
    pub(crate) async fn until_asked(&self, count: usize) {
        while self.state().asked < count {
            sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) fn most_at_a_time(&self) -> usize {
        self.state().most_at_a_time
    }

    pub(crate) fn tokens(&self) -> Vec<String> {
        self.state().tokens.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

async fn answer(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut request = vec![0; 4000];
    let length = stream.read(&mut request).await.unwrap_or(0);
    let request = String::from_utf8_lossy(&request[..length]).into_owned();
    let path = request.split(' ').nth(1).unwrap_or_default();
    let user = path.strip_prefix("/users/").unwrap_or_default();
    let token = request.lines().find_map(|line| line.strip_prefix("authorization: ")).unwrap_or_default();
    let (status, body, delay) = {
        let mut state = state.lock().unwrap();
        state.asked += 1;
        state.tokens.push(token.to_owned());
        state.at_a_time += 1;
        state.most_at_a_time = state.most_at_a_time.max(state.at_a_time);
        let (status, body) = state.answers.get(user).cloned().unwrap_or((404, String::new()));
        (status, body, state.delay)
    };
    sleep(delay).await;
    let text = format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let _ = stream.write_all(text.as_bytes()).await;
    state.lock().unwrap().at_a_time -= 1;
}
