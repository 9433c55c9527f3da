//! Finds files that import each other in a circle.

use std::collections::BTreeMap;

/// Which file imports which others.
pub type Imports = BTreeMap<String, Vec<String>>;

/// The circles, each as its files in order. Files that import each other by whatever detour are one circle.
pub fn circles(imports: &Imports) -> Vec<Vec<String>> {
    let mut search = Search { imports, seen: BTreeMap::new(), open: Vec::new(), circles: Vec::new() };
    for file in imports.keys() {
        if !search.seen.contains_key(file.as_str()) {
            search.visit(file);
        }
    }
    search.circles.sort();
    search.circles
}

/// The arrows of a circle, for a failure's text.
pub fn arrows(circle: &[String], imports: &Imports) -> Vec<String> {
    let from = |file: &String| {
        let inside = imports[file].iter().filter(|used| circle.contains(used)).cloned().collect::<Vec<_>>();
        format!("{file} -> {}", inside.join(", "))
    };
    circle.iter().map(from).collect()
}

/// Tarjan's search for strongly connected components.
struct Search<'a> {
    imports: &'a Imports,
    /// Of each file visited: when, and the earliest one that it leads back to.
    seen: BTreeMap<&'a str, (usize, usize)>,
    open: Vec<&'a str>,
    circles: Vec<Vec<String>>,
}

impl<'a> Search<'a> {
    fn visit(&mut self, file: &'a str) -> usize {
        let number = self.seen.len();
        self.seen.insert(file, (number, number));
        self.open.push(file);
        let mut earliest = number;
        for used in self.imports.get(file).into_iter().flatten() {
            let leads_to = match self.seen.get(used.as_str()) {
                None => self.visit(used),
                Some(&(number, _)) if self.open.contains(&used.as_str()) => number,
                Some(_) => continue,
            };
            earliest = earliest.min(leads_to);
        }
        self.seen.insert(file, (number, earliest));
        if earliest == number {
            let at = self.open.iter().position(|open| *open == file).unwrap_or_default();
            let mut circle: Vec<String> = self.open.split_off(at).into_iter().map(str::to_owned).collect();
            circle.sort();
            if circle.len() > 1 {
                self.circles.push(circle);
            }
        }
        earliest
    }
}

mod tests {
    use super::*;

    fn imports(arrows: &[(&str, &[&str])]) -> Imports {
        let owned = |used: &[&str]| used.iter().map(|name| (*name).to_owned()).collect();
        arrows.iter().map(|(file, used)| ((*file).to_owned(), owned(used))).collect()
    }

    #[test]
    fn a_house_without_circles_has_none() {
        assert!(circles(&imports(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &[])])).is_empty());
    }

    #[test]
    fn each_circle_is_found_once_and_whole() {
        let house = imports(&[
            ("a", &["b"]),
            ("b", &["c"]),
            ("c", &["a", "d"]),
            ("d", &["e"]),
            ("e", &["d"]),
            ("f", &["a", "f"]),
        ]);
        assert_eq!(circles(&house), [vec!["a", "b", "c"], vec!["d", "e"]]);
        assert_eq!(arrows(&circles(&house)[1], &house), ["d -> e", "e -> d"]);
    }
}
