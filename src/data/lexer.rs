//! Splits SQL text into tokens as PostgreSQL's scanner does, far enough to know where words, strings, comments and
//! parameters begin and end. It does not parse and accepts any text. The query server uses it to decide how to run a
//! text, the client to decide whether a text can be repeated. It can pause anywhere, even inside a literal or a
//! comment, so a long text is read in slices.

mod outline;
#[cfg(test)]
mod tests;

use std::iter;

pub use outline::Outline;

/// A piece of SQL text. Whitespace and comments yield nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// A keyword or an unquoted identifier, as written.
    Word(&'a str),
    /// What stands between double quotes, doubled quotes left as they are.
    Identifier(&'a str),
    /// What stands between the quotes of '...', E'...', B'...', X'...', N'...', U&'...' or $tag$...$tag$, unescaped.
    Literal(&'a str),
    /// `$1`; 0 when the number is out of range.
    Parameter(u32),
    /// A numeric constant, as written.
    Number(&'a str),
    /// Any other character that means something, one at a time.
    Mark(char),
}

/// How many tokens a text has, and how many bytes stand between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextSize {
    pub tokens: usize,
    pub blanks: usize,
}

/// What reading on has led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LexerStep<'a> {
    Token(Token<'a>),
    /// As far as was asked for; `read` goes on from here.
    Paused,
    /// The end of the text.
    End,
}

/// What stands where the lexer does. `start`: where its inside begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LexerState {
    /// Blanks, or the beginning of anything.
    Nothing,
    LineComment,
    /// PostgreSQL's block comments nest.
    BlockComment {
        depth: usize,
    },
    Word {
        start: usize,
    },
    Number {
        start: usize,
    },
    Parameter {
        start: usize,
    },
    /// A doubled quote does not end it.
    Quoted {
        start: usize,
        quote: u8,
    },
    /// E'...', where a backslash makes anything of what follows it. With `standard_conforming_strings` off, '...' too.
    Escaped {
        start: usize,
    },
    /// Behind an E'...' that has ended at `end`, unless it goes on in a later line, with backslashes there too.
    Continued {
        start: usize,
        end: usize,
        new_line: bool,
        comment: bool,
    },
    /// `$tag`: $tag$...$tag$ begins, or it is a mark.
    Tag {
        start: usize,
    },
    DollarQuoted {
        tag: usize,
        start: usize,
    },
}

/// A statement without the semicolon that may end it, and without the comments behind it.
pub fn without_end(sql: &str) -> &str {
    let (mut lexer, mut end) = (Lexer::new(sql), 0);
    while let Some(token) = lexer.next() {
        if token != Token::Mark(';') {
            end = lexer.position();
        }
    }
    &sql[..end]
}

/// Iterates over the tokens of a text.
#[derive(Clone, Debug)]
pub struct Lexer<'a> {
    sql: &'a str,
    /// `standard_conforming_strings` is off.
    escapes: bool,
    at: usize,
    inside: LexerState,
    /// Where the last token began.
    token_at: usize,
}

impl<'a> Lexer<'a> {
    /// Starts at the beginning of `sql`, whose literals are what standard SQL says.
    pub fn new(sql: &'a str) -> Self {
        Lexer { sql, escapes: false, at: 0, inside: LexerState::Nothing, token_at: 0 }
    }

