//! Expressions, from what binds least to what binds most.

use super::{DEEPEST, MOST_OPERATORS, Parser};
use crate::insights::Malformed;
use crate::insights::aggregate::{Aggregate, Kind};
use crate::insights::calendar::Period;
use crate::insights::function::Function;
use crate::insights::lexer::Token;
use crate::insights::operand::{Arithmetic, Comparison, Direction, Expression, Matcher};
use crate::insights::value::Value;

/// Values of a list, at most.
const MOST_VALUES: usize = 1000;

impl Parser<'_> {
    /// An expression of any kind.
    pub(super) fn expression(&mut self) -> Result<Expression, Malformed> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.wrong("expressions are nested too deeply", self.next.start));
        }
        let mut any = vec![self.all()?];
        while self.take_word("or")? {
            any.push(self.all()?);
        }
        self.depth -= 1;
        Ok(one_or(any, Expression::Any))
    }

    fn all(&mut self) -> Result<Expression, Malformed> {
        let mut all = vec![self.negated()?];
        while self.take_word("and")? {
            all.push(self.negated()?);
        }
        Ok(one_or(all, Expression::All))
    }

    fn negated(&mut self) -> Result<Expression, Malformed> {
        let mut is_negated = false;
        while self.take_word("not")? {
            is_negated = !is_negated;
        }
        let inner = self.condition()?;
        Ok(if is_negated { Expression::Not(Box::new(inner)) } else { inner })
    }

    fn condition(&mut self) -> Result<Expression, Malformed> {
        let left = self.sum()?;
        let comparison = match self.next.token {
            Token::Sign("=" | "==") => Comparison::Equal,
            Token::Sign("!=") => Comparison::NotEqual,
            Token::Sign("<") => Comparison::Less,
            Token::Sign("<=") => Comparison::LessOrEqual,
            Token::Sign(">") => Comparison::Greater,
            Token::Sign(">=") => Comparison::GreaterOrEqual,
            Token::Sign("=~") => {
                self.go_over_operator()?;
                return Ok(Expression::Like(Box::new(left), self.matcher()?));
            }
            _ => return self.membership(left),
        };
        self.advance()?;
        Ok(Expression::Compared(comparison, Box::new(left), Box::new(self.sum()?)))
    }

    /// `[not] like text`, `[not] in [list]`, or nothing more.
    fn membership(&mut self, left: Expression) -> Result<Expression, Malformed> {
        let is_negated = self.take_word("not")?;
        let inner = if self.is_word("like") {
            self.go_over_operator()?;
            Expression::Like(Box::new(left), self.matcher()?)
        } else if self.take_word("in")? {
            self.expect("[")?;
            let list = self.list(Self::sum)?;
            if list.len() > MOST_VALUES {
                return Err(self.wrong(format!("a list has at most {MOST_VALUES} values"), self.next.start));
            }
            self.expect("]")?;
            Expression::In(Box::new(left), list)
        } else if is_negated {
            return Err(self.unexpected("'like' or 'in'"));
        } else {
            return Ok(left);
        };
        Ok(if is_negated { Expression::Not(Box::new(inner)) } else { inner })
    }

    /// Goes over an operator behind which a regular expression may come.
    fn go_over_operator(&mut self) -> Result<(), Malformed> {
        self.advance().map(drop)
    }

    fn matcher(&mut self) -> Result<Matcher, Malformed> {
        match &self.next.token {
            Token::Sign("/") => self.regular().map(Matcher::Regular),
            Token::Text(text) => {
                let text = text.clone();
                self.advance()?;
                Ok(Matcher::Text(text))
            }
            _ => Err(self.unexpected("a text in quotes, or a regular expression in slashes")),
        }
    }

    fn sum(&mut self) -> Result<Expression, Malformed> {
        let mut left = self.product()?;
        loop {
            let arithmetic = match self.next.token {
                Token::Sign("+") => Arithmetic::Add,
                Token::Sign("-") => Arithmetic::Subtract,
                _ => return Ok(left),
            };
            self.operator()?;
            left = Expression::Computed(arithmetic, Box::new(left), Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Result<Expression, Malformed> {
        let mut left = self.power()?;
        loop {
            let arithmetic = match self.next.token {
                Token::Sign("*") => Arithmetic::Multiply,
                Token::Sign("/") => Arithmetic::Divide,
                Token::Sign("%") => Arithmetic::Remainder,
                _ => return Ok(left),
            };
            self.operator()?;
            left = Expression::Computed(arithmetic, Box::new(left), Box::new(self.power()?));
        }
    }

    /// `a ^ b ^ c` is `a ^ (b ^ c)`.
    fn power(&mut self) -> Result<Expression, Malformed> {
        let base = self.signed()?;
        if !matches!(self.next.token, Token::Sign("^")) {
            return Ok(base);
        }
        self.operator()?;
        Ok(Expression::Computed(Arithmetic::Power, Box::new(base), Box::new(self.power()?)))
    }

    fn signed(&mut self) -> Result<Expression, Malformed> {
        let mut is_negative = false;
        while matches!(self.next.token, Token::Sign("-")) {
            self.advance()?;
            is_negative = !is_negative;
        }
        let value = self.operand()?;
        Ok(match value {
            Expression::Literal(Value::Number(number)) if is_negative => Expression::Literal(Value::Number(-number)),
            value if is_negative => Expression::Negative(Box::new(value)),
            value => value,
        })
    }

    fn operator(&mut self) -> Result<(), Malformed> {
        self.operators += 1;
        if self.operators > MOST_OPERATORS {
            return Err(self.wrong(format!("a query has at most {MOST_OPERATORS} arithmetic operators"), self.next.start));
        }
        self.advance().map(drop)
    }

    fn operand(&mut self) -> Result<Expression, Malformed> {
        match &self.next.token {
            Token::Number(number) => {
                let number = *number;
                self.advance()?;
                Ok(Expression::Literal(Value::Number(number)))
            }
            Token::Text(text) => {
                let text = text.clone();
                self.advance()?;
                Ok(Expression::Literal(Value::text(text)))
            }
            Token::Sign("(") => {
                self.advance()?;
                let inner = self.expression()?;
                self.expect(")")?;
                Ok(inner)
            }
            Token::Word(field) if field.is_word("true") || field.is_word("false") => {
                let truth = field.is_word("true");
                self.advance()?;
                Ok(Expression::Literal(Value::Bool(truth)))
            }
            Token::Word(_) => {
                let start = self.next.start;
                let field = self.field("a value")?;
                if self.take("(")? { self.call(&field.name, start) } else { Ok(Expression::Field(field)) }
            }
            _ => Err(self.unexpected("a value")),
        }
    }

    /// A call, up to its closing parenthesis; the opening one was read.
    fn call(&mut self, name: &str, start: usize) -> Result<Expression, Malformed> {
        if let Some(kind) = Kind::named(name) {
            return self.aggregate(kind, name, start);
        }
        let rounding = [("bin", None), ("datefloor", Some(Direction::Down)), ("dateceil", Some(Direction::Up))];
        if let Some((_, direction)) = rounding.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            return self.rounding(direction);
        }
        let Some((function, arguments)) = Function::named(name) else {
            return Err(self.wrong(format!("there is no function {name}"), start));
        };
        let given = if self.take(")")? {
            Vec::new()
        } else {
            let given = self.list(Self::expression)?;
            self.expect(")")?;
            given
        };
        if !arguments.contains(&given.len()) {
            let (least, most) = arguments.into_inner();
            let wanted = if least == most { least.to_string() } else { format!("{least} to {most}") };
            return Err(self.wrong(format!("{name} takes {wanted} arguments, not {}", given.len()), start));
        }
        Ok(Expression::Call(function, given))
    }

    /// `bin(5m)`, `datefloor(time, 5m)`, `dateceil(time, 5m)`.
    fn rounding(&mut self, direction: Option<Direction>) -> Result<Expression, Malformed> {
        let rounded = match direction {
            None => Expression::Bin(self.period()?),
            Some(direction) => {
                let time = self.expression()?;
                self.expect(",")?;
                Expression::Rounded(Box::new(time), self.period()?, direction)
            }
        };
        self.expect(")")?;
        Ok(rounded)
    }

    fn period(&mut self) -> Result<Period, Malformed> {
        let Token::Period(period) = self.next.token else { return Err(self.unexpected("a length of time, such as 5m")) };
        self.advance()?;
        Ok(period)
    }

    fn aggregate(&mut self, kind: Kind, name: &str, start: usize) -> Result<Expression, Malformed> {
        // Within its arguments there are no others.
        let Some(mut aggregates) = self.aggregates.take() else {
            return Err(self.wrong(format!("{name} stands in stats alone, and not within another aggregation"), start));
        };
        let of = if matches!(kind, Kind::Count) && (self.take("*")? || matches!(self.next.token, Token::Sign(")"))) {
            None
        } else {
            Some(self.expression()?)
        };
        let kind = match kind {
            Kind::Percentile(_) => {
                self.expect(",")?;
                Kind::Percentile(self.percentage()?)
            }
            other => other,
        };
        self.expect(")")?;
        aggregates.push(Aggregate { kind, of });
        let number = aggregates.len() - 1;
        self.aggregates = Some(aggregates);
        Ok(Expression::Aggregate(number))
    }

    fn percentage(&mut self) -> Result<f64, Malformed> {
        match self.next.token {
            Token::Number(percent) if (0.0..=100.0).contains(&percent) => {
                self.advance()?;
                Ok(percent)
            }
            _ => Err(self.unexpected("a percentage from 0 to 100")),
        }
    }
}

/// One expression by itself, or all of them as a whole.
fn one_or(mut expressions: Vec<Expression>, all: impl FnOnce(Vec<Expression>) -> Expression) -> Expression {
    match (expressions.pop(), expressions.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            expressions.extend(last);
            all(expressions)
        }
    }
}
