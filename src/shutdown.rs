//! Shutdown: one signal that every part can check or wait for. The servers raise it on SIGTERM and SIGINT; whoever
//! holds a `Drain` finishes its work and takes nothing new.

use tokio::sync::watch;

/// Raises the signal. Dropping it raises it too, so that nobody waits for a server that is gone.
#[derive(Debug)]
pub struct Shutdown(watch::Sender<bool>);

/// Sees the signal; cheap to clone.
#[derive(Clone, Debug)]
pub struct Drain(watch::Receiver<bool>);

/// A signal and its first observer.
pub fn shutdown() -> (Shutdown, Drain) {
    let (sender, receiver) = watch::channel(false);
    (Shutdown(sender), Drain(receiver))
}

impl Shutdown {
    /// Starts the drain; idempotent.
    pub fn start(&self) {
        self.0.send_replace(true);
    }
}

impl Drain {
    /// True once the server is shutting down.
    pub fn started(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns once the server is shutting down.
    pub async fn wait(&mut self) {
        let _ = self.0.wait_for(|started| *started).await;
    }
}
