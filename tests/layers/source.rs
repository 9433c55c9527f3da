//! Reads the paths that a Rust source mentions, as far as the rules need it: comments and literals skipped, `use` trees
//! flattened, `self` and `super` resolved. Not a parser: macros are read as if they were plain code.

/// A path, such as `["crate", "plan", "Plan"]`, and the line that mentions it.
#[derive(Debug, PartialEq, Eq)]
pub struct Mention {
    pub line: usize,
    pub path: Vec<String>,
}

/// The word of a source, with its line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Token {
    line: usize,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Word(String),
    /// `::`
    Separator,
    Sign(char),
}

/// Every path in `text`, the source of `module` (`["plan", "parse"]` for `src/plan/parse.rs`).
pub fn paths(text: &str, module: &[String]) -> Vec<Mention> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    // The inline modules around the current token, with the depth of braces at which each ends.
    let mut inline: Vec<(String, usize)> = Vec::new();
    let mut depth = 0;
    let mut at = 0;
    while at < tokens.len() {
        let line = tokens[at].line;
        match &tokens[at].kind {
            Kind::Sign('{') => depth += 1,
            Kind::Sign('}') => {
                depth -= 1;
                inline.retain(|(_, end)| *end < depth + 1);
            }
            Kind::Word(word) if word == "mod" => {
                if let (Some(Kind::Word(name)), Some(Kind::Sign('{'))) = (kind(&tokens, at + 1), kind(&tokens, at + 2))
                {
                    inline.push((name.clone(), depth + 1));
                }
            }
            Kind::Word(word) if word == "use" => {
                let here: Vec<String> = module.iter().chain(inline.iter().map(|(name, _)| name)).cloned().collect();
                let mut flat = Vec::new();
                at = use_tree(&tokens, at + 1, &[], &mut flat);
                found.extend(flat.into_iter().map(|path| Mention { line, path: resolve(path, &here) }));
                continue;
            }
            Kind::Word(_) if starts_a_path(&tokens, at) => {
                let here: Vec<String> = module.iter().chain(inline.iter().map(|(name, _)| name)).cloned().collect();
                let mut path = Vec::new();
                while let Some(Kind::Word(word)) = kind(&tokens, at) {
                    path.push(word.clone());
                    if kind(&tokens, at + 1) != Some(&Kind::Separator) {
                        break;
                    }
                    at += 2;
                }
                found.push(Mention { line, path: resolve(path, &here) });
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// The lines on which `word` stands as code.
pub fn lines_with_word(text: &str, word: &str) -> Vec<usize> {
    let is_it = |token: &Token| matches!(&token.kind, Kind::Word(found) if found == word);
    tokens(text).iter().filter(|token| is_it(token)).map(|token| token.line).collect()
}

fn kind(tokens: &[Token], at: usize) -> Option<&Kind> {
    tokens.get(at).map(|token| &token.kind)
}

/// True for a word that `::` follows and that is no later part of a path itself.
fn starts_a_path(tokens: &[Token], at: usize) -> bool {
    if kind(tokens, at + 1) != Some(&Kind::Separator) {
        return false;
    }
    match at.checked_sub(1).and_then(|before| kind(tokens, before)) {
        // `::std` is a start, `a::b` and `A<B>::c` are not.
        Some(Kind::Separator) => {
            !matches!(at.checked_sub(2).and_then(|b| kind(tokens, b)), Some(Kind::Word(_) | Kind::Sign('>')))
        }
        _ => true,
    }
}

/// Reads a `use` tree from `at` on; gives the place after it.
fn use_tree(tokens: &[Token], mut at: usize, prefix: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let mut path = prefix.to_vec();
    loop {
        match kind(tokens, at) {
            Some(Kind::Word(word)) if word == "as" => at += 2,
            Some(Kind::Word(word)) => {
                path.push(word.clone());
                at += 1;
            }
            Some(Kind::Sign('*')) => {
                path.push("*".to_owned());
                at += 1;
            }
            Some(Kind::Separator) => at += 1,
            Some(Kind::Sign('{')) => {
                at += 1;
                while kind(tokens, at).is_some_and(|kind| *kind != Kind::Sign('}')) {
                    at = use_tree(tokens, at, &path, found);
                    if kind(tokens, at) == Some(&Kind::Sign(',')) {
                        at += 1;
                    }
                }
                return at + 1;
            }
            _ => {
                // `plan::{self, Plan}` names `plan`.
                if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
                    path.pop();
                }
                if path.len() > prefix.len() || !prefix.is_empty() {
                    found.push(path);
                }
                return at;
            }
        }
    }
}

/// A path as seen from the crate's root, if it starts with `self` or `super`.
fn resolve(path: Vec<String>, module: &[String]) -> Vec<String> {
    let mut here = module.to_vec();
    let ups = path.iter().take_while(|word| *word == "super" || *word == "self").count();
    if ups == 0 {
        return path;
    }
    for word in &path[..ups] {
        if word == "super" {
            here.pop();
        }
    }
    std::iter::once("crate".to_owned()).chain(here).chain(path[ups..].iter().cloned()).collect()
}

fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let peek = |at: usize| chars.get(at).copied().unwrap_or('\0');
    let mut tokens = Vec::new();
    let mut line = 1;
    let mut at = 0;
    while at < chars.len() {
        let start = at;
        let first_line = line;
        let kind = match chars[at] {
            '/' if peek(at + 1) == '/' => {
                while at < chars.len() && chars[at] != '\n' {
                    at += 1;
                }
                None
            }
            '/' if peek(at + 1) == '*' => {
                at = after_block_comment(&chars, at);
                None
            }
            '"' => {
                at = after_string(&chars, at);
                None
            }
            '\'' if peek(at + 1) == '\\' || peek(at + 2) == '\'' => {
                // The character after a backslash may be a quote.
                at += if peek(at + 1) == '\\' { 3 } else { 2 };
                while at < chars.len() && chars[at] != '\'' {
                    at += 1;
                }
                at += 1;
                None
            }
            c if c.is_alphanumeric() || c == '_' => {
                while peek(at).is_alphanumeric() || peek(at) == '_' {
                    at += 1;
                }
                let word: String = chars[start..at].iter().collect();
                if ["r", "br", "cr"].contains(&word.as_str()) && (peek(at) == '"' || raw_quotes(&chars, at) > 0) {
                    at = after_raw_string(&chars, at);
                    None
                } else {
                    Some(Kind::Word(word))
                }
            }
            ':' if peek(at + 1) == ':' => {
                at += 2;
                Some(Kind::Separator)
            }
            c => {
                at += 1;
                (!c.is_whitespace()).then_some(Kind::Sign(c))
            }
        };
        line += chars[start..at.min(chars.len())].iter().filter(|c| **c == '\n').count();
        tokens.extend(kind.map(|kind| Token { line: first_line, kind }));
    }
    tokens
}

/// How many `#` stand before the quote of a raw string; 0 if none starts here.
fn raw_quotes(chars: &[char], at: usize) -> usize {
    let marks = chars[at..].iter().take_while(|c| **c == '#').count();
    if chars.get(at + marks) == Some(&'"') { marks } else { 0 }
}

fn after_raw_string(chars: &[char], mut at: usize) -> usize {
    let marks = raw_quotes(chars, at);
    at += marks + 1;
    while at < chars.len() {
        let closes = chars[at] == '"' && chars[at + 1..].iter().take_while(|c| **c == '#').count() >= marks;
        at += 1;
        if closes {
            return at + marks;
        }
    }
    at
}

fn after_string(chars: &[char], mut at: usize) -> usize {
    at += 1;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

fn after_block_comment(chars: &[char], mut at: usize) -> usize {
    let mut depth = 0;
    while at + 1 < chars.len() {
        match (chars[at], chars[at + 1]) {
            ('/', '*') => (depth, at) = (depth + 1, at + 2),
            ('*', '/') => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    chars.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(usize, String)> {
        let module = ["plan".to_owned(), "parse".to_owned()];
        paths(text, &module).into_iter().map(|mention| (mention.line, mention.path.join("::"))).collect()
    }

    #[test]
    fn use_trees_are_flattened() {
        let text = "use crate::{client, data::{self, Row as R, rows::*}};\npub use tonic::transport::Server;";
        let expected = ["crate::client", "crate::data", "crate::data::Row", "crate::data::rows::*"];
        let expected: Vec<_> = expected.iter().map(|path| (1, (*path).to_owned())).collect();
        assert_eq!(found(text)[..4], expected);
        assert_eq!(found(text)[4], (2, "tonic::transport::Server".to_owned()));
    }

    #[test]
    fn paths_outside_of_use_are_found() {
        assert_eq!(
            found("fn f(x: crate::client::X) -> Vec<std::fs::File> { ::napi::y::<u8>(); a.b::<c::D>() }"),
            [(1, "crate::client::X"), (1, "std::fs::File"), (1, "napi::y"), (1, "b"), (1, "c::D")]
                .map(|(line, path)| (line, path.to_owned()))
        );
    }

    #[test]
    fn super_is_resolved_also_in_inline_modules() {
        let text = "use super::x;\nmod tests {\n use super::super::y; use super::z;\n}\nuse super::super::client::C;";
        let expected =
            [(1, "crate::plan::x"), (3, "crate::plan::y"), (3, "crate::plan::parse::z"), (5, "crate::client::C")];
        assert_eq!(found(text), expected.map(|(line, path)| (line, path.to_owned())));
    }

    #[test]
    fn comments_and_literals_are_not_code() {
        let text = "// crate::a::b\n/* crate::a /* crate::b */ crate::c */ \"crate::d \\\" crate::e\" r#\"crate::\"f\"# '\"' \
                    '\\'' 'l: loop {} &'a x::y";
        assert_eq!(found(text), [(2, "x::y".to_owned())]);
        assert!(lines_with_word("// unsafe\n\"unsafe\" unsafe_code", "unsafe").is_empty());
        assert_eq!(lines_with_word("a\nunsafe {}", "unsafe"), [2]);
    }
}
