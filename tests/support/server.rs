//! `mtdd-server` as a child process: its announcement, its log, its end. Killed when dropped.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A server that has announced itself.
pub struct Server {
    pub address: SocketAddr,
    /// The announcement, as it stood on stdout.
    pub announcement: String,
    child: Child,
    log: Option<JoinHandle<String>>,
}

/// The binary with these arguments, and none of the environment's own settings.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mtdd-server"));
    command.args(arguments).stdin(Stdio::null()).env_remove("DATABASE_URL");
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MTDD_")) {
        command.env_remove(name);
    }
    command
}

/// Runs a server that is expected not to start: its exit code, and what it said on stderr.
pub fn refusal(arguments: &[&str]) -> (Option<i32>, String) {
    refusal_of(command(arguments))
}

/// The same for a command with an environment of its own.
pub fn refusal_of(mut command: Command) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(stdout.is_empty(), "announced: {}", String::from_utf8_lossy(&stdout));
    (status.code(), String::from_utf8(stderr).unwrap())
}

impl Server {
    /// Starts a server and waits for its announcement.
    pub fn start(arguments: &[&str]) -> Server {
        Server::spawn(command(arguments))
    }

    /// The same for a command with an environment of its own.
    pub fn spawn(mut command: Command) -> Server {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        // Read all the time, or a full pipe would stop the server.
        let log = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = stderr.read_to_string(&mut text);
            text
        });
        let mut announcement = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut announcement).unwrap();
        if announcement.is_empty() {
            panic!("did not start: {}", log.join().unwrap());
        }
        let parsed: serde_json::Value = serde_json::from_str(&announcement).unwrap();
        let address = parsed["address"].as_str().unwrap().parse().unwrap();
        Server { address, announcement, child, log: Some(log) }
    }

    /// The id of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for the end: how it ended, and what it logged.
    pub fn wait(mut self) -> (ExitStatus, String) {
        let since = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, self.log.take().unwrap().join().unwrap());
            }
            assert!(since.elapsed() < Duration::from_secs(20), "the server does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
