//! A user service on loopback, as segments-service asks it: answers what a test says, at once or late.
//!
//! A shell sets answers too: `curl -X PUT $USER_SERVICE_URL/users/<GUID> -d '{"status":"active"}'`, and `-X DELETE` makes
//! the user unknown.

use std::{
    collections::HashMap,
    fmt::Display,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::sleep,
};

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

/// The service. It ends with the runtime that has started it.
pub struct UserService {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl UserService {
    /// Starts it on a free port.
    ///
    /// # Errors
    /// There is no port.
    pub async fn start() -> anyhow::Result<Self> {
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

    /// Its address: `USER_SERVICE_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sets the answer about a user. Until then it is 404.
    pub fn set(&self, user: impl Display, status: u16, body: &str) {
        self.state().answers.insert(user.to_string(), (status, body.to_owned()));
    }

    /// Sets how long each answer takes from now on.
    pub fn delay(&self, delay: Duration) {
        self.state().delay = delay;
    }

    /// Waits until it has been asked so often.
    pub async fn until_asked(&self, count: usize) {
        while self.state().asked < count {
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// The largest number of requests at a time.
    #[must_use]
    pub fn most_at_a_time(&self) -> usize {
        self.state().most_at_a_time
    }

    /// The `Authorization` of each request.
    #[must_use]
    pub fn tokens(&self) -> Vec<String> {
        self.state().tokens.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut request = vec![0; 4000];
    let length = stream.read(&mut request).await.unwrap_or(0);
    let request = String::from_utf8_lossy(&request[..length]).into_owned();
    let mut words = request.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let user = path.strip_prefix("/users/").unwrap_or_default();
    let (status, body) = match method {
        "PUT" => {
            let body = request.split_once("\r\n\r\n").map_or("", |(_, body)| body);
            lock(&state).answers.insert(user.to_owned(), (200, body.to_owned()));
            (204, String::new())
        }
        "DELETE" => {
            lock(&state).answers.remove(user);
            (204, String::new())
        }
        _ => look_up(user, &request, &state).await,
    };
    let text = format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    let _ = stream.write_all(text.as_bytes()).await;
}

/// The answer about a user, after the delay.
async fn look_up(user: &str, request: &str, state: &Mutex<State>) -> (u16, String) {
    let token = request.lines().find_map(|line| line.strip_prefix("authorization: ")).unwrap_or_default();
    let (answer, delay) = {
        let mut state = lock(state);
        state.asked += 1;
        state.tokens.push(token.to_owned());
        state.at_a_time += 1;
        state.most_at_a_time = state.most_at_a_time.max(state.at_a_time);
        (state.answers.get(user).cloned().unwrap_or((404, String::new())), state.delay)
    };
    sleep(delay).await;
    lock(state).at_a_time -= 1;
    answer
}
