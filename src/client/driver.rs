//! The client's thread: takes commands, runs each query as a task, and ends after a close, once everything has ended.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::time::Instant;

use super::call_control::CallControl;
use super::listen::{self, NotificationListener};
use super::request::{ClientCommand, Request};
use super::shared::Shared;
use super::{fan_out, open_session, placement, query};
use crate::deadline::Deadlines;
use crate::error::{Error, Fate};

/// After a close: how long queries and open transactions may go on before they are cancelled.
const CLOSE_GRACE: Duration = Duration::from_secs(5);

/// Stack size of the client's thread and of those that plan. With it, most statements are planned without an extra
/// stack. Only touched pages take memory.
pub const STACK: usize = 16 << 20;

/// Runs the client on this thread until it is closed or dropped.
pub fn run(shared: Arc<Shared>, commands: UnboundedReceiver<ClientCommand>, max_in_flight: usize) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = match builder.enable_all().thread_stack_size(STACK).build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(target: "mtdd::grpc", %error, "cannot start the client's runtime");
            return;
        }
    };
    runtime.block_on(drive(shared, commands, max_in_flight));
    // A DNS lookup on a helper thread must not hold up the end.
    runtime.shutdown_background();
}

async fn drive(shared: Arc<Shared>, mut commands: UnboundedReceiver<ClientCommand>, max_in_flight: usize) {
    let (done, mut finished) = mpsc::unbounded_channel::<u32>();
    let deadlines = Arc::new(Deadlines::start());
    let (running, at_once, listening, closing) = Default::default();
    let mut driver = Driver { shared, deadlines, max_in_flight, done, running, at_once, listening, closing };
    let mut deadline = None;
    loop {
        tokio::select! {
            biased;
            command = commands.recv() => match command {
                Some(command) => driver.handle(command, &mut deadline),
                None => return,
            },
            Some(id) = finished.recv() => {
                driver.ended(id);
            }
            () = expiry(deadline), if deadline.is_some() => {
                driver.running.values().for_each(|call| call.control.close());
                driver.shared.sessions.close_all();
                deadline = None;
            }
        }
        if driver.is_idle() && !driver.closing.is_empty() {
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
    running: HashMap<u32, RunningCall>,
    /// How many of them are in no session. Those of a session wait for each other.
    at_once: usize,
    listening: HashMap<u32, Arc<NotificationListener>>,
    /// The closes to answer at the end.
    closing: Vec<u32>,
}

struct RunningCall {
    control: Arc<CallControl>,
    in_session: bool,
}

/// What a task works with. Dropping it reports the end of the task.
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
            // The task cannot answer any more. Nobody knows whether what it sent took effect.
            let reason = "its task has failed; please report this".into();
            self.shared.finish(self.id, Err(Error::Protocol { server: "the client".into(), reason }));
        }
        let _ = self.done.send(self.id);
    }
}

impl Driver {
    fn is_idle(&self) -> bool {
        self.running.is_empty() && self.listening.is_empty() && self.shared.sessions.is_empty()
    }

    fn ended(&mut self, id: u32) {
        match self.running.remove(&id) {
            Some(call) => self.at_once -= usize::from(!call.in_session),
            None => drop(self.listening.remove(&id)),
        }
    }

    fn handle(&mut self, command: ClientCommand, deadline: &mut Option<Instant>) {
        match command {
            ClientCommand::Execute(requests) => requests.into_iter().for_each(|request| self.execute(request)),
            ClientCommand::Explain(request) => self.start(request.id, None, |task| async move {
                fan_out::explain(&task.shared, &task.deadlines, *request, &task.control).await;
            }),
            ClientCommand::Locate { id, tenant, how } => self.start(id, None, move |task| async move {
                placement::locate(&task.shared, &task.deadlines, id, &tenant, how, &task.control).await;
            }),
            ClientCommand::OpenSession { id, session, target } => self.start(id, None, move |task| async move {
                open_session::open(&task.shared, &task.deadlines, id, session, &target, &task.control).await;
            }),
            ClientCommand::CloseSession(session) => self.shared.sessions.close(session),
            ClientCommand::Listen { id, target, channel } => {
                if !self.closing.is_empty() {
                    return self.shared.finish(id, Err(Error::ClientClosed { fate: Fate::NotRun }));
                }
                let listener = Arc::new(NotificationListener::default());
                self.listening.insert(id, listener.clone());
                let (shared, done) = (self.shared.clone(), self.done.clone());
                tokio::spawn(async move {
                    listen::run(&shared, id, &target, &channel, &listener).await;
                    let _ = done.send(id);
                });
            }
            ClientCommand::Cancel(id) => {
                if let Some(call) = self.running.get(&id) {
                    call.control.cancel();
                } else if let Some(listener) = self.listening.get(&id) {
                    listener.control.cancel();
                }
            }
            ClientCommand::Credit { id, bytes } => {
                if let Some(call) = self.running.get(&id) {
                    call.control.credit(bytes);
                } else if let Some(listener) = self.listening.get(&id) {
                    listener.credit(bytes);
                }
            }
            ClientCommand::Close { id } => {
                self.closing.push(id);
                // A listener does not end on its own.
                self.listening.values().for_each(|listener| listener.control.close());
                deadline.get_or_insert_with(|| Instant::now() + CLOSE_GRACE);
            }
        }
    }

    fn execute(&mut self, request: Request) {
        let (id, session) = (request.id, request.session);
        // A session decides where its queries go, and what they must not be.
        if self.shared.router.fans_out(&request.target) && session.is_none() {
            self.start(id, session, |task| async move {
                fan_out::run(&task.shared, &task.deadlines, request, &task.control).await;
            });
        } else {
            self.start(id, session, |task| async move {
                query::run(&task.shared, &task.deadlines, request, &task.control).await;
            });
        }
    }

    /// Starts a task that answers `id`, unless it is refused.
    fn start<W: Future<Output = ()> + Send + 'static>(
        &mut self,
        id: u32,
        session: Option<u32>,
        work: impl FnOnce(Task) -> W,
    ) {
        let Some(control) = self.admit(id, session) else { return };
        let (shared, deadlines, done) = (self.shared.clone(), self.deadlines.clone(), self.done.clone());
        tokio::spawn(work(Task { id, shared, deadlines, control, done }));
    }

    /// Admits a query, or answers it with a refusal. After a close, transactions that are open may still end.
    fn admit(&mut self, id: u32, session: Option<u32>) -> Option<Arc<CallControl>> {
        let refusal = if !self.closing.is_empty() && session.is_none() {
            Error::ClientClosed { fate: Fate::NotRun }
        } else if self.at_once >= self.max_in_flight && session.is_none() {
            let reason = format!("{} queries are running, as many as mtdd.maxInFlight allows", self.max_in_flight);
            Error::Overloaded { reason }
        } else {
            let control = Arc::new(CallControl::default());
            self.at_once += usize::from(session.is_none());
            self.running.insert(id, RunningCall { control: control.clone(), in_session: session.is_some() });
            return Some(control);
        };
        self.shared.finish(id, Err(refusal));
        None
    }
}
