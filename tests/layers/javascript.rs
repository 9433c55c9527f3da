//! The rooms of `js/`: which may import which, and which files import each other.

use std::collections::BTreeSet;

use crate::circles;

/// Every room of `js/` and its floor: a directory, or a file at the top. Imports go downwards only; two rooms of one
/// floor do not know each other.
const FLOORS: [(&str, u8); 17] = [
    // Every room may use these.
    ("describe", 0),
    ("errors", 0),
    ("limits", 0),
    ("logger", 0),
    ("platform", 0),
    ("config", 1),
    ("native", 1),
    ("cli", 2),
    ("knex", 2),
    ("bin", 3),
    ("notifications", 3),
    ("push", 3),
    ("sync", 4),
    ("http", 5),
    ("handle", 6),
    ("create", 7),
    ("index", 8),
];

fn floor(room: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == room).map(|(_, floor)| *floor)
}

pub fn has_floor(room: &str) -> bool {
    floor(room).is_some()
}

/// `js/knex/client.js` is in `knex`; `js/errors.js` is a room of its own.
pub fn room(file: &str) -> String {
    let path = file.strip_prefix("js/").unwrap_or(file);
    let first = path.split('/').next().unwrap_or_default();
    let first = first.strip_suffix(".mjs").or_else(|| first.strip_suffix(".js")).unwrap_or(first);
    first.to_owned()
}

/// The broken rules of one file, each as a sentence with the place.
pub fn broken(file: &str, text: &str) -> Vec<String> {
    let user = room(file);
    let mut broken = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for import in imports_in(line) {
            let path = joined(file, import);
            if !path.starts_with("js/") {
                continue;
            }
            let used = room(&path);
            if used != user && floor(&user).zip(floor(&used)).is_none_or(|(user, used)| used >= user) {
                broken.push(format!(
                    "{file}:{}: imports go downwards only, and js/{used} is not below js/{user}: {import}",
                    index + 1
                ));
            }
        }
    }
    broken
}

/// What each JavaScript file requires or imports of others.
pub fn imports_of(files: &[(String, String)]) -> circles::Imports {
    let known: BTreeSet<_> = files.iter().map(|(file, _)| file).collect();
    let resolved = |file: &str, import: &str| {
        let path = joined(file, import);
        ["", ".js", ".mjs", "/index.js"].iter().map(|end| format!("{path}{end}")).find(|file| known.contains(file))
    };
    let used_by = |file: &str, text: &str| {
        let used: BTreeSet<_> = text.lines().flat_map(imports_in).filter_map(|import| resolved(file, import)).collect();
        used.into_iter().filter(|used| used != file).collect()
    };
    files.iter().map(|(file, text)| (file.clone(), used_by(file, text))).collect()
}

/// The relative files that a line requires or imports.
fn imports_in(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, _) in line.match_indices(['\'', '"']) {
        let before = line[..at].trim_end();
        let after = &line[at + 1..];
        if ["require(", "import(", "from", "import"].iter().any(|word| before.ends_with(word))
            && after.starts_with('.')
            && let Some(end) = after.find(['\'', '"'])
        {
            found.push(&after[..end]);
        }
    }
    found
}

/// `relative` as seen from `file`, both with `/`.
fn joined(file: &str, relative: &str) -> String {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in relative.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

mod the_rules_can_be_broken {
    use super::*;

    #[test]
    fn by_an_import_that_goes_up_or_sideways() {
        for line in
            ["require('../http/load')", "import x from \"../http/load.js\"", "await import('./../http/load.js')"]
        {
            let broken = broken("js/knex/client.js", line);
            assert!(broken.len() == 1 && broken[0].contains("js/http is not below js/knex"), "{line}: {broken:?}");
        }
        for (file, line) in [
            ("js/notifications/listen.js", "require('../http/tenant-context')"),
            ("js/native/client.js", "require('../knex/client')"),
            ("js/push/sending.js", "require('../http/tenant-context')"),
            ("js/errors.js", "require('./describe')"),
            ("js/knex/client.js", "require('../nowhere')"),
            ("js/create.js", "require('./index')"),
        ] {
            assert_eq!(broken(file, line).len(), 1, "{file}: {line}");
        }
        for (file, line) in [
            ("js/knex/client.js", "require('../errors'); require('./mtdd'); require('http'); import('..').Public"),
            ("js/index.js", "require('./handle'); require('./knex/client')"),
            ("js/platform.js", "require('../package.json')"),
        ] {
            assert!(broken(file, line).is_empty(), "{file}: {line}");
        }
    }

    #[test]
    fn by_files_that_import_each_other() {
        let files =
            [("js/a.js", "require('./b')"), ("js/b/index.js", "import('../a.js')"), ("js/c.js", "require('./a')")];
        let imports = imports_of(&files.map(|(file, text)| (file.to_owned(), text.to_owned())));
        assert_eq!(circles::circles(&imports), [["js/a.js", "js/b/index.js"]]);
    }
}
