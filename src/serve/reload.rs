//! Reloads tokens and certificates when their files change, and on SIGHUP. Unusable files are logged, and the previous
//! values stay in force. Open connections stay open.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::auth::BearerAuth;
use super::files::tokens_of;
use super::tls::{Files, ServerCertificates};

/// How often the files are checked.
const EVERY: Duration = Duration::from_secs(2);

/// The secrets that can be reloaded.
#[derive(Clone)]
pub struct Reload {
    pub tokens: Option<(PathBuf, BearerAuth)>,
    pub certificates: Option<(Files, ServerCertificates)>,
}

impl Reload {
    /// Runs as long as the server does.
    pub async fn run(self) {
        let mut hangups = Hangups::new();
        let (mut tokens, mut certificates) = (self.token_changes(), self.certificate_changes());
        loop {
            let told = tokio::select! {
                () = tokio::time::sleep(EVERY) => false,
                () = hangups.next() => true,
            };
            if let Some((file, auth)) = &self.tokens
                && changed(&mut tokens, self.token_changes(), told)
            {
                report("tokens", tokens_of(file).and_then(|tokens| auth.accept(&tokens).map_err(str::to_owned)));
            }
            if let Some((files, current)) = &self.certificates
                && changed(&mut certificates, self.certificate_changes(), told)
            {
                report("certificates", current.read_again(files));
            }
        }
    }

    fn token_changes(&self) -> Vec<Option<SystemTime>> {
        self.tokens.iter().map(|(file, _)| changed_at(file)).collect()
    }

    fn certificate_changes(&self) -> Vec<Option<SystemTime>> {
        let files = self.certificates.iter().flat_map(|(files, _)| {
            [Some(&files.cert), Some(&files.key), files.client_ca.as_ref()].into_iter().flatten()
        });
        files.map(changed_at).collect()
    }
}

fn changed_at(file: &PathBuf) -> Option<SystemTime> {
    fs::metadata(file).and_then(|metadata| metadata.modified()).ok()
}

fn changed<T: PartialEq>(last: &mut T, now: T, told: bool) -> bool {
    let changed = *last != now;
    *last = now;
    changed || told
}

fn report(what: &str, outcome: Result<(), String>) {
    match outcome {
        Ok(()) => tracing::info!("{what} were reloaded"),
        Err(reason) => tracing::warn!(reason, "{what} cannot be reloaded: the previous ones stay in force"),
    }
}

/// SIGHUP, on systems that have it.
struct Hangups {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
}

impl Hangups {
    fn new() -> Self {
        Hangups {
            #[cfg(unix)]
            signal: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok(),
        }
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.signal
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending().await
    }
}
