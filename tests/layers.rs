//! The house rules that a compiler does not check: which room may use which, where each external crate has its home,
//! where `unsafe` may stand, and that ARCHITECTURE.md names only what exists. A failure quotes the rule and the line.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "layers/circles.rs"]
mod circles;
#[path = "layers/javascript.rs"]
mod javascript;
#[path = "layers/source.rs"]
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Every room of `src/` and its floor. Imports go downwards only; two rooms of one floor do not know each other.
const FLOORS: [(&str, u8); 18] = [
    ("data", 0),
    ("dial", 0),
    ("js_log", 0),
    ("plan", 1),
    ("channel", 1),
    ("lookup", 1),
    ("route", 2),
    ("scatter", 3),
    ("gather", 3),
    ("client", 4),
    ("console", 4),
    ("postgres", 4),
    ("serve", 4),
    ("addon", 5),
    ("query_server", 5),
    ("lookup_server", 5),
    ("tracking", 5),
    ("bin", 6),
];

/// The ground: every room may use these, and they use only each other.
const GROUND: [&str; 6] = ["error", "proto", "shutdown", "readiness", "deadline", "telemetry"];

const SERVERS: [&str; 6] = ["serve", "postgres", "console", "query_server", "lookup_server", "tracking"];
const CLIENT_SIDE: [&str; 9] = ["client", "plan", "gather", "scatter", "channel", "route", "lookup", "js_log", "addon"];

/// Paths (by their beginning) that only some rooms may name.
const HOMES: [(&str, &[&str]); 27] = [
    ("hyper_util", &["dial"]),
    ("hashbrown", &["gather"]),
    ("napi", &["addon"]),
    ("napi_derive", &["addon"]),
    ("sqlparser", &["plan"]),
    ("stacker", &["plan"]),
    ("tokio_postgres", &["postgres", "lookup_server", "query_server", "tracking"]),
    ("postgres_protocol", &["postgres", "query_server", "tracking"]),
    ("clap", &["console", "serve", "query_server", "lookup_server", "tracking", "bin"]),
    ("tracing_subscriber", &["telemetry", "serve"]),
    ("tonic_health", &["serve"]),
    ("tonic::transport::Channel", &["channel", "lookup", "dial", "query_server"]),
    ("tonic::transport::Endpoint", &["channel", "lookup", "dial"]),
    ("tonic::transport::ClientTlsConfig", &["channel", "lookup", "dial"]),
    ("tonic::transport::channel", &["channel", "lookup", "dial"]),
    ("tonic::transport::Server", &["serve", "query_server", "lookup_server"]),
    ("tonic::transport::ServerTlsConfig", &["serve", "query_server", "lookup_server"]),
    ("tonic::transport::server", &["serve", "query_server", "lookup_server"]),
    ("tonic::service", &["serve", "query_server", "lookup_server"]),
    ("crate::proto::db_service_client", &["channel"]),
    ("crate::proto::lookup_service_client", &["lookup", "query_server"]),
    ("crate::proto::db_service_server", &["query_server"]),
    ("crate::proto::lookup_service_server", &["lookup_server"]),
    ("crate::proto::legacy_db::db_service_client", &["channel"]),
    ("crate::proto::legacy_lookup::lookup_service_client", &["lookup"]),
    ("crate::proto::legacy_db::db_service_server", &["query_server"]),
    ("crate::proto::legacy_lookup::lookup_service_server", &["lookup_server"]),
];

/// `data`, `plan` and `gather` compute; they neither wait nor touch the world.
const PURE: [&str; 3] = ["data", "plan", "gather"];
const WORLD: [&str; 7] = ["tokio", "tonic", "std::fs", "std::net", "std::process", "std::thread", "std::env"];

/// Lines of the longest source file; a longer one has more than one meaning.
const LONGEST_FILE: usize = 500;

#[test]
fn every_rust_room_has_a_floor() {
    let rooms: BTreeSet<String> = rust_files().iter().filter_map(|(file, _)| room(file)).collect();
    for room in rooms {
        assert!(
            floor(&room).is_some() || GROUND.contains(&room.as_str()),
            "src/{room} stands on no floor: add it to FLOORS in tests/layers and to ARCHITECTURE.md"
        );
    }
}

