//! The routes of the service, and its life: start, serve, drain, save, stop.
//!
//! | request | what it does |
//! |---|---|
//! | `GET /` | the page |
//! | `GET /health` | how many sessions there are, and how many are up |
//! | `GET /sessions` | their names and states |
//! | `DELETE /sessions/{name}` | stops a session and forgets it |
//! | `POST /sessions/{name}/messages` | `{"text": ".."}`: begins a turn; its events go to the pages |
//! | `POST /sessions/{name}/ask` | the same, and the answer is `{"text": ".."}` |
//! | `GET /sessions/{name}/events` | server-sent events, also those that a page has missed |
//! | `POST /sessions/{name}/cancel` | interrupts the turn that runs |
//! | `POST /sessions/{name}/questions/{id}` | `{"allow": true}`: answers whether a tool may run |

mod refused;

use std::collections::HashMap;
use std::convert::Infallible;
use std::error::Error;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::sse::{Event as Sent, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use claude_wire::session::Restart;
use claude_wire::supervisor::{ChildSpec, OnLimit, Supervisor, SupervisorError};
use claude_wire::{Session, SessionBuilder};
use futures_util::stream;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use self::refused::Refused;
use crate::page;
use crate::room::{Event, Room};

/// How many sessions there may be.
const MAX_SESSIONS: usize = 100;
/// How long the turns that run may take when the service is to end.
const GRACE: Duration = Duration::from_secs(30);
/// How long connections may take to end after that.
const CLOSING: Duration = Duration::from_secs(5);

type Make = Arc<dyn Fn() -> SessionBuilder + Send + Sync>;

/// Why the service cannot start, or ends.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

pub(crate) struct Chat {
    supervisor: Supervisor,
    rooms: Mutex<Rooms>,
    make: Make,
    settings: Settings,
}

#[derive(Default)]
pub(crate) struct Settings {
    /// Where the conversations are kept between two runs.
    pub(crate) saved: Option<PathBuf>,
    /// The name of the service for browsers, if a proxy serves it under one.
    pub(crate) host: Option<String>,
}

#[derive(Default)]
struct Rooms {
    open: HashMap<String, Arc<Room>>,
    is_draining: bool,
}

impl Chat {
    /// A service without sessions: each is started by its first message.
    pub(crate) async fn start(
        make: impl Fn() -> SessionBuilder + Send + Sync + 'static,
        settings: Settings,
    ) -> Result<Arc<Self>, Failure> {
        let mut supervisor = Supervisor::builder()
            .name("chat")
            .max_sessions(MAX_SESSIONS)
            .on_limit(OnLimit::Quarantine(Duration::from_secs(60)));
        if let Some(path) = &settings.saved {
            match tokio::fs::read(path).await {
                Ok(saved) => {
                    let saved = serde_json::from_slice(&saved);
                    let saved = saved.map_err(|error| format!("{}: {error}", path.display()))?;
                    supervisor = supervisor.restore(saved);
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(format!("{}: {error}", path.display()).into()),
            }
        }
        Ok(Arc::new(Self {
            supervisor: supervisor.start().await?,
            rooms: Mutex::default(),
            make: Arc::new(make),
            settings,
        }))
    }

    /// Serves until `until` is ready. Then no new turn begins, those that run end or are cancelled,
    /// the pages are closed, the conversations are saved, and the CLIs are stopped.
    pub(crate) async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        until: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), Failure> {
        let (drained, is_drained) = oneshot::channel();
        let chat = self.clone();
        let shutdown = async move {
            until.await;
            chat.drain().await;
            let _ = drained.send(());
        };
        let overdue = async {
            let _ = is_drained.await;
            sleep(CLOSING).await;
        };
        let served = tokio::select! {
            served = axum::serve(listener, self.clone().router()).with_graceful_shutdown(shutdown).into_future() => served,
            () = overdue => Ok(()),
        };
        let saved = self.save().await;
        self.supervisor.stop().await;
        served?;
        saved
    }

    async fn drain(&self) {
        let rooms: Vec<_> = {
            let mut rooms = self.rooms();
            rooms.is_draining = true;
            rooms.open.values().cloned().collect()
        };
        let idle = async {
            for room in &rooms {
                room.idle().await;
            }
        };
        if timeout(GRACE, idle).await.is_err() {
            for room in &rooms {
                room.cancel();
                room.idle().await;
            }
        }
        rooms.iter().for_each(|room| room.close());
    }

    /// A crash while this writes must not leave half a file.
    async fn save(&self) -> Result<(), Failure> {
        let Some(path) = &self.settings.saved else { return Ok(()) };
        let new = path.with_extension("new");
        tokio::fs::write(&new, serde_json::to_vec(&self.supervisor.snapshot())?).await?;
        tokio::fs::rename(&new, path).await?;
        Ok(())
    }

    fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/", get(page::html))
            .route("/chat.css", get(page::style))
            .route("/chat.js", get(page::script))
            .route("/health", get(health))
            .route("/sessions", get(list))
            .route("/sessions/{name}", delete(remove))
            .route("/sessions/{name}/messages", post(message))
            .route("/sessions/{name}/ask", post(ask))
            .route("/sessions/{name}/events", get(events))
            .route("/sessions/{name}/cancel", post(cancel))
            .route("/sessions/{name}/questions/{id}", post(answer))
            .layer(from_fn_with_state(self.clone(), same_site))
            .with_state(self)
    }

    /// Whether a request is for this service and, if a page sends it, from its own page.
    fn is_own(&self, headers: &HeaderMap) -> bool {
        let header = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let host = header(HOST).unwrap_or_default();
        let name = host.split(':').next().unwrap_or_default();
        let is_ours = matches!(name, "localhost" | "127.0.0.1")
            || self.settings.host.as_deref() == Some(name);
        let is_from_us =
            |origin: &str| origin.split_once("://").is_some_and(|(_, from)| from == host);
        // A page of another site can load a picture or a frame without an origin. It may link.
        let site = header(HeaderName::from_static("sec-fetch-site"));
        let is_link = header(HeaderName::from_static("sec-fetch-dest")) == Some("document");
        let is_elsewhere = matches!(site, Some("cross-site" | "same-site")) && !is_link;
        is_ours && !is_elsewhere && header(ORIGIN).is_none_or(is_from_us)
    }

    fn rooms(&self) -> MutexGuard<'_, Rooms> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The room of this name, which is opened if it is new.
    fn room(&self, name: &str) -> Result<Arc<Room>, Refused> {
        let is_name = |char: char| char.is_ascii_alphanumeric() || char == '-' || char == '_';
        if name.len() > 40 || !name.chars().all(is_name) {
            return Err(Refused::bad("a name has up to 40 letters, digits, - and _"));
        }
        let mut rooms = self.rooms();
        if rooms.is_draining {
            return Err(Refused::unavailable("the service is stopping: try again soon"));
        }
        if let Some(room) = rooms.open.get(name) {
            return Ok(room.clone());
        }
        if rooms.open.len() >= MAX_SESSIONS {
            return Err(Refused::unavailable("there are too many sessions: delete one"));
        }
        Ok(rooms.open.entry(name.to_owned()).or_insert_with(Room::new).clone())
    }

    /// Begins a turn. It goes on if its client is gone; the pages have its events.
    fn ask(
        self: &Arc<Self>,
        name: String,
        text: String,
    ) -> Result<impl Future<Output = Result<String, Refused>> + use<>, Refused> {
        let room = self.room(&name)?;
        let busy = || Refused::conflict("a turn is running: wait for its end, or cancel it");
        let cancelled = room.begin(&text).ok_or_else(busy)?;
        let chat = self.clone();
        let turn = tokio::spawn(async move {
            let answered = async {
                let session = chat.session(&name, &room).await?;
                Ok::<_, Refused>(room.read(session.query(text), &session).await?)
            };
            tokio::select! {
                answer = answered => answer.inspect_err(|refused: &Refused| {
                    room.finish(Event::Failed { error: refused.to_string() });
                }),
                // The turn is dropped, which interrupts the CLI; the session stays.
                Ok(()) = cancelled => {
                    room.finish(Event::Cancelled);
                    Err(Refused::conflict("the turn was cancelled"))
                }
            }
        });
        Ok(async move { turn.await.unwrap_or_else(|_| Err(Refused::failed())) })
    }

    /// The session of a room, which is started if it is new.
    async fn session(&self, name: &str, room: &Arc<Room>) -> Result<Session, SupervisorError> {
        let _one_at_a_time = room.starting.lock().await;
        let name = name.to_owned();
        let session = match self.supervisor.session(&name) {
            Ok(session) => session,
            Err(_) => {
                let (make, room) = (self.make.clone(), room.clone());
                let make = move || {
                    let room = room.clone();
                    make()
                        .include_partial_messages(true)
                        // A user's text is not a command, and names no file.
                        .verbatim_prompts(true)
                        .timeout(Duration::from_secs(600))
                        .on_permission(move |request| room.clone().decide(request))
                };
                let spec = ChildSpec::new(name, make)
                    .conversation(Restart::Resume)
                    .idle_after(Duration::from_secs(600));
                self.supervisor.start_session(spec).await?
            }
        };
        session.session().await
    }

    /// Stops a session, and forgets it. Its room stays until then: its name does not lead to a new
    /// room while the session still asks the old one.
    async fn remove(&self, name: &str) -> Result<StatusCode, Refused> {
        let room = self.rooms().open.get(name).cloned();
        if let Some(room) = &room {
            room.cancel();
            room.idle().await;
            room.close();
        }
        let ended = self.supervisor.terminate_session(&name.to_owned()).await;
        if let Some(room) = &room {
            self.rooms().open.retain(|_, open| !Arc::ptr_eq(open, room));
        }
        match ended {
            Ok(()) => Ok(StatusCode::NO_CONTENT),
            Err(error) if error.is_not_found() && room.is_some() => Ok(StatusCode::NO_CONTENT),
            Err(error) => Err(error.into()),
        }
    }
}