    /// Every way in which PostgreSQL may read `sql`. With `standard_conforming_strings` off, which a connection, a role
    /// or a database can set, a backslash in '...' escapes what follows it, as it does in E'...'.
    pub fn readings(sql: &'a str) -> impl Iterator<Item = Lexer<'a>> {
        let standard = Lexer::new(sql);
        let escaping = Lexer { escapes: true, ..standard.clone() };
        let may_differ = memchr::memchr(b'\\', sql.as_bytes()).is_some();
        iter::once(standard).chain(may_differ.then_some(escaping))
    }

    /// How much there is to read, told by reading it once.
    pub fn size(sql: &'a str) -> TextSize {
        let mut lexer = Lexer::new(sql);
        let mut size = TextSize { tokens: 0, blanks: 0 };
        loop {
            let end = lexer.at;
            if lexer.next().is_none() {
                size.blanks += sql.len() - end;
                return size;
            }
            size.blanks += lexer.token_at - end;
            size.tokens += 1;
        }
    }

    /// Bytes that have been read.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Reads the next token, but no further than a few bytes beyond `until`.
    pub fn read(&mut self, until: usize) -> LexerStep<'a> {
        let length = self.sql.len();
        let until = until.min(length);
        loop {
            if self.at >= until && until < length {
                return LexerStep::Paused;
            }
            let token = match self.inside {
                LexerState::Nothing if self.at >= length => return LexerStep::End,
                LexerState::Nothing => self.begin(until),
                LexerState::LineComment => self.line_comment(until),
                LexerState::BlockComment { depth } => self.block_comment(depth, until),
                LexerState::Word { start } => self.word(start, until),
                LexerState::Number { start } => {
                    let number =
                        self.run(start, until, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_'));
                    number.map(Token::Number)
                }
                LexerState::Parameter { start } => {
                    let number = self.run(start, until, |byte| byte.is_ascii_digit());
                    number.map(|number| Token::Parameter(number.parse().unwrap_or(0)))
                }
                LexerState::Quoted { start, quote } => self.quoted(start, quote, until),
                LexerState::Escaped { start } => self.escaped(start, until),
                LexerState::Continued { start, end, new_line, comment } => {
                    self.continued(start, end, new_line, comment, until)
                }
                LexerState::Tag { start } => self.tag(start, until),
                LexerState::DollarQuoted { tag, start } => self.dollar_quoted(tag, start, until),
            };
            if let Some(token) = token {
                self.inside = LexerState::Nothing;
                return LexerStep::Token(token);
            }
        }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.sql.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    fn is_at_end(&self) -> bool {
        self.at >= self.sql.len()
    }

    /// Goes to the first of two bytes, or to `until`; true if there is one.
    fn find(&mut self, one: u8, other: u8, until: usize) -> bool {
        let found = memchr::memchr2(one, other, &self.sql.as_bytes()[self.at..until]);
        self.at = found.map_or(until, |ahead| self.at + ahead);
        found.is_some()
    }

    /// Skips blanks, and begins what follows them. A token if it is as short as that.
    fn begin(&mut self, until: usize) -> Option<Token<'a>> {
        while matches!(self.peek(0), b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c) {
            self.at += 1;
            if self.at >= until {
                return None;
            }
        }
        let start = self.at;
        match (self.peek(0), self.peek(1)) {
            (b'-', b'-') => {
                self.inside = LexerState::LineComment;
                return None;
            }
            (b'/', b'*') => {
                self.inside = LexerState::BlockComment { depth: 0 };
                return None;
            }
            _ => self.token_at = start,
        }
        self.inside = match self.peek(0) {
            quote @ (b'\'' | b'"') => {
                self.at += 1;
                self.literal(quote)
            }
            b'$' => {
                self.at += 1;
                match self.peek(0).is_ascii_digit() {
                    true => LexerState::Parameter { start: self.at },
                    false => LexerState::Tag { start },
                }
            }
            byte if byte.is_ascii_digit() => LexerState::Number { start },
            byte if starts_word(byte) => LexerState::Word { start },
            byte => {
                self.at += 1;
                return Some(Token::Mark(char::from(byte)));
            }
        };
        None
    }

    fn line_comment(&mut self, until: usize) -> Option<Token<'a>> {
        if self.find(b'\n', b'\r', until) || self.is_at_end() {
            self.inside = LexerState::Nothing;
        }
        None
    }

