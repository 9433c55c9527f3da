//! Walks SQL text as PostgreSQL's own scanner does, far enough to know where words, strings, comments and parameters
//! begin and end. It does not parse and never refuses: a text that PostgreSQL would refuse still gets tokens.
//! The query server asks it how to run a text, the client whether a text may be repeated.

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
pub struct Size {
    pub tokens: usize,
    pub blanks: usize,
}

/// Iterates over the tokens of a text.
#[derive(Clone, Debug)]
pub struct Lexer<'a> {
    sql: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    /// Starts at the beginning of `sql`.
    pub fn new(sql: &'a str) -> Self {
        Lexer { sql, at: 0 }
    }

    /// How much there is to read, told by reading it once.
    pub fn size(sql: &'a str) -> Size {
        let mut lexer = Lexer::new(sql);
        let mut size = Size { tokens: 0, blanks: 0 };
        loop {
            let at = lexer.at;
            lexer.skip_blank();
            size.blanks += lexer.at - at;
            match lexer.next() {
                Some(_) => size.tokens += 1,
                None => return size,
            }
        }
    }

    /// Bytes that have been read.
    pub fn position(&self) -> usize {
        self.at
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.sql.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    fn done(&self) -> bool {
        self.at >= self.sql.len()
    }

    /// Skips whitespace and comments; true if a line ended among them.
    fn skip_blank(&mut self) -> bool {
        let mut new_line = false;
        while !self.done() {
            match self.peek(0) {
                b'\n' | b'\r' => {
                    new_line = true;
                    self.at += 1;
                }
                b' ' | b'\t' | 0x0b | 0x0c => self.at += 1,
                b'-' if self.peek(1) == b'-' => {
                    let rest = &self.sql.as_bytes()[self.at..];
                    self.at += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
                }
                b'/' if self.peek(1) == b'*' => self.skip_block_comment(),
                _ => break,
            }
        }
        new_line
    }

    /// PostgreSQL's block comments nest.
    fn skip_block_comment(&mut self) {
        let mut depth = 0usize;
        while !self.done() {
            match (self.peek(0), self.peek(1)) {
                (b'/', b'*') => {
                    depth += 1;
                    self.at += 2;
                }
                (b'*', b'/') => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return;
                    }
                }
                _ => self.at += 1,
            }
        }
        self.at = self.sql.len();
    }

    /// Reads up to the closing `quote`; `at` stands behind the opening one.
    fn quoted(&mut self, quote: u8, backslashes: bool) -> &'a str {
        let start = self.at;
        while let Some(next) = memchr::memchr2(quote, b'\\', &self.sql.as_bytes()[self.at..]) {
            self.at += next;
            let byte = self.peek(0);
            if byte == b'\\' && backslashes {
                self.at = self.sql.len().min(self.at + 2);
            } else if byte != quote {
                self.at += 1;
            } else if self.peek(1) == quote {
                self.at += 2;
            } else {
                let inside = &self.sql[start..self.at];
                self.at += 1;
                return inside;
            }
        }
        self.at = self.sql.len();
        &self.sql[start..]
    }

    /// E'...': a literal that goes on in a later line keeps its backslash escapes there.
    fn escaped(&mut self) -> &'a str {
        let start = self.at;
        self.quoted(b'\'', true);
        let mut end = self.at;
        while self.skip_blank() && self.peek(0) == b'\'' {
            self.at += 1;
            self.quoted(b'\'', true);
            end = self.at;
        }
        self.at = end;
        let inside = &self.sql[start..end];
        inside.strip_suffix('\'').unwrap_or(inside)
    }

    /// `$tag$...$tag$` if one begins here.
    fn dollar_quoted(&mut self) -> Option<&'a str> {
        let rest = &self.sql[self.at..];
        let tag_length = rest.as_bytes()[1..].iter().position(|&byte| !continues_tag(byte))?;
        let delimiter = rest.get(..tag_length + 2)?;
        if !delimiter.ends_with('$') {
            return None;
        }
        let inside = &rest[delimiter.len()..];
        match memchr::memmem::find(inside.as_bytes(), delimiter.as_bytes()) {
            Some(length) => {
                self.at += 2 * delimiter.len() + length;
                Some(&inside[..length])
            }
            None => {
                self.at = self.sql.len();
                Some(inside)
            }
        }
    }

    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a str {
        let rest = &self.sql[self.at..];
        let length = rest.bytes().position(|byte| !wanted(byte)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn word(&mut self) -> Token<'a> {
        let word = self.take_while(|byte| starts_word(byte) || byte.is_ascii_digit() || byte == b'$');
        let prefix = if word.len() == 1 { word.as_bytes()[0].to_ascii_lowercase() } else { 0 };
        match (prefix, self.peek(0), self.peek(1)) {
            (b'e', b'\'', _) => {
                self.at += 1;
                Token::Literal(self.escaped())
            }
            (b'b' | b'x' | b'n', b'\'', _) => {
                self.at += 1;
                Token::Literal(self.quoted(b'\'', false))
            }
            (b'u', b'&', b'\'') => {
                self.at += 2;
                Token::Literal(self.quoted(b'\'', false))
            }
            (b'u', b'&', b'"') => {
                self.at += 2;
                Token::Identifier(self.quoted(b'"', false))
            }
            _ => Token::Word(word),
        }
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.skip_blank();
        let first = self.sql[self.at..].chars().next()?;
        Some(match first {
            '\'' => {
                self.at += 1;
                Token::Literal(self.quoted(b'\'', false))
            }
            '"' => {
                self.at += 1;
                Token::Identifier(self.quoted(b'"', false))
            }
            '$' if self.peek(1).is_ascii_digit() => {
                self.at += 1;
                Token::Parameter(self.take_while(|byte| byte.is_ascii_digit()).parse().unwrap_or(0))
            }
            '$' => match self.dollar_quoted() {
                Some(inside) => Token::Literal(inside),
                None => {
                    self.at += 1;
                    Token::Mark('$')
                }
            },
            '0'..='9' => {
                Token::Number(self.take_while(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'_'))
            }
            _ if starts_word(self.peek(0)) => self.word(),
            _ => {
                self.at += first.len_utf8();
                Token::Mark(first)
            }
        })
    }
}

