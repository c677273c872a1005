//! Commands.

use super::{MOST_COMMANDS, Parser};
use crate::insights::Malformed;
use crate::insights::extract::Extract;
use crate::insights::lexer::Token;
use crate::insights::operand::Expression;
use crate::insights::order::Key;
use crate::insights::query::{Column, MOST_ROWS, Query, Step};
use crate::insights::row::Field;
use crate::insights::stats::Stats;

/// `stats` commands of a query, at most.
const MOST_STATS: usize = 2;
/// Commands of CloudWatch that are not here, and are refused by name.
const NOT_HERE: [&str; 11] =
    ["source", "filterIndex", "pattern", "diff", "anomaly", "unmask", "unnest", "lookup", "join", "subquery", "tail"];

/// What is read of a query so far.
#[derive(Default)]
struct Draft {
    steps: Vec<Step>,
    /// What `fields`, `display` and `stats` show.
    shown: Option<Vec<Field>>,
    /// The names that `parse` set.
    parsed: Vec<Field>,
    /// Names that were given to something: none is given twice.
    given: Vec<Field>,
    stats: usize,
}

impl Draft {
    fn show(&mut self, columns: impl IntoIterator<Item = Field>) {
        let shown = self.shown.get_or_insert_default();
        for column in columns {
            if !shown.iter().any(|field| field.name == column.name) {
                shown.push(column);
            }
        }
    }

    /// What is shown where no command says it.
    fn finish(self) -> Query {
        let usual = || ["@timestamp", "@message"].map(Field::named).to_vec();
        let mut shown = self.shown.unwrap_or_else(usual);
        // After `stats` or `display`, only what they name is left.
        let parsed = self.parsed.into_iter().filter(|field| !shown.iter().any(|one| one.name == field.name));
        let parsed: Vec<Field> = parsed.collect();
        shown.extend(parsed);
        Query { steps: self.steps, shown }
    }
}