#[test]
fn rust_rooms_use_only_what_they_may() {
    let broken: Vec<String> = rust_files().iter().flat_map(|(file, text)| broken_in_rust(file, text)).collect();
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

#[test]
fn every_javascript_room_has_a_floor() {
    for (file, _) in javascript_files() {
        let room = javascript::room(&file);
        assert!(
            javascript::has_floor(&room),
            "js/{room} stands on no floor: add it to FLOORS in tests/layers/javascript.rs and to ARCHITECTURE.md"
        );
    }
}

#[test]
fn javascript_rooms_use_only_what_they_may() {
    let files = javascript_files();
    let broken: Vec<String> = files.iter().flat_map(|(file, text)| javascript::broken(file, text)).collect();
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

#[test]
fn no_javascript_files_import_each_other_in_a_circle() {
    let imports = javascript::imports_of(&javascript_files());
    let circles = circles::circles(&imports);
    assert!(circles.is_empty(), "\n{}\n", shown(&circles, &imports));
}

/// A module's use of a child that it declares itself does not count: the child is a part of it, and may use it back.
#[test]
fn no_rust_files_import_each_other_in_a_circle() {
    let files: Vec<_> = rust_files().into_iter().filter(|(file, _)| !is_test(file)).collect();
    let imports = rust_imports(&files);
    let circles = circles::circles(&imports);
    assert!(circles.is_empty(), "\n{}\n", shown(&circles, &imports));
}

fn shown(circles: &[Vec<String>], imports: &circles::Imports) -> String {
    circles.iter().map(|circle| circles::arrows(circle, imports).join("\n")).collect::<Vec<_>>().join("\n\n")
}

#[test]
fn no_file_is_longer_than_one_meaning() {
    let sources = rust_files().into_iter().chain(javascript_files());
    let long: Vec<_> = sources.filter(|(_, text)| text.lines().count() > LONGEST_FILE).map(|(file, _)| file).collect();
    assert!(long.is_empty(), "longer than {LONGEST_FILE} lines: {long:?}");
}

#[test]
fn every_path_that_the_architecture_names_exists() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let named = named_paths(&text);
    assert!(!named.is_empty(), "ARCHITECTURE.md names no path");
    let missing: Vec<_> = named.iter().filter(|path| !root().join(path).exists()).collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md names what does not exist: {missing:?}");
}

/// The broken rules of one Rust file, each as a sentence with the place.
fn broken_in_rust(file: &str, text: &str) -> Vec<String> {
    // lib.rs declares the rooms, and is none.
    let room = room(file).unwrap_or_else(|| "lib".to_owned());
    let mut broken = Vec::new();
    for line in source::lines_with_word(text, "unsafe").into_iter().filter(|_| room != "addon") {
        broken.push(format!("{file}:{line}: `unsafe` stands only in `addon`"));
    }
    for mention in source::paths(text, &module(file)) {
        let mut path = mention.path;
        // The binary sees the library from outside.
        if path[0] == "mtdd" {
            path[0] = "crate".to_owned();
        } else if room == "bin" && path[0] == "crate" {
            continue;
        }
        let line = mention.line;
        broken.extend(
            broken_by_path(&room, is_test(file), &path)
                .map(|rule| format!("{file}:{line}: {} : {rule}", path.join("::"))),
        );
    }
    broken.sort();
    broken.dedup();
    broken
}

/// True for a file that holds nothing but a room's tests.
fn is_test(file: &str) -> bool {
    file.ends_with("/tests.rs") || file.contains("/tests/")
}

/// The rule that `room` breaks by naming `path`. What a room's tests run is not what the room does.
fn broken_by_path(room: &str, is_test: bool, path: &[String]) -> Option<String> {
    if room == "lib" {
        return None;
    }
    let text = path.join("::");
    for (start, homes) in HOMES {
        if is_within(&text, start) && !homes.contains(&room) {
            return Some(format!("`{start}` has its home in {}, not in `{room}`", homes.join(", ")));
        }
    }
    if ["tonic::transport", "tonic::transport::*"].contains(&text.as_str()) {
        return Some(
            "name what is used of `tonic::transport`, so that it shows on which side of the wire it is".into(),
        );
    }
    if PURE.contains(&room)
        && !is_test
        && let Some(start) = WORLD.iter().find(|start| is_within(&text, start))
    {
        return Some(format!("`{room}` is pure: no IO and no waiting, so no `{start}`"));
    }
    let used = path.get(1).filter(|_| path[0] == "crate")?.as_str();
    if used == room || GROUND.contains(&used) {
        return None;
    }
    let below = floor(used)?;
    if GROUND.contains(&room) {
        return Some(format!("`{room}` is for every room, and so uses none"));
    }
    if SERVERS.contains(&room) && CLIENT_SIDE.contains(&used) {
        return Some(format!("the servers know nothing of the client's side, where `{used}` is"));
    }
    if CLIENT_SIDE.contains(&room) && SERVERS.contains(&used) {
        return Some(format!("the client's side knows nothing of the servers, where `{used}` is"));
    }
    if used == "serve" && room != "bin" {
        return Some("a service does not know what serves it: `bin` brings them together".into());
    }
    let own = floor(room)?;
    (below >= own).then(|| format!("imports go downwards only: `{used}` is on floor {below}, `{room}` on floor {own}"))
}

fn is_within(path: &str, start: &str) -> bool {
    path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn floor(room: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == room).map(|(_, floor)| *floor)
}

/// `src/plan/parse.rs` and `src/plan.rs` are in `plan`; `src/lib.rs` is in no room.
fn room(file: &str) -> Option<String> {
    let first = file.strip_prefix("src/")?.split('/').next()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    (name != "lib").then(|| name.to_owned())
}

/// The module that a file is: `src/plan/mod.rs` is `plan`, `src/plan/parse.rs` is `plan::parse`.
fn module(file: &str) -> Vec<String> {
    let path = file.strip_prefix("src/").unwrap_or(file);
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let mut module: Vec<String> = path.split('/').map(str::to_owned).collect();
    if ["mod", "lib"].contains(&module[module.len() - 1].as_str()) {
        module.pop();
    }
    module
}

/// The file that a path leads to: of the longest module that it begins with.
fn file_of<'a>(path: &[String], modules: &'a BTreeMap<Vec<String>, String>) -> Option<&'a String> {
    let path = path.strip_prefix(&["crate".to_owned()][..])?;
    (1..=path.len()).rev().find_map(|end| modules.get(&path[..end]))
}

