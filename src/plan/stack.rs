//! Keeps the planner within its stack. A syntax tree is as deep as its longest chain of operators, and walking,
//! printing, cloning, comparing or dropping it needs stack for every level. So the levels are counted before parsing,
//! texts with too many are refused, and all work on a tree runs on a stack that is large enough. `tests` measures the
//! byte counts below; they include a margin.

use std::panic::{AssertUnwindSafe, catch_unwind};

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::budget::Exhausted;
use super::refusal::{Refusal, unsupported};

/// Texts with more levels are refused: 50,000 terms such as `OR "a" = $1`.
pub const MOST_LEVELS: usize = 100_000;
/// Levels that a statement's views may add, including nested views.
pub const VIEW_LEVELS: usize = 2_000;
/// The most stack bytes of one level. Frames of unoptimized code are ten times as large.
const LEVEL: usize = if cfg!(unoptimized) { 12 << 10 } else { 2 << 10 };
/// The most stack bytes of parsing, whose recursion the parser limits (`parse::DEEPEST`).
const BASE: usize = if cfg!(unoptimized) { 24 << 20 } else { 4 << 20 };
/// The levels of a set operation.
const SET_OPERATION: usize = 10;

/// The levels of a join: the parser recurses if its condition comes after that of the next join.
const JOIN: usize = 5;

/// The levels of a list within one pair of parentheses.
#[derive(Default)]
struct List {
    /// The current item's own levels, and those of its deepest parentheses.
    own: usize,
    inside: usize,
    /// The levels of the deepest finished item.
    deepest: usize,
    /// Levels that continue after a comma: `SELECT a, b UNION SELECT c, d` is not a list of three.
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

/// An upper bound of the depth of these tokens' tree. Operators, keywords and parentheses make a tree deeper, operands
/// do not; items of a list are siblings.
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

/// How deep parentheses and CASE nest within each other at most.
pub fn depth(tokens: &[TokenWithSpan]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for token in tokens {
        match &token.token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket => depth = depth.saturating_sub(1),
            Token::Word(word) if word.keyword == Keyword::CASE => depth += 1,
            Token::Word(word) if word.keyword == Keyword::END => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// The most joins that wait for their conditions at once, including those around parentheses. The parser does not limit
/// its recursion for them. Words that may be names do not count.
pub fn open_joins(tokens: &[TokenWithSpan]) -> usize {
    let mut around: Vec<usize> = Vec::new();
    let (mut open, mut total, mut most) = (0_usize, 0_usize, 0_usize);
    // Whether the previous word makes the next one a name, or a join without a condition.
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

/// Why planning stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    TooDeep,
    /// The steps of `budget` are used up.
    Exhausted,
    /// A stack of that size is not available.
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

/// Runs and drops work on trees with this many levels, on a stack that is large enough.
pub fn with_room<T>(levels: usize, work: impl FnOnce() -> T) -> Result<T, Stopped> {
    if levels > MOST_LEVELS {
        return Err(Stopped::TooDeep);
    }
    let bytes = BASE + (levels + VIEW_LEVELS) * LEVEL;
    let guarded = || {
        // Where no stack can be allocated, only the current one is left.
        if stacker::remaining_stack().is_some_and(|left| left < bytes) {
            return Err(Stopped::NoStack);
        }
        Ok(work())
    };
    // Some bytes more, for the frames in between.
    let done = catch_unwind(AssertUnwindSafe(|| stacker::maybe_grow(bytes + SPARE, bytes + 2 * SPARE, guarded)));
    done.unwrap_or_else(|why| Err(if why.is::<Exhausted>() { Stopped::Exhausted } else { Stopped::Panicked }))
}

const SPARE: usize = 64 << 10;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