impl Parser<'_> {
    pub(in crate::insights) fn query(mut self) -> Result<Query, Malformed> {
        let mut draft = Draft::default();
        loop {
            if draft.steps.len() >= MOST_COMMANDS {
                return Err(self.wrong(format!("a query has at most {MOST_COMMANDS} commands"), self.next.start));
            }
            self.command(&mut draft)?;
            match &self.next.token {
                Token::End => return Ok(draft.finish()),
                Token::Sign("|") => drop(self.advance()?),
                _ => return Err(self.unexpected("'|' or the end of the query")),
            }
        }
    }

    fn command(&mut self, draft: &mut Draft) -> Result<(), Malformed> {
        let start = self.next.start;
        let Token::Word(word) = self.next.token.clone() else { return Err(self.unexpected("a command")) };
        self.advance()?;
        let lower = word.name.to_ascii_lowercase();
        match lower.as_str() {
            "fields" | "display" => {
                let columns = self.list(|parser| parser.column(draft))?;
                if lower == "display" {
                    (draft.shown, draft.parsed) = (None, Vec::new());
                }
                draft.show(columns.iter().map(|column| column.field.clone()));
                draft.steps.push(Step::Fields(columns));
            }
            "filter" | "where" => {
                let condition = self.expression()?;
                draft.steps.push(Step::Filter(condition));
            }
            "parse" => self.parse(draft)?,
            "stats" => self.stats(draft, start)?,
            "sort" | "order" => {
                let keys = self.list(Self::key)?;
                draft.steps.push(Step::Sort(keys));
            }
            "limit" | "head" => {
                let most = self.count()?;
                draft.steps.push(Step::Limit(most));
            }
            "dedup" => {
                let fields = self.list(|parser| parser.field("a field"))?;
                draft.steps.push(Step::Dedup(fields));
            }
            other => {
                let message = match NOT_HERE.iter().find(|known| known.eq_ignore_ascii_case(other)) {
                    Some(known) => format!("the command {known} is not supported here"),
                    None => self.lexer.unexpected(start, self.end, "a command").message,
                };
                return Err(self.wrong(message, start));
            }
        }
        Ok(())
    }

    /// `field`, or `expression as name`. An expression without a name is called what is written.
    fn column(&mut self, draft: &mut Draft) -> Result<Column, Malformed> {
        let start = self.next.start;
        let expression = self.expression()?;
        let end = self.end;
        if self.take_word("as")? {
            let field = self.given(draft)?;
            return Ok(Column { field, computed: Some(expression) });
        }
        Ok(match expression {
            Expression::Field(field) => Column { field, computed: None },
            computed => Column { field: Field::named(self.lexer.between(start, end)), computed: Some(computed) },
        })
    }

    /// A name that something gets.
    fn given(&mut self, draft: &mut Draft) -> Result<Field, Malformed> {
        let start = self.next.start;
        let field = self.field("a name")?;
        if draft.given.iter().any(|given| given.name == field.name) {
            return Err(self.wrong(format!("the field {} is defined twice", field.name), start));
        }
        draft.given.push(field.clone());
        Ok(field)
    }

    /// `parse [field] "a * b *" as one, other`, or `parse [field] /(?<name>...)/`.
    fn parse(&mut self, draft: &mut Draft) -> Result<(), Malformed> {
        let from = match &self.next.token {
            Token::Text(_) | Token::Sign("/") => Expression::Field(Field::named("@message")),
            _ => Expression::Field(self.field("a field, or a pattern in quotes or slashes")?),
        };
        let start = self.next.start;
        let (pattern, names) = if matches!(self.next.token, Token::Sign("/")) {
            let (pattern, names) = self.groups()?;
            for name in &names {
                if draft.given.iter().any(|given| given.name == name.name) {
                    return Err(self.wrong(format!("the field {} is defined twice", name.name), start));
                }
                draft.given.push(name.clone());
            }
            (pattern, names)
        } else {
            let Token::Text(text) = self.advance()? else {
                return Err(self.wrong("a pattern in quotes or slashes expected", start));
            };
            if !self.take_word("as")? {
                return Err(self.unexpected("'as' and a name for each asterisk"));
            }
            let names = self.list(|parser| parser.given(draft))?;
            (self.glob(&text, names.len(), start)?, names)
        };
        draft.parsed.extend(names.iter().cloned());
        let names = names.into_iter().map(|field| field.name).collect();
        draft.steps.push(Step::Parse(Extract { from, pattern, names }));
        Ok(())
    }

    /// `stats aggregation [as name], ... [by field or bin(5m) [as name], ...]`.
    fn stats(&mut self, draft: &mut Draft, start: usize) -> Result<(), Malformed> {
        draft.stats += 1;
        if draft.stats > MOST_STATS {
            return Err(self.wrong(format!("a query has at most {MOST_STATS} stats commands"), start));
        }
        // What was named before is gone after it.
        draft.given.clear();
        self.aggregates = Some(Vec::new());
        let columns = self.list(|parser| {
            let start = parser.next.start;
            let column = parser.column(draft)?;
            match column.computed {
                Some(expression) if !has_fields(&expression) => Ok((column.field, expression)),
                _ => Err(parser.wrong("stats shows aggregations, such as count(*) or avg(field)", start)),
            }
        })?;
        let aggregates = self.aggregates.take().unwrap_or_default();
        let by = if self.take_word("by")? { self.list(|parser| parser.column(draft))? } else { Vec::new() };
        (draft.shown, draft.parsed) = (None, Vec::new());
        draft.show(by.iter().map(|column| column.field.clone()));
        draft.show(columns.iter().map(|(field, _)| field.clone()));
        draft.steps.push(Step::Stats(Stats { aggregates, columns, by }));
        Ok(())
    }

    fn key(&mut self) -> Result<Key, Malformed> {
        let of = self.expression()?;
        let descending = self.take_word("desc")?;
        if !descending {
            self.take_word("asc")?;
        }
        Ok(Key { of, descending })
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "it is small and whole"
    )]
    fn count(&mut self) -> Result<usize, Malformed> {
        match self.next.token {
            Token::Number(number) if number.fract() == 0.0 && (1.0..=MOST_ROWS as f64).contains(&number) => {
                self.advance()?;
                Ok(number as usize)
            }
            _ => Err(self.unexpected(&format!("a whole number from 1 to {MOST_ROWS}"))),
        }
    }
}

fn has_fields(expression: &Expression) -> bool {
    let mut has = false;
    expression.each_field(&mut |_| has = true);
    has
}
