//! Parses SQL text, within limits. Refuses texts that are too long or nested too deeply, or that the parser would read
//! differently from PostgreSQL.

use sqlparser::ast::Statement;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, Whitespace};

use super::refusal::{Refusal, unsupported};
use super::{grammar, stack};
use crate::data::lexer::Lexer;

/// Deeper nesting is refused.
const DEEPEST: usize = 100;
/// Above this, the parser may fail for nesting: some syntax takes several of its levels.
const DEEP: usize = DEEPEST / 4;
/// Delimiters of marks in a tree: control characters that no accepted statement contains.
pub const OPENS: char = '\u{1}';
pub const CLOSES: char = '\u{2}';

/// A text with more tokens is refused: each takes some hundred bytes during planning.
const MOST_TOKENS: usize = 1_000_000;

/// The same for blanks, which the parser also stores as tokens.
const MOST_BLANKS: usize = 4_000_000;

/// A text that can be parsed.
pub struct Tokens {
    pub(super) tokens: Vec<TokenWithSpan>,
    /// An upper bound of the depth of this text's trees.
    pub levels: usize,
}

impl Tokens {
    pub fn of(sql: &str) -> Result<Tokens, Refusal> {
        // A shorter text cannot have more tokens.
        if sql.len() > MOST_TOKENS {
            let size = Lexer::size(sql);
            if size.tokens > MOST_TOKENS || size.blanks > MOST_BLANKS {
                return Err(unsupported(&format!(
                    "a text of more than {MOST_TOKENS} tokens, or {MOST_BLANKS} blanks; bind its values as one array, \
                         as in x = ANY ($1)"
                )));
            }
        }
        if sql.contains([OPENS, CLOSES]) {
            return Err(Refusal::Unreadable("it contains a control character".into()));
        }
        let tokens = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize_with_location();
        let tokens = tokens.map_err(|error| Refusal::Unreadable(format!("sql parser error: {error}")))?;
        let mut tokens = continued(tokens);
        if let Some(ambiguity) = escapes(sql, &tokens).or_else(|| grammar::tokens(&mut tokens)) {
            return Err(Refusal::Unreadable(ambiguity.to_owned()));
        }
        if stack::open_joins(&tokens) > DEEPEST {
            return Err(unsupported(&format!(
                "more than {DEEPEST} nested joins; write each condition directly after its join"
            )));
        }
        Ok(Tokens { levels: stack::levels(&tokens), tokens })
    }

    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The statements of the text.
    pub fn parse(self) -> Result<Vec<Statement>, Refusal> {
        let parser = Parser::new(&PostgreSqlDialect {}).with_recursion_limit(DEEPEST);
        // Where the parser stops for depth, it may name a word that has nothing to do with it.
        let depth = stack::depth(&self.tokens);
        let mut parser = parser.with_tokens_with_locations(self.tokens);
        let statements = parser.parse_statements().map_err(|error| match depth > DEEP {
            true => unsupported(&format!(
                "CASE or parentheses {depth} deep within each other; make the statement flatter, or bind what a part of it gives ({error})"
            )),
            false => Refusal::Unreadable(error.to_string()),
        })?;
        // The parser takes END for the end of a block, and reads no further.
        match &parser.peek_token_ref().token {
            Token::EOF => Ok(statements),
            token => Err(Refusal::Unreadable(format!(
                "{token} is not allowed here; put it in double quotes if it is a \
                 name"
            ))),
        }
    }
}

/// Makes one of literals that go on in a later line, as in `'a'` above `'b'`. With escapes in that line it is another matter.
fn continued(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut joined: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    // Where the last literal stands, and whether a line has ended since.
    let mut open: Option<(usize, bool)> = None;
    for token in tokens {
        match (&token.token, open) {
            (Token::Whitespace(Whitespace::Newline | Whitespace::SingleLineComment { .. }), Some((at, _))) => {
                open = Some((at, true));
            }
            (Token::Whitespace(Whitespace::Space | Whitespace::Tab), Some(_)) => {}
            (Token::SingleQuotedString(more), Some((at, true))) => {
                let is_joined = match &mut joined[at].token {
                    Token::SingleQuotedString(text) => {
                        text.push_str(more);
                        true
                    }
                    Token::EscapedStringLiteral(text) if !more.contains('\\') => {
                        text.push_str(more);
                        true
                    }
                    _ => false,
                };
                if is_joined {
                    joined.truncate(at + 1);
                    open = Some((at, false));
                    continue;
                }
                open = None;
            }
            (Token::SingleQuotedString(_) | Token::EscapedStringLiteral(_), _) => open = Some((joined.len(), false)),
            _ => open = None,
        }
        joined.push(token);
    }
    joined
}

/// Literals with escapes that the tokenizer reads differently from PostgreSQL, or that contain a delimiter of marks.
fn escapes(sql: &str, tokens: &[TokenWithSpan]) -> Option<&'static str> {
    let mut escaped = false;
    for token in tokens {
        if let Token::EscapedStringLiteral(value) | Token::UnicodeStringLiteral(value) = &token.token {
            escaped = true;
            if value.contains([OPENS, CLOSES]) {
                return Some("a literal contains a control character; bind its value");
            }
        }
    }
    (escaped && sql.contains("\\v")).then_some("a literal contains the escape \\v; bind its value")
}