    fn block_comment(&mut self, mut depth: usize, until: usize) -> Option<Token<'a>> {
        while self.at < until {
            match (self.peek(0), self.peek(1)) {
                (b'/', b'*') => {
                    depth += 1;
                    self.at += 2;
                }
                (b'*', b'/') => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        self.inside = LexerState::Nothing;
                        return None;
                    }
                }
                _ => self.at += 1,
            }
        }
        self.inside = if self.is_at_end() { LexerState::Nothing } else { LexerState::BlockComment { depth } };
        None
    }

    /// Reads to the end of the bytes that are `wanted`; None: there may be more of them beyond `until`.
    fn run(&mut self, start: usize, until: usize, wanted: impl Fn(u8) -> bool) -> Option<&'a str> {
        let rest = &self.sql.as_bytes()[self.at..until];
        let length = rest.iter().position(|&byte| !wanted(byte));
        self.at = length.map_or(until, |length| self.at + length);
        (length.is_some() || self.is_at_end()).then(|| &self.sql[start..self.at])
    }

    fn word(&mut self, start: usize, until: usize) -> Option<Token<'a>> {
        let word = self.run(start, until, |byte| starts_word(byte) || byte.is_ascii_digit() || byte == b'$')?;
        let prefix = if word.len() == 1 { word.as_bytes()[0].to_ascii_lowercase() } else { 0 };
        let length = match (prefix, self.peek(0), self.peek(1)) {
            (b'e' | b'b' | b'x' | b'n', b'\'', _) => 1,
            (b'u', b'&', b'\'' | b'"') => 2,
            _ => return Some(Token::Word(word)),
        };
        let quote = self.peek(length - 1);
        self.at += length;
        self.inside = match prefix {
            b'e' => LexerState::Escaped { start: self.at },
            b'n' => self.literal(quote),
            _ => LexerState::Quoted { start: self.at, quote },
        };
        None
    }

    /// What an opening quote without a telling prefix begins.
    fn literal(&self, quote: u8) -> LexerState {
        let start = self.at;
        if self.escapes && quote == b'\'' { LexerState::Escaped { start } } else { LexerState::Quoted { start, quote } }
    }

    fn quoted(&mut self, start: usize, quote: u8, until: usize) -> Option<Token<'a>> {
        let token = |inside| if quote == b'"' { Token::Identifier(inside) } else { Token::Literal(inside) };
        while self.at < until && self.find(quote, quote, until) {
            if self.peek(1) != quote {
                let inside = &self.sql[start..self.at];
                self.at += 1;
                return Some(token(inside));
            }
            self.at += 2;
        }
        self.is_at_end().then(|| token(&self.sql[start..]))
    }

    fn escaped(&mut self, start: usize, until: usize) -> Option<Token<'a>> {
        while self.at < until && self.find(b'\'', b'\\', until) {
            if self.peek(0) == b'\\' || self.peek(1) == b'\'' {
                self.at = self.sql.len().min(self.at + 2);
            } else {
                self.inside = LexerState::Continued { start, end: self.at, new_line: false, comment: false };
                self.at += 1;
                return None;
            }
        }
        self.is_at_end().then(|| Token::Literal(&self.sql[start..]))
    }

    fn continued(
        &mut self,
        start: usize,
        end: usize,
        mut new_line: bool,
        mut comment: bool,
        until: usize,
    ) -> Option<Token<'a>> {
        while self.at < until {
            match self.peek(0) {
                b'\n' | b'\r' => (new_line, comment) = (true, false),
                _ if comment => {
                    self.find(b'\n', b'\r', until);
                    continue;
                }
                b' ' | b'\t' | 0x0b | 0x0c => {}
                b'-' if self.peek(1) == b'-' => comment = true,
                b'\'' if new_line => {
                    self.at += 1;
                    self.inside = LexerState::Escaped { start };
                    return None;
                }
                _ => return Some(self.ended(start, end)),
            }
            self.at += 1;
        }
        if self.is_at_end() {
            return Some(self.ended(start, end));
        }
        self.inside = LexerState::Continued { start, end, new_line, comment };
        None
    }

    /// A literal that has ended at `end`, before blanks.
    fn ended(&mut self, start: usize, end: usize) -> Token<'a> {
        self.at = end + 1;
        Token::Literal(&self.sql[start..end])
    }

    fn tag(&mut self, start: usize, until: usize) -> Option<Token<'a>> {
        self.run(start, until, |byte| starts_word(byte) || byte.is_ascii_digit())?;
        if self.peek(0) != b'$' {
            self.at = start + 1;
            return Some(Token::Mark('$'));
        }
        self.at += 1;
        self.inside = LexerState::DollarQuoted { tag: start, start: self.at };
        None
    }

    /// A tag has no dollar sign inside, so comparing costs no more than what stands between two of them.
    fn dollar_quoted(&mut self, tag: usize, start: usize, until: usize) -> Option<Token<'a>> {
        let delimiter = &self.sql.as_bytes()[tag..start];
        while self.at < until && self.find(b'$', b'$', until) {
            if self.sql.as_bytes()[self.at..].starts_with(delimiter) {
                let inside = &self.sql[start..self.at];
                self.at += delimiter.len();
                return Some(Token::Literal(inside));
            }
            self.at += 1;
        }
        self.is_at_end().then(|| Token::Literal(&self.sql[start..]))
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        match self.read(usize::MAX) {
            LexerStep::Token(token) => Some(token),
            LexerStep::Paused | LexerStep::End => None,
        }
    }
}

fn starts_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

/// True for one of these words, in whatever case.
pub fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|wanted| word.eq_ignore_ascii_case(wanted))
}