/// What each Rust file names of other files, save for the modules that it declares itself: it is made of them.
fn rust_imports(files: &[(String, String)]) -> circles::Imports {
    let modules: BTreeMap<Vec<String>, String> =
        files.iter().map(|(file, _)| (module(file), file.clone())).filter(|(module, _)| !module.is_empty()).collect();
    let used_by = |file: &String, text: &String| {
        let mentions = source::paths(text, &module(file));
        let used: BTreeSet<_> = mentions.iter().filter_map(|mention| file_of(&mention.path, &modules)).collect();
        used.into_iter().filter(|used| *used != file).cloned().collect()
    };
    files.iter().map(|(file, text)| (file.clone(), used_by(file, text))).collect()
}

/// What a Markdown text names of this repository: link targets, and code spans that look like a path. Fenced blocks
/// are drawings, and are not read.
fn named_paths(text: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for prose in text.split("```").step_by(2) {
        let links = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let links = links.filter(|link| !link.contains("://") && !link.starts_with('#'));
        let spans = prose.split('`').skip(1).step_by(2).filter(|span| looks_like_a_path(span));
        for path in links.chain(spans) {
            named.insert(path.split('#').next().unwrap_or(path).to_owned());
        }
    }
    named
}

fn looks_like_a_path(span: &str) -> bool {
    let plain = span.chars().all(|c| c.is_ascii_alphanumeric() || "./_-".contains(c));
    let top = span.split('/').next().unwrap_or_default();
    let in_a_directory = span.contains('/')
        && ["src", "js", "proto", "tests", "__test__", "testkit", "scripts", "examples", "benches", "npm", ".ci"]
            .contains(&top);
    let ends_as_a_file =
        [".rs", ".js", ".mjs", ".ts", ".toml", ".json", ".proto", ".md"].iter().any(|end| span.ends_with(end));
    plain && (in_a_directory || ends_as_a_file && !span.starts_with('.'))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files() -> Vec<(String, String)> {
    let files = files("src", &["rs"]);
    assert!(files.iter().any(|(file, _)| file == "src/lib.rs"), "src/ was not found");
    files
}

fn javascript_files() -> Vec<(String, String)> {
    let files = files("js", &["js", "mjs"]);
    assert!(files.iter().any(|(file, _)| file == "js/index.js"), "js/ was not found");
    files
}

/// The files below a directory with one of these endings: name from the root with `/`, and text.
fn files(directory: &str, endings: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut left: Vec<PathBuf> = vec![root().join(directory)];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted)) {
            let parts = path.strip_prefix(root()).unwrap().components();
            let name = parts.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
            found.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
    found.sort();
    found
}

mod the_rules_can_be_broken {
    use super::*;

    #[track_caller]
    fn refused(file: &str, text: &str, rule: &str) {
        let broken = broken_in_rust(file, text);
        assert!(broken.len() == 1 && broken[0].contains(rule), "{file}: {text}: {broken:?}");
    }