type Shared = State<Arc<Chat>>;

/// Refuses pages of other sites, and names that are not the service's but lead to it.
async fn same_site(State(chat): Shared, request: Request, next: Next) -> Response {
    if chat.is_own(request.headers()) {
        next.run(request).await
    } else {
        Refused::forbidden("the request is not from this service's page").into_response()
    }
}

async fn health(State(chat): Shared) -> impl IntoResponse {
    let health = chat.supervisor.health();
    let status = match health.failed {
        0 => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    let (total, active) = (health.total, health.active);
    (status, Json(json!({"sessions": total, "active": active, "failed": health.failed})))
}

async fn list(State(chat): Shared) -> Json<Vec<Value>> {
    let children = chat.supervisor.list();
    let child = |child: claude_wire::supervisor::ChildInfo<String>| json!({"name": child.key, "state": format!("{:?}", child.state), "restarts": child.restarts});
    Json(children.into_iter().map(child).collect())
}

async fn remove(State(chat): Shared, Path(name): Path<String>) -> Result<StatusCode, Refused> {
    // A task, which goes on if the client is gone.
    let removed = tokio::spawn(async move { chat.remove(&name).await });
    removed.await.unwrap_or_else(|_| Err(Refused::failed()))
}

#[derive(Deserialize)]
struct Message {
    text: String,
}

async fn message(
    State(chat): Shared,
    Path(name): Path<String>,
    Json(message): Json<Message>,
) -> Result<StatusCode, Refused> {
    drop(chat.ask(name, message.text)?);
    Ok(StatusCode::ACCEPTED)
}

async fn ask(
    State(chat): Shared,
    Path(name): Path<String>,
    Json(message): Json<Message>,
) -> Result<Json<Value>, Refused> {
    let text = chat.ask(name, message.text)?.await?;
    Ok(Json(json!({"text": text})))
}

async fn cancel(State(chat): Shared, Path(name): Path<String>) -> Result<StatusCode, Refused> {
    let room = chat.rooms().open.get(&name).cloned();
    match room.is_some_and(|room| room.cancel()) {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Refused::conflict("no turn is running")),
    }
}

