//! A summary of a text for several questions: its first words, all its words, its literals and parameters.

use super::{Lexer, Token, is_one_of};

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
        Outline::of_tokens(Lexer::new(sql))
    }

    /// The same for one of a text's readings.
    pub fn of_tokens(tokens: Lexer<'a>) -> Self {
        let mut outline = Outline::default();
        let mut begins = true;
        for token in tokens {
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