fn starts_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn continues_tag(byte: u8) -> bool {
    starts_word(byte) || byte.is_ascii_digit()
}

/// What a text is made of, for questions that need no parse.
#[derive(Debug, Default)]
pub struct Outline<'a> {
    /// The first word of each statement that is not empty, opening parentheses skipped; "" where it begins otherwise.
    pub first_words: Vec<&'a str>,
    /// Every unquoted word, in order.
    pub words: Vec<&'a str>,
    /// Every string literal, in order, without its quotes.
    pub literals: Vec<&'a str>,
    /// The highest `$n`; 0 when there is none.
    pub parameters: u32,
}

impl<'a> Outline<'a> {
    /// Reads the whole of `sql` once.
    pub fn of(sql: &'a str) -> Self {
        let mut outline = Outline::default();
        let mut begins = true;
        for token in Lexer::new(sql) {
            match token {
                Token::Mark(';') => {
                    begins = true;
                    continue;
                }
                Token::Mark('(') if begins => continue,
                Token::Word(word) => {
                    if begins {
                        outline.first_words.push(word);
                    }
                    outline.words.push(word);
                }
                _ if begins => outline.first_words.push(""),
                _ => {}
            }
            begins = false;
            match token {
                Token::Literal(inside) => outline.literals.push(inside),
                Token::Parameter(number) => outline.parameters = outline.parameters.max(number),
                _ => {}
            }
        }
        outline
    }

    /// True if one of `words` (in lower case) occurs outside quotes, in any case.
    pub fn contains_any(&self, words: &[&str]) -> bool {
        self.words.iter().any(|word| is_one_of(word, words))
    }

    /// True if the text is a single statement that begins with one of `words` (in lower case).
    pub fn is_single(&self, words: &[&str]) -> bool {
        matches!(self.first_words[..], [first] if is_one_of(first, words))
    }
}

