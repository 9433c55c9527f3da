//! Shutdown: one signal that every part can check or wait for. The servers raise it on SIGTERM and SIGINT; whoever
//! holds a `Drain` finishes its work and takes nothing new.

use std::future::pending;

use tokio::sync::watch;

/// Raises the signal. Dropping it raises it too, so that nobody waits for a server that is gone.
#[derive(Debug)]
pub struct Shutdown(watch::Sender<bool>);

/// Sees the signal; cheap to clone.
#[derive(Clone, Debug)]
pub struct Drain {
    signal: watch::Receiver<bool>,
    /// Another one, which counts as well.
    other: Option<watch::Receiver<bool>>,
}

/// Stands in the extensions of a call with a token; it starts when the token is revoked.
#[derive(Clone, Debug)]
pub struct Revocation(pub Drain);

/// A signal and its first observer.
pub fn shutdown() -> (Shutdown, Drain) {
    let (sender, receiver) = watch::channel(false);
    (Shutdown(sender), Drain { signal: receiver, other: None })
}

impl Shutdown {
    /// Starts the drain; idempotent.
    pub fn start(&self) {
        self.0.send_replace(true);
    }
}

impl Drain {
    /// Sees both this signal and that of `other`.
    pub fn or(self, other: Option<Drain>) -> Drain {
        Drain { other: other.map(|drain| drain.signal).or(self.other), ..self }
    }

    /// True once the server is shutting down.
    pub fn started(&self) -> bool {
        *self.signal.borrow() || self.other.as_ref().is_some_and(|other| *other.borrow())
    }

    /// Returns once the server is shutting down.
    pub async fn wait(&mut self) {
        let other = async {
            match &mut self.other {
                Some(other) => drop(other.wait_for(|started| *started).await),
                None => pending().await,
            }
        };
        tokio::select! {
            _ = self.signal.wait_for(|started| *started) => {}
            () = other => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn either_signal_starts_a_drain_that_sees_both() {
        for raised in 0..2 {
            let ((first, one), (second, other)) = (shutdown(), shutdown());
            let mut both = one.or(Some(other));
            assert!(!both.started());
            if raised == 0 {
                first.start()
            } else {
                second.start()
            }
            both.wait().await;
            assert!(both.started());
        }
    }
}
