//! The client's thread: takes commands, runs each query as a task, and ends when all is done after a close.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::time::Instant;

use super::call_control::CallControl;
use super::listen::{self, NotificationListener};
use super::request::{Command, Request};
use super::shared::Shared;
use super::{fan_out, open_session, placement, query};
use crate::deadline::Deadlines;
use crate::error::{Error, Fate};

/// How long queries under way may go on after a close before they are cancelled.
const CLOSE_GRACE: Duration = Duration::from_secs(5);

/// Of the client's thread and of those that plan, so that most statements are planned without making a stack for them.
/// Only what is written to takes memory.
pub const STACK: usize = 16 << 20;

/// Runs the client on this thread until it is closed or dropped.
pub fn run(shared: Arc<Shared>, commands: UnboundedReceiver<Command>, max_in_flight: usize) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = match builder.enable_all().thread_stack_size(STACK).build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(target: "mtdd::grpc", %error, "cannot start the client's runtime");
            return;
        }
    };
    runtime.block_on(drive(shared, commands, max_in_flight));
    // A name lookup under way on a helper thread must not hold up the end.
    runtime.shutdown_background();
}

async fn drive(shared: Arc<Shared>, mut commands: UnboundedReceiver<Command>, max_in_flight: usize) {
    let (done, mut finished) = mpsc::unbounded_channel::<u32>();
    let deadlines = Arc::new(Deadlines::start());
    let (under_way, listening, closing) = Default::default();
    let mut driver = Driver { shared, deadlines, max_in_flight, done, under_way, listening, closing };
    let mut deadline = None;
    loop {
        tokio::select! {
            biased;
            command = commands.recv() => match command {
                Some(command) => driver.obey(command, &mut deadline),
                None => return,
            },
            Some(id) = finished.recv() => {
                if driver.under_way.remove(&id).is_none() {
                    driver.listening.remove(&id);
                }
            }
            () = expiry(deadline), if deadline.is_some() => {
                driver.under_way.values().for_each(|control| control.close());
                deadline = None;
            }
        }
        if !driver.closing.is_empty() && driver.under_way.is_empty() && driver.listening.is_empty() {
            for id in driver.closing {
                driver.shared.finish(id, Ok(()));
            }
            return;
        }
    }
}

async fn expiry(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

struct Driver {
    shared: Arc<Shared>,
    deadlines: Arc<Deadlines>,
    max_in_flight: usize,
    done: UnboundedSender<u32>,
    under_way: HashMap<u32, Arc<CallControl>>,
    listening: HashMap<u32, Arc<NotificationListener>>,
    /// The closes to answer at the end.
    closing: Vec<u32>,
}

/// What a task works with. Dropped, it is no longer under way.
struct Task {
    id: u32,
    shared: Arc<Shared>,
    deadlines: Arc<Deadlines>,
    control: Arc<CallControl>,
    done: UnboundedSender<u32>,
}

impl Drop for Task {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // It will not answer any more. Whether what it sent took effect nobody knows.
            let reason = "its task has failed; please report this".into();
            self.shared.finish(self.id, Err(Error::Protocol { server: "the client".into(), reason }));
        }
        let _ = self.done.send(self.id);
    }
}

impl Driver {
    fn obey(&mut self, command: Command, deadline: &mut Option<Instant>) {
        match command {
            Command::Execute(requests) => requests.into_iter().for_each(|request| self.execute(request)),
            Command::Explain(request) => self.start(request.id, |task| async move {
                fan_out::explain(&task.shared, &task.deadlines, *request, &task.control).await;
            }),
            Command::Locate { id, tenant, add } => self.start(id, move |task| async move {
                placement::locate(&task.shared, &task.deadlines, id, &tenant, add, &task.control).await;
            }),
            Command::OpenSession { id, session, target } => self.start(id, move |task| async move {
                open_session::open(&task.shared, &task.deadlines, id, session, &target, &task.control).await;
            }),
            Command::CloseSession(session) => self.shared.sessions.close(session),
            Command::Listen { id, shard, channel } => {
                if !self.closing.is_empty() {
                    return self.shared.finish(id, Err(Error::ClientClosed { fate: Fate::NotRun }));
                }
                let listener = Arc::new(NotificationListener::default());
                self.listening.insert(id, listener.clone());
                let (shared, done) = (self.shared.clone(), self.done.clone());
                tokio::spawn(async move {
                    listen::run(&shared, id, shard, &channel, &listener).await;
                    let _ = done.send(id);
                });
            }
            Command::Cancel(id) => {
                if let Some(control) = self.under_way.get(&id) {
                    control.cancel();
                } else if let Some(listener) = self.listening.get(&id) {
                    listener.control.cancel();
                }
            }
            Command::Credit { id, bytes } => {
                if let Some(control) = self.under_way.get(&id) {
                    control.credit(bytes);
                } else if let Some(listener) = self.listening.get(&id) {
                    listener.credit(bytes);
                }
            }
            Command::Close { id } => {
                self.closing.push(id);
                // They have no end of their own to wait for.
                self.listening.values().for_each(|listener| listener.control.close());
                deadline.get_or_insert_with(|| Instant::now() + CLOSE_GRACE);
            }
        }
    }

    fn execute(&mut self, request: Request) {
        let id = request.id;
        // In a session it goes where that is; what it must not be is the session's to say.
        if self.shared.router.fans_out(&request.target) && request.session.is_none() {
            self.start(id, |task| async move {
                fan_out::run(&task.shared, &task.deadlines, request, &task.control).await;
            });
        } else {
            self.start(id, |task| async move {
                query::run(&task.shared, &task.deadlines, request, &task.control).await;
            });
        }
    }

    /// Starts a task that answers `id`, unless it is refused.
    fn start<W: Future<Output = ()> + Send + 'static>(&mut self, id: u32, work: impl FnOnce(Task) -> W) {
        let Some(control) = self.admit(id) else { return };
        let (shared, deadlines, done) = (self.shared.clone(), self.deadlines.clone(), self.done.clone());
        tokio::spawn(work(Task { id, shared, deadlines, control, done }));
    }

    /// Takes a query in, or answers it with a refusal.
    fn admit(&mut self, id: u32) -> Option<Arc<CallControl>> {
        let refusal = if !self.closing.is_empty() {
            Error::ClientClosed { fate: Fate::NotRun }
        } else if self.under_way.len() >= self.max_in_flight {
            let reason = format!("{} queries are under way, as many as mtdd.maxInFlight allows", self.max_in_flight);
            Error::Overloaded { reason }
        } else {
            let control = Arc::new(CallControl::default());
            self.under_way.insert(id, control.clone());
            return Some(control);
        };
        self.shared.finish(id, Err(refusal));
        None
    }
}
