//! From text to expression.

use regex::bytes::{Regex, RegexBuilder};

use super::comparison::Comparison;
use super::expression::{AttributeTest, Expression, GroupTest, Node, Test, TextPattern, TextTest};
use super::scanner::Scanner;
use super::version::Version;
use super::{QueryError, moment};

/// The most characters of an expression.
const MAX_CHARACTERS: usize = 2_000;
/// How deep parentheses and negations may nest.
const MAX_DEPTH: u32 = 32;
/// The most values of a list.
const MAX_VALUES: usize = 100;
/// The most bytes a compiled pattern may take.
const MAX_PATTERN: usize = 1 << 16;

/// The expression in a text.
///
/// # Errors
/// Where it stops making sense, and what was expected there.
pub fn parse(text: &str) -> Result<Expression, QueryError> {
    if text.chars().nth(MAX_CHARACTERS).is_some() {
        let message = format!("an expression has at most {MAX_CHARACTERS} characters; it is too long");
        return Err(QueryError { position: MAX_CHARACTERS, message });
    }
    let mut parser = Parser { scanner: Scanner::new(text), depth: 0 };
    let root = parser.any()?;
    parser.scanner.skip_blanks();
    if !parser.scanner.is_at_end() {
        return Err(parser.scanner.expected("`and`, `or` or the end"));
    }
    Ok(Expression::new(text, root))
}

struct Parser<'a> {
    scanner: Scanner<'a>,
    depth: u32,
}

/// What stands between a subject and its argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Compare(Comparison),
    Exists { negated: bool },
    In { negated: bool },
    Matches { negated: bool },
}

/// The symbols of operators; one that begins another comes after it.
const SYMBOLS: [(&str, Operator); 8] = [
    ("==", Operator::Compare(Comparison::Equal)),
    ("=~", Operator::Matches { negated: false }),
    ("!=", Operator::Compare(Comparison::NotEqual)),
    ("!~", Operator::Matches { negated: true }),
    (">=", Operator::Compare(Comparison::GreaterEqual)),
    ("<=", Operator::Compare(Comparison::LessEqual)),
    (">", Operator::Compare(Comparison::Greater)),
    ("<", Operator::Compare(Comparison::Less)),
];

/// The names of operators.
const NAMES: [(&str, Operator); 12] = [
    ("equals", Operator::Compare(Comparison::Equal)),
    ("not_equals", Operator::Compare(Comparison::NotEqual)),
    ("greater_than", Operator::Compare(Comparison::Greater)),
    ("greater_than_equal", Operator::Compare(Comparison::GreaterEqual)),
    ("less_than", Operator::Compare(Comparison::Less)),
    ("less_than_equal", Operator::Compare(Comparison::LessEqual)),
    ("exists", Operator::Exists { negated: false }),
    ("not_exists", Operator::Exists { negated: true }),
    ("in", Operator::In { negated: false }),
    ("not_in", Operator::In { negated: true }),
    ("matches", Operator::Matches { negated: false }),
    ("not_matches", Operator::Matches { negated: true }),
];