/// True for one of these words, in whatever case.
pub fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|wanted| word.eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(sql: &str) -> Vec<Token<'_>> {
        Lexer::new(sql).collect()
    }

    #[test]
    fn words_marks_numbers_and_parameters_are_told_apart() {
        assert_eq!(
            tokens("select a$1, $2 from t where x>=1.5e3;"),
            [
                Token::Word("select"),
                Token::Word("a$1"),
                Token::Mark(','),
                Token::Parameter(2),
                Token::Word("from"),
                Token::Word("t"),
                Token::Word("where"),
                Token::Word("x"),
                Token::Mark('>'),
                Token::Mark('='),
                Token::Number("1.5e3"),
                Token::Mark(';'),
            ]
        );
    }

    #[test]
    fn a_doubled_quote_does_not_end_a_literal_and_a_backslash_is_plain() {
        assert_eq!(tokens(r"'it''s; $1' '\'"), [Token::Literal("it''s; $1"), Token::Literal(r"\")]);
    }

    #[test]
    fn an_escape_literal_knows_backslashes_also_where_it_goes_on_in_the_next_line() {
        assert_eq!(tokens(r"E'a\'b' c"), [Token::Literal(r"a\'b"), Token::Word("c")]);
        assert_eq!(tokens("e'a'\n 'b\\'c' d"), [Token::Literal("a'\n 'b\\'c"), Token::Word("d")]);
        assert_eq!(tokens("E'a' 'b'"), [Token::Literal("a"), Token::Literal("b")]);
    }

    #[test]
    fn prefixed_literals_and_identifiers_lose_their_prefix() {
        assert_eq!(
            tokens(r#"B'10' x'1F' N'n' U&'\0061' U&"d" u & e"#),
            [
                Token::Literal("10"),
                Token::Literal("1F"),
                Token::Literal("n"),
                Token::Literal(r"\0061"),
                Token::Identifier("d"),
                Token::Word("u"),
                Token::Mark('&'),
                Token::Word("e"),
            ]
        );
    }

    #[test]
    fn dollar_quotes_end_at_their_own_tag_only() {
        assert_eq!(tokens("$$a;$1$$"), [Token::Literal("a;$1")]);
        assert_eq!(tokens("$x$ $$ ; $y$ $x$ z"), [Token::Literal(" $$ ; $y$ "), Token::Word("z")]);
        assert_eq!(tokens("$x$ open"), [Token::Literal(" open")]);
        assert_eq!(tokens("$"), [Token::Mark('$')]);
    }

    #[test]
    fn comments_vanish_and_block_comments_nest() {
        assert_eq!(tokens("a -- ; 'x\nb /* ; /* ' */ ; */ c"), [Token::Word("a"), Token::Word("b"), Token::Word("c")]);
        assert_eq!(tokens("a /* never closed"), [Token::Word("a")]);
    }

    #[test]
    fn quoted_identifiers_and_other_scripts_survive() {
        assert_eq!(
            tokens("\"a\"\"b;\" größe − 'ü"),
            [Token::Identifier("a\"\"b;"), Token::Word("größe"), Token::Word("−"), Token::Literal("ü")]
        );
    }

    #[test]
    fn no_cut_of_a_text_makes_it_panic() {
        let sql = "select E'ü\\'' /* é */, $tag$ü$tag$, U&\"ü\", 'ü' -- ü\n;";
        for end in (0..=sql.len()).filter(|&end| sql.is_char_boundary(end)) {
            Lexer::new(&sql[..end]).for_each(drop);
        }
        Lexer::new("E'\\").for_each(drop);
        Lexer::new("E'\\ü").for_each(drop);
    }

    #[test]
    fn an_outline_counts_statements_and_finds_their_first_words() {
        let outline = Outline::of(" ; (SELECT 1) union select $3; ; insert into t values ('a;b', $12); ");
        assert_eq!(outline.first_words, ["SELECT", "insert"]);
        assert_eq!(outline.literals, ["a;b"]);
        assert_eq!(outline.parameters, 12);
        assert!(outline.contains_any(&["union"]));
        assert!(!outline.contains_any(&["b"]));
        assert!(Outline::of("-- nothing").first_words.is_empty());
    }
}