#[derive(Deserialize)]
struct Answer {
    allow: bool,
}

async fn answer(
    State(chat): Shared,
    Path((name, id)): Path<(String, u64)>,
    Json(answer): Json<Answer>,
) -> Result<StatusCode, Refused> {
    let room = chat.rooms().open.get(&name).cloned();
    match room.is_some_and(|room| room.answer(id, answer.allow)) {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Refused::conflict("the question is not open")),
    }
}

/// The events of a room from the beginning, or after the one that the page has seen last.
async fn events(
    State(chat): Shared,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Refused> {
    let room = chat.room(&name)?;
    let seen = headers.get("last-event-id").map(|id| {
        let (run, number) = id.to_str().ok()?.split_once('-')?;
        number.parse().ok().filter(|_| run == room.run)
    });
    // Without an id it is a new page, which has nothing to forget.
    let next = seen.map_or(Some(0), |seen| room.after(seen?));
    let sent = stream::unfold((next, room), |(next, room)| async move {
        let Some(wanted) = next else {
            // What it shows is not of this room. It must know that before anything happens here.
            return Some((sse(None, &Event::Reset), (Some(0), room)));
        };
        let (number, event) = room.event(wanted).await?;
        if number != wanted {
            // Events that it missed are gone.
            return Some((sse(None, &Event::Reset), (Some(number), room)));
        }
        let id = format!("{}-{number}", room.run);
        Some((sse(Some(id), &event), (Some(number + 1), room)))
    });
    // A proxy that collects a response before it sends it on would show nothing.
    let headers = [("x-accel-buffering", "no")];
    Ok((headers, Sse::new(sent).keep_alive(KeepAlive::default())))
}

fn sse(id: Option<String>, event: &Event) -> Result<Sent, Infallible> {
    let data = serde_json::to_string(event).unwrap_or_default();
    let sent = Sent::default().retry(Duration::from_secs(1)).data(data);
    Ok(id.into_iter().fold(sent, |sent, id| sent.id(id)))
}
