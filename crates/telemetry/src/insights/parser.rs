//! Texts to queries, by recursive descent.

mod commands;
mod expressions;
mod patterns;

use super::Malformed;
use super::aggregate::Aggregate;
use super::lexer::{Lexer, Spanned, Token};
use super::row::Field;

/// Commands of a query, at most.
const MOST_COMMANDS: usize = 100;
/// Parentheses, calls and signs within one another, at most.
const DEEPEST: usize = 32;
/// Arithmetic operators of a query, at most: each makes an expression one deeper.
const MOST_OPERATORS: usize = 200;
/// Regular expressions of a query, at most.
const MOST_REGULAR: usize = 20;
/// Words that are no fields, unless they stand in backticks.
const RESERVED: [&str; 9] = ["and", "or", "not", "like", "in", "as", "by", "asc", "desc"];

/// Reads a query.
#[derive(Debug)]
pub(super) struct Parser<'a> {
    lexer: Lexer<'a>,
    next: Spanned,
    /// Where the token before it ended.
    end: usize,
    depth: usize,
    operators: usize,
    regular: usize,
    /// The aggregations of the `stats` that is read; nothing elsewhere.
    aggregates: Option<Vec<Aggregate>>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Result<Self, Malformed> {
        let mut lexer = Lexer::new(text);
        let next = lexer.next()?;
        Ok(Self { lexer, next, end: 0, depth: 0, operators: 0, regular: 0, aggregates: None })
    }

    /// Goes over the next token and answers it.
    fn advance(&mut self) -> Result<Token, Malformed> {
        let next = self.lexer.next()?;
        self.end = self.next.end;
        Ok(std::mem::replace(&mut self.next, next).token)
    }

    /// Goes over a sign if it is next.
    fn take(&mut self, sign: &str) -> Result<bool, Malformed> {
        let is_next = matches!(&self.next.token, Token::Sign(next) if *next == sign);
        if is_next {
            self.advance()?;
        }
        Ok(is_next)
    }

    fn expect(&mut self, sign: &str) -> Result<(), Malformed> {
        if self.take(sign)? { Ok(()) } else { Err(self.unexpected(&format!("'{sign}'"))) }
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(&self.next.token, Token::Word(field) if field.is_word(word))
    }

    /// Goes over a keyword if it is next.
    fn take_word(&mut self, word: &str) -> Result<bool, Malformed> {
        let is_next = self.is_word(word);
        if is_next {
            self.advance()?;
        }
        Ok(is_next)
    }

    /// A field; keywords are none.
    fn field(&mut self, wanted: &str) -> Result<Field, Malformed> {
        match &self.next.token {
            Token::Word(field) if !RESERVED.iter().any(|word| field.is_word(word)) => {
                let field = field.clone();
                self.advance()?;
                Ok(field)
            }
            _ => Err(self.unexpected(wanted)),
        }
    }

    /// Things with commas between them.
    fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> Result<T, Malformed>) -> Result<Vec<T>, Malformed> {
        let mut list = vec![one(self)?];
        while self.take(",")? {
            list.push(one(self)?);
        }
        Ok(list)
    }

    /// The next token is not what was wanted.
    fn unexpected(&self, wanted: &str) -> Malformed {
        self.lexer.unexpected(self.next.start, self.next.end, wanted)
    }

    /// What was read from a place on makes no sense.
    fn wrong(&self, message: impl Into<String>, start: usize) -> Malformed {
        self.lexer.malformed(message, start, self.end.max(start))
    }
}
