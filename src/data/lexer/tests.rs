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
fn a_plain_literal_with_a_backslash_is_read_in_two_ways() {
    let readings = |sql: &'static str| Lexer::readings(sql).map(Iterator::collect::<Vec<_>>).collect::<Vec<_>>();
    let plain = "'a' \"b\" E";
    assert_eq!(readings(plain), [tokens(plain)]);
    let sql = r#"N'a\' , 'z' "\" U&'c\' B'\'"#;
    let rest = [Token::Identifier(r"\"), Token::Literal(r"c\"), Token::Literal(r"\")];
    let standard = [&[Token::Literal(r"a\"), Token::Mark(','), Token::Literal("z")], &rest[..]].concat();
    let escaping = [Token::Literal(r"a\' , "), Token::Word("z"), Token::Literal(r#" "\" U&"#)];
    assert_eq!(readings(sql)[0], standard);
    assert_eq!(readings(sql)[1][..3], escaping);
    let sql = r#"N'a\'z' "\" U&'c\' B'\'"#;
    assert_eq!(readings(sql)[1], [&[Token::Literal(r"a\'z")], &rest[..]].concat());
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
fn wherever_it_pauses_the_tokens_are_the_same() {
    let sql = "select E'ü\\'' -- 'x\r\n -- '\n 'b\\'c' /* a /* é */ ' */, $tag$ü$ta$tag$, $x$, U&\"ü\"\"\", 'ü''x' -- ü\n; 1.5e3, \
               $12, e 'a' n'' größe $$ $ $$ E'' $ /* open";
    for end in (0..=sql.len()).filter(|&end| sql.is_char_boundary(end)) {
        let sql = &sql[..end];
        for slice in 1..8 {
            let (mut lexer, mut found, mut until) = (Lexer::new(sql), Vec::new(), slice);
            loop {
                match lexer.read(until) {
                    LexerStep::Token(token) => found.push(token),
                    LexerStep::Paused => until = lexer.position() + slice,
                    LexerStep::End => break,
                }
            }
            assert_eq!(found, tokens(sql), "{sql:?} in slices of {slice}");
        }
    }
}

#[test]
fn no_token_is_read_far_beyond_where_it_is_to_pause() {
    for filling in ["a", "1", "'", "''", "\\'", "$", "$a", "-- ", "/*", "*/", " ", "\n", "x\n", "ü"] {
        let filling = filling.repeat(1000);
        for begin in ["", "'", "\"", "E'", "E''", "$", "$a$", "$$", "$1", "--", "/*", "a", "U&'"] {
            let sql = [begin, &filling].concat();
            let (mut lexer, mut until) = (Lexer::new(&sql), 100);
            loop {
                match lexer.read(until) {
                    LexerStep::Token(_) => {}
                    LexerStep::Paused => {
                        assert!(lexer.position() <= until + 2, "{} at {until}", &sql[..8]);
                        until += 100;
                    }
                    LexerStep::End => break,
                }
            }
        }
    }
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

#[test]
fn a_statement_without_its_end_is_cut_behind_its_last_token() {
    for end in ["", ";", " ; -- x", " -- ;", "; /* ; */ ;", "\n"] {
        assert_eq!(without_end(&format!("select ';', \"a;\"{end}")), "select ';', \"a;\"", "{end:?}");
    }
    assert_eq!(without_end(" ; -- nothing"), "");
}