impl Parser<'_> {
    fn any(&mut self) -> Result<Node, QueryError> {
        let mut nodes = vec![self.all()?];
        while self.scanner.symbol("||") || self.scanner.word("or") {
            nodes.push(self.all()?);
        }
        Ok(one_or(nodes, Node::Any))
    }

    fn all(&mut self) -> Result<Node, QueryError> {
        let mut nodes = vec![self.one()?];
        while self.scanner.symbol("&&") || self.scanner.word("and") {
            nodes.push(self.one()?);
        }
        Ok(one_or(nodes, Node::All))
    }

    fn one(&mut self) -> Result<Node, QueryError> {
        if self.scanner.symbol("!") || self.scanner.word("not") {
            return self.deeper(|parser| parser.one().map(|node| Node::Not(Box::new(node))));
        }
        if self.scanner.symbol("(") {
            return self.deeper(|parser| {
                let node = parser.any()?;
                if parser.scanner.symbol(")") { Ok(node) } else { Err(parser.scanner.expected("`)`, `and` or `or`")) }
            });
        }
        self.test().map(Node::Test)
    }

    fn deeper(&mut self, parse: impl FnOnce(&mut Self) -> Result<Node, QueryError>) -> Result<Node, QueryError> {
        if self.depth == MAX_DEPTH {
            let message = format!("parentheses and negations nest at most {MAX_DEPTH} deep; this is deeper");
            return Err(self.scanner.error_at(self.scanner.position(), message));
        }
        self.depth += 1;
        let node = parse(self)?;
        self.depth -= 1;
        Ok(node)
    }

    fn test(&mut self) -> Result<Test, QueryError> {
        self.scanner.skip_blanks();
        let at = self.scanner.position();
        let subject = self.scanner.name();
        match subject {
            "" => Err(self.scanner.expected("a subject, such as `attribute:NAME`")),
            "agentConnected" => Ok(Test::AgentConnected(self.text(subject)?)),
            "agentVersion" => self
                .ordered(subject, "a version, such as 1.14.5", Version::of_agent)
                .map(|(comparison, version)| Test::AgentVersion(comparison, version)),
            "ec2InstanceId" => Ok(Test::Ec2InstanceId(self.text(subject)?)),
            "registeredAt" => self
                .ordered(subject, "a date, such as 2018-06-18 or 2018-06-18T22:28:28Z", moment::parse)
                .map(|(comparison, moment)| Test::RegisteredAt(comparison, moment)),
            "runningTasksCount" => self
                .ordered(subject, "a number of tasks", |text| text.parse().ok())
                .map(|(comparison, count)| Test::RunningTasks(comparison, count)),
            "task:group" => self.group(subject).map(Test::Group),
            _ => match subject.strip_prefix("attribute:") {
                Some(name) if !name.is_empty() => Ok(Test::Attribute(name.into(), self.attribute(subject)?)),
                Some(_) => Err(self.scanner.expected("an attribute's name after `attribute:`")),
                None => Err(self.scanner.error_at(
                    at,
                    format!(
                        "`{subject}` is no subject; there are agentConnected, agentVersion, attribute:NAME, ec2InstanceId, \
                         registeredAt, runningTasksCount and task:group"
                    ),
                )),
            },
        }
    }

    fn attribute(&mut self, subject: &str) -> Result<AttributeTest, QueryError> {
        let (at, operator) = self.operator(subject)?;
        match operator {
            Operator::Exists { negated } => Ok(AttributeTest::Exists { negated }),
            Operator::Compare(
                comparison @ (Comparison::Greater | Comparison::GreaterEqual | Comparison::Less | Comparison::LessEqual),
            ) => Ok(AttributeTest::Order(comparison, self.scanner.value()?.into())),
            Operator::Compare(Comparison::Equal | Comparison::NotEqual) | Operator::In { .. } | Operator::Matches { .. } => {
                self.text_argument(operator)?.map(AttributeTest::Text).ok_or_else(|| self.misplaced(at, subject))
            }
        }
    }

    fn group(&mut self, subject: &str) -> Result<GroupTest, QueryError> {
        let (at, operator) = self.operator(subject)?;
        if let Operator::Exists { negated } = operator {
            return Ok(GroupTest::Exists { negated });
        }
        match self.text_argument(operator)? {
            Some(test) => Ok(GroupTest::Text(test)),
            None => Err(self.misplaced(at, subject)),
        }
    }

    fn text(&mut self, subject: &str) -> Result<TextTest, QueryError> {
        let (at, operator) = self.operator(subject)?;
        self.text_argument(operator)?.ok_or_else(|| self.misplaced(at, subject))
    }

    /// The rest of a test of a text; none if the operator is not for texts.
    fn text_argument(&mut self, operator: Operator) -> Result<Option<TextTest>, QueryError> {
        Ok(match operator {
            Operator::Compare(comparison @ (Comparison::Equal | Comparison::NotEqual)) => {
                let pattern = TextPattern::Among(vec![self.scanner.value()?.into()]);
                Some(TextTest { negated: comparison == Comparison::NotEqual, pattern })
            }
            Operator::In { negated } => Some(TextTest { negated, pattern: TextPattern::Among(self.list()?) }),
            Operator::Matches { negated } => Some(TextTest { negated, pattern: TextPattern::Matches(self.regex()?) }),
            Operator::Exists { .. }
            | Operator::Compare(Comparison::Greater | Comparison::GreaterEqual | Comparison::Less | Comparison::LessEqual) => {
                None
            }
        })
    }

    /// The rest of a test of an ordered value, whose argument `read` understands.
    fn ordered<T>(
        &mut self,
        subject: &str,
        what: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<(Comparison, T), QueryError> {
        let (at, operator) = self.operator(subject)?;
        let Operator::Compare(comparison) = operator else { return Err(self.misplaced(at, subject)) };
        self.scanner.skip_blanks();
        let at = self.scanner.position();
        let value = read(self.scanner.value()?).ok_or_else(|| self.scanner.error_at(at, format!("expected {what}")))?;
        Ok((comparison, value))
    }

    fn operator(&mut self, subject: &str) -> Result<(usize, Operator), QueryError> {
        self.scanner.skip_blanks();
        let at = self.scanner.position();
        if let Some(&(_, operator)) = SYMBOLS.iter().find(|(symbol, _)| self.scanner.symbol(symbol)) {
            return Ok((at, operator));
        }
        let negated = self.scanner.symbol("!");
        let name = self.scanner.name();
        let operator = match (negated, name) {
            (true, "in") => Some(Operator::In { negated: true }),
            (true, "exists") => Some(Operator::Exists { negated: true }),
            (true, _) => None,
            (false, _) => NAMES.iter().find(|&&(known, _)| known == name).map(|&(_, operator)| operator),
        };
        match operator {
            Some(operator) => Ok((at, operator)),
            None => Err(self.scanner.error_at(at, format!("expected an operator after `{subject}`, such as `==`"))),
        }
    }

    fn misplaced(&self, at: usize, subject: &str) -> QueryError {
        self.scanner.error_at(at, format!("this operator cannot be used with `{subject}`"))
    }

    fn list(&mut self) -> Result<Vec<Box<str>>, QueryError> {
        if !self.scanner.symbol("[") {
            return Err(self.scanner.expected("a list, such as `[a, b]`"));
        }
        let mut list = vec![self.scanner.value()?.into()];
        while self.scanner.symbol(",") {
            if list.len() == MAX_VALUES {
                let message = format!("a list has at most {MAX_VALUES} values; this one has more");
                return Err(self.scanner.error_at(self.scanner.position(), message));
            }
            list.push(self.scanner.value()?.into());
        }
        if self.scanner.symbol("]") { Ok(list) } else { Err(self.scanner.expected("`,` or `]`")) }
    }

    fn regex(&mut self) -> Result<Regex, QueryError> {
        self.scanner.skip_blanks();
        let at = self.scanner.position();
        let pattern = self.scanner.pattern()?;
        // Alone first: a pattern such as `a)(?:b` makes sense only between the parentheses put around it.
        compile(pattern).and_then(|_| compile(&format!(r"\A(?:{pattern})\z"))).map_err(|error| {
            let message = match error {
                regex::Error::CompiledTooBig(_) => "this pattern is too complex".to_owned(),
                _ => format!("`{pattern}` is not a pattern that can be matched"),
            };
            self.scanner.error_at(at, message)
        })
    }
}

/// Classes such as `\d` are of ASCII, as in Java; that is why the pattern is matched against bytes.
fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).unicode(false).nest_limit(MAX_DEPTH).size_limit(MAX_PATTERN).dfa_size_limit(MAX_PATTERN).build()
}

fn one_or(mut nodes: Vec<Node>, many: fn(Vec<Node>) -> Node) -> Node {
    match nodes.pop() {
        Some(node) if nodes.is_empty() => node,
        Some(node) => {
            nodes.push(node);
            many(nodes)
        }
        None => many(nodes),
    }
}