    #[track_caller]
    fn allowed(file: &str, text: &str) {
        assert_eq!(broken_in_rust(file, text), Vec::<String>::new(), "{text}");
    }

    #[test]
    fn by_an_import_that_goes_up_or_sideways() {
        refused("src/plan/mod.rs", "use crate::{data::Row, client::Client};", "imports go downwards only");
        refused("src/plan/mod.rs", "use super::client::Client;", "imports go downwards only");
        refused("src/scatter/mod.rs", "fn f() { crate::gather::g() }", "imports go downwards only");
        refused("src/error.rs", "use crate::data::Row;", "for every room");
        refused("src/gather/mod.rs", "use crate::scatter::Retry;", "imports go downwards only");
        allowed("src/gather/mod.rs", "use crate::plan::Key; use crate::data::row::Rows;");
        allowed("src/scatter/mod.rs", "use crate::plan::Plan; use crate::error::Error; use super::scatter::x;");
        allowed("src/lib.rs", "pub mod plan; pub use client::Client;");
    }

    #[test]
    fn by_crossing_between_client_and_servers() {
        refused("src/serve/mod.rs", "use crate::lookup::Tenant;", "know nothing of the client's side");
        refused("src/query_server/mod.rs", "use crate::plan::Plan;", "know nothing of the client's side");
        refused("src/client/mod.rs", "use crate::postgres::Target;", "knows nothing of the servers");
        refused("src/addon/mod.rs", "use crate::serve::run;", "knows nothing of the servers");
        refused("src/lookup_server/mod.rs", "use crate::serve::Drain;", "a service does not know what serves it");
        allowed("src/query_server/mod.rs", "use crate::data::lexer; use crate::shutdown::Drain;");
        allowed("src/bin/mtdd-server.rs", "use mtdd::serve::{self, run}; use mtdd::{lookup_server, query_server};");
    }

    #[test]
    fn by_an_external_crate_away_from_home() {
        refused("src/client/mod.rs", "use napi::Env;", "`napi` has its home in addon");
        refused("src/route/mod.rs", "let x = tonic::transport::Channel::new();", "has its home in channel");
        refused("src/channel/mod.rs", "use tonic::{Status, transport::{Channel, Server}};", "has its home in serve");
        refused("src/channel/mod.rs", "use tonic::transport;", "name what is used");
        refused("src/bin/mtdd-server.rs", "use mtdd::proto::db_service_client::X;", "has its home in channel");
        allowed("src/channel/mod.rs", "use napi_like::X; use tonic::transport::{Channel, Endpoint, Error};");
    }

    #[test]
    fn by_a_pure_room_that_touches_the_world() {
        refused("src/data/row.rs", "fn f() { std::fs::read(x); }", "`data` is pure");
        refused("src/plan/mod.rs", "use tokio::sync::Mutex;", "`plan` is pure");
        refused("src/gather/mod.rs", "use tokio::sync::Mutex;", "`gather` is pure");
        allowed("src/data/row.rs", "use std::fmt; use bytes::Bytes; use crate::proto::Field;");
        allowed("src/plan/stack/tests.rs", "use std::thread;");
    }

    #[test]
    fn by_files_that_import_each_other() {
        let files = [
            ("src/plan/mod.rs", "mod a; mod b; use a::A; pub enum C {}"),
            ("src/plan/a.rs", "use super::{C, b::B};"),
            ("src/plan/b.rs", "use crate::data::row; use std::fmt; fn f() { super::a::g() } // crate::client"),
            ("src/data/row.rs", "use super::lexer;"),
        ];
        let imports = rust_imports(&files.map(|(file, text)| (file.to_owned(), text.to_owned())));
        assert_eq!(imports["src/plan/b.rs"], ["src/data/row.rs", "src/plan/a.rs"]);
        assert_eq!(circles::circles(&imports), [["src/plan/a.rs", "src/plan/b.rs"]]);
    }

    #[test]
    fn by_unsafe_outside_of_the_addon() {
        refused("src/data/row.rs", "fn f() { unsafe { g() } }", "`unsafe` stands only in `addon`");
        allowed("src/addon/mod.rs", "fn f() { unsafe { g() } }");
    }

    #[test]
    fn by_an_architecture_that_names_what_is_not_there() {
        let text = "[a](src/a.rs#L3) `src/b/` `Cargo.toml` `a.b()` `x/y` `SELECT` [w](https://x/src/c.rs)\n```\nsrc/d.rs\n```\n";
        assert_eq!(named_paths(text), ["Cargo.toml", "src/a.rs", "src/b/"].map(str::to_owned).into());
    }
}
