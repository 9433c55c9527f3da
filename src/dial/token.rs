//! The bearer token. The application may replace it while connections stay open, and is asked for another one when a
//! server has refused it.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tonic::metadata::MetadataValue;
use tonic::metadata::{Ascii, MetadataMap};

use crate::error::Error;

/// The least time between two requests for a token.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// How long the application may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The shared secret that proves the client to its servers; it may be replaced while connections stand.
#[derive(Clone, Default)]
pub struct BearerToken(Arc<State>);

#[derive(Default)]
struct State {
    header: RwLock<Option<MetadataValue<Ascii>>>,
    /// How often the token has changed, and how often the application has answered.
    counts: watch::Sender<Counts>,
    /// Asks the application for a token.
    source: OnceLock<Box<dyn Fn() + Send + Sync>>,
    asking: Mutex<Asking>,
}

/// When the application was last asked, and how often it had answered by then.
#[derive(Default)]
struct Asking {
    at: Option<Instant>,
    answers: u64,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    changes: u64,
    answers: u64,
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token([redacted])")
    }
}

impl BearerToken {
    pub fn set(&self, token: Option<&str>) -> Result<(), Error> {
        let header = token.map(|token| format!("Bearer {token}").parse::<MetadataValue<Ascii>>()).transpose();
        let mut header = header.map_err(|_| Error::Config {
            field: "mtdd.token",
            reason: "expected characters that an HTTP header can carry".into(),
        })?;
        if let Some(header) = &mut header {
            header.set_sensitive(true);
        }
        let mut current = self.0.header.write().unwrap_or_else(PoisonError::into_inner);
        let changed = *current != header;
        *current = header;
        drop(current);
        self.answered(changed);
        Ok(())
    }

    /// The application's function has failed: the previous token stays.
    pub fn failed(&self) {
        self.answered(false);
    }

    fn answered(&self, changed: bool) {
        self.0.counts.send_modify(|counts| {
            counts.answers += 1;
            counts.changes += u64::from(changed);
        });
    }

    /// Registers how to ask the application for a token: `ask` makes it call `set` or `failed`.
    pub fn comes_from(&self, ask: impl Fn() + Send + Sync + 'static) {
        let _ = self.0.source.set(Box::new(ask));
    }

    /// The edition of the current token.
    pub fn edition(&self) -> u64 {
        self.0.counts.borrow().changes
    }

    /// A server has refused this edition: true once there is another. However many callers ask, the application is asked
    /// once, and not more often than every second.
    pub async fn renewed(&self, refused: u64) -> bool {
        if self.edition() != refused {
            return true;
        }
        let Some(ask) = self.0.source.get() else { return false };
        let mut counts = self.0.counts.subscribe();
        let answers = {
            let mut asking = self.0.asking.lock().unwrap_or_else(PoisonError::into_inner);
            let answers = counts.borrow_and_update().answers;
            let since = asking.at.map(|at| at.elapsed());
            let pending = asking.answers == answers && since.is_some_and(|since| since < ANSWER_WITHIN);
            if !pending {
                if since.is_some_and(|since| since < ASK_EVERY) {
                    return self.edition() != refused;
                }
                *asking = Asking { at: Some(Instant::now()), answers };
                ask();
            }
            answers
        };
        let _ = timeout(ANSWER_WITHIN, counts.wait_for(|now| now.answers > answers)).await;
        self.edition() != refused
    }

    pub(super) fn apply(&self, metadata: &mut MetadataMap) {
        if let Some(header) = &*self.0.header.read().unwrap_or_else(PoisonError::into_inner) {
            metadata.insert("authorization", header.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn a_token_never_shows() {
        let token = BearerToken::default();
        token.set(Some("hunter2")).unwrap();
        assert!(!format!("{token:?}").contains("hunter2"));
        assert_eq!(token.set(Some("a\nb")).unwrap_err().code(), "CONFIG_INVALID");
    }

    #[tokio::test(start_paused = true)]
    async fn many_who_are_refused_ask_for_one_token() {
        let (token, asked) = (BearerToken::default(), Arc::new(AtomicU32::new(0)));
        token.set(Some("old")).unwrap();
        assert!(!token.renewed(token.edition()).await, "there is nobody to ask");
        let counted = asked.clone();
        token.comes_from(move || {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        let refused = token.edition();
        let waiting: Vec<_> = (0..100)
            .map(|_| {
                let token = token.clone();
                tokio::spawn(async move { token.renewed(refused).await })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(10)).await;
        token.set(Some("new")).unwrap();
        for waiting in waiting {
            assert!(waiting.await.unwrap());
        }
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        assert!(token.renewed(refused).await, "there is another already");

        // The same again, or none, is of no use; nor is asking all the time.
        tokio::time::sleep(Duration::from_secs(2)).await;
        for round in 0..3 {
            let (same, refused) = (token.clone(), token.edition());
            let waiting = tokio::spawn(async move { same.renewed(refused).await });
            tokio::time::sleep(Duration::from_millis(10)).await;
            if round == 0 {
                token.set(Some("new")).unwrap()
            } else {
                token.failed()
            }
            assert!(!waiting.await.unwrap());
        }
        assert_eq!(asked.load(Ordering::Relaxed), 2);
        // An application that never answers holds nobody up for ever.
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(!token.renewed(token.edition()).await);
    }
}
