//! Keeps the planner within its stack. A syntax tree is as deep as its longest chain of operators, and walking,
//! printing, cloning, comparing or dropping it needs stack for every level. So the levels are counted before parsing,
//! texts with too many are refused, and all work on a tree runs on a stack that is large enough. `tests` measures the
//! byte counts below; they include a margin.

use std::panic::{AssertUnwindSafe, catch_unwind};

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::budget::Exhausted;
use super::refusal::{Refusal, unsupported};

/// Levels beyond which a text is refused: 50,000 terms such as `OR "a" = $1`.
pub const MOST_LEVELS: usize = 100_000;
/// Levels that the views of a statement may add, those of views inside of views included.
pub const VIEW_LEVELS: usize = 2_000;
/// What a level takes of a stack at most. Frames of code that is not optimized are ten times as large.
const LEVEL: usize = if cfg!(unoptimized) { 12 << 10 } else { 2 << 10 };
/// What parsing takes at most, whose recursion the parser limits by itself (`parse::DEEPEST`).
const BASE: usize = if cfg!(unoptimized) { 24 << 20 } else { 4 << 20 };
/// The levels of a set operation, around which the most is done.
const SET_OPERATION: usize = 10;

/// The levels of a join: where its condition stands behind that of the next one, the parser calls itself for that one.
const JOIN: usize = 5;

/// What a list at one level of parentheses has come to.
#[derive(Default)]
struct List {
    /// Of the item that has been begun: its own levels, and those of the deepest parentheses in it.
    own: usize,
    inside: usize,
    /// Of the deepest item that has ended.
    deepest: usize,
    /// Those that go on behind a comma: `SELECT a, b UNION SELECT c, d` is no list of three.
    lasting: usize,
}

impl List {
    fn end_item(&mut self) {
        self.deepest = self.deepest.max(self.own + self.inside);
        (self.own, self.inside) = (0, 0);
    }

    fn levels(mut self) -> usize {
        self.end_item();
        self.deepest + self.lasting
    }
}

/// At least as many levels as the tree of these tokens has. The parser makes a tree deeper by an operator, a keyword or
/// parentheses, and never by an operand; the items of a list stand side by side.
pub fn levels(tokens: &[TokenWithSpan]) -> usize {
    let mut around: Vec<List> = Vec::new();
    let mut list = List::default();
    for token in tokens {
        match &token.token {
            Token::Whitespace(_)
            | Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::DollarQuotedString(_)
            | Token::EscapedStringLiteral(_)
            | Token::Placeholder(_) => {}
            Token::Word(word) => match word.keyword {
                Keyword::NoKeyword => {}
                Keyword::UNION | Keyword::INTERSECT | Keyword::EXCEPT | Keyword::MINUS => list.lasting += SET_OPERATION,
                Keyword::PIVOT | Keyword::UNPIVOT => list.lasting += 1,
                Keyword::JOIN => list.own += JOIN,
                _ => list.own += 1,
            },
            Token::Comma => list.end_item(),
            Token::LParen | Token::LBracket | Token::LBrace => {
                list.own += 1;
                around.push(std::mem::take(&mut list));
            }
            Token::RParen | Token::RBracket | Token::RBrace => {
                let levels = std::mem::take(&mut list).levels();
                list = around.pop().unwrap_or_default();
                list.inside = list.inside.max(levels);
            }
            _ => list.own += 1,
        }
    }
    // Parentheses that have not been closed.
    around.into_iter().rev().fold(list.levels(), |levels, mut list| {
        list.inside = list.inside.max(levels);
        list.levels()
    })
}

/// The most joins of a text that wait for their conditions at once, those around parentheses included. The parser does
/// not count how often it calls itself for them. What may be a name is none of their words.
pub fn open_joins(tokens: &[TokenWithSpan]) -> usize {
    let mut around: Vec<usize> = Vec::new();
    let (mut open, mut total, mut most) = (0_usize, 0_usize, 0_usize);
    // The words before: what stands behind them is a name, or a join without a condition.
    let (mut is_name, mut is_bare) = (false, false);
    for token in tokens {
        let (named, bare) = (is_name, is_bare);
        match &token.token {
            Token::Whitespace(_) => continue,
            Token::Word(word) if !named => match word.keyword {
                Keyword::JOIN if !bare => (open, total) = (open + 1, total + 1),
                Keyword::ON | Keyword::USING if open > 0 => (open, total) = (open - 1, total - 1),
                _ => {}
            },
            Token::LParen => around.push(std::mem::take(&mut open)),
            Token::RParen => {
                total -= open;
                open = around.pop().unwrap_or_default();
            }
            Token::SemiColon => {
                total -= open;
                open = 0;
            }
            _ => {}
        }
        most = most.max(total);
        let keyword = match &token.token {
            Token::Word(word) if !named => Some(word.keyword),
            _ => None,
        };
        is_name = token.token == Token::Period
            || matches!(keyword, Some(Keyword::AS | Keyword::JOIN | Keyword::LATERAL | Keyword::ONLY));
        // NATURAL LEFT OUTER JOIN
        is_bare = matches!(keyword, Some(Keyword::CROSS | Keyword::NATURAL))
            || bare
                && matches!(
                    keyword,
                    Some(Keyword::LEFT | Keyword::RIGHT | Keyword::FULL | Keyword::INNER | Keyword::OUTER)
                );
    }
    most
}

/// Why there is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    TooDeep,
    /// The steps of `budget` are used up.
    Exhausted,
    /// No stack of that size can be had.
    NoStack,
    Panicked,
}

impl From<Stopped> for Refusal {
    fn from(stopped: Stopped) -> Self {
        unsupported(match stopped {
            Stopped::TooDeep => {
                "a statement with more than 100000 chained or nested operators; use lists, as in x IN (1, 2, 3) or \
                     VALUES (1), (2)"
            }
            Stopped::Exhausted => "a statement that takes too long to plan; simplify it, or the views that it uses",
            Stopped::NoStack => "a statement nested too deeply for this platform",
            Stopped::Panicked => "the planner failed; please report this statement",
        })
    }
}

/// Runs what touches trees of so many levels, and drops them, on a stack that is large enough.
pub fn with_room<T>(levels: usize, work: impl FnOnce() -> T) -> Result<T, Stopped> {
    if levels > MOST_LEVELS {
        return Err(Stopped::TooDeep);
    }
    let bytes = BASE + (levels + VIEW_LEVELS) * LEVEL;
    let guarded = || {
        // Where no stack can be made, there is but the one that is.
        if stacker::remaining_stack().is_some_and(|left| left < bytes) {
            return Err(Stopped::NoStack);
        }
        Ok(work())
    };
    // The room is asked for with some to spare, for what stands between here and there.
    let done = catch_unwind(AssertUnwindSafe(|| stacker::maybe_grow(bytes + SPARE, bytes + 2 * SPARE, guarded)));
    done.unwrap_or_else(|why| Err(if why.is::<Exhausted>() { Stopped::Exhausted } else { Stopped::Panicked }))
}

const SPARE: usize = 64 << 10;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
