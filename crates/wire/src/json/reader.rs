//! Reads shapes from JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_PAD_INDIFFERENT;
use jiter::{Jiter, JiterError, JiterErrorType, JsonErrorType, NumberAny, NumberInt, Peek};

use super::{DEPTH_LIMIT, VALUE_LIMIT};
use crate::missing::{Missing, Seen};
use crate::moment;
use crate::schema::{Kind, Member, TimestampFormat};
use crate::shape::{Document, ReadElement, ReadEntry, ReadError, ReadErrorKind, ReadMember, ShapeReader, Timestamp, expectation};

/// Pulls values out of one document, in the order in which they stand there.
#[derive(Debug)]
pub struct JsonReader<'b> {
    body: &'b [u8],
    json: Jiter<'b>,
    depth: usize,
    values: usize,
    missing: Missing,
}

type Read<T> = Result<T, ReadError>;

impl<'b> JsonReader<'b> {
    /// A reader at the beginning of a body; an empty body counts as an empty object.
    #[must_use]
    pub fn new(body: &'b [u8]) -> Self {
        let body = if body.iter().all(u8::is_ascii_whitespace) { b"{}" } else { body };
        Self { body, json: Jiter::new(body), depth: 0, values: 0, missing: Missing::default() }
    }

    /// Ends the document.
    ///
    /// # Errors
    /// Something follows the value that was read.
    pub fn finish(mut self) -> Result<Missing, ReadError> {
        self.json.finish().map_err(syntax)?;
        Ok(self.missing)
    }

    /// Looks at the next value and counts it.
    fn next(&mut self) -> Read<Peek> {
        self.values += 1;
        if self.values > VALUE_LIMIT {
            return Err(ReadError::new(ReadErrorKind::TooMany { limit: VALUE_LIMIT }));
        }
        self.json.peek().map_err(syntax)
    }

    /// Looks at the next value, which must be of one of the kinds that `wanted` knows.
    fn expect(&mut self, at: &Member, wanted: impl FnOnce(Peek) -> bool) -> Read<Peek> {
        let peek = self.next()?;
        if wanted(peek) { Ok(peek) } else { Err(self.wrong(at, peek)) }
    }

    /// The error for a value of another type. Numbers and words are read to the end, so that broken ones are called broken.
    fn wrong(&mut self, at: &Member, peek: Peek) -> ReadError {
        let found = match peek {
            Peek::Null => "NULL",
            Peek::True => "TRUE_VALUE",
            Peek::False => "FALSE_VALUE",
            Peek::String => "STRING_VALUE",
            Peek::Array => "START_ARRAY",
            Peek::Object => "START_OBJECT",
            _ => "NUMBER_VALUE",
        };
        if !matches!(peek, Peek::String | Peek::Array | Peek::Object)
            && let Err(error) = self.skip_known(peek)
        {
            return error;
        }
        ReadError::new(ReadErrorKind::WrongType { found, expected: expectation(at) })
    }

    fn text(&mut self) -> Read<&str> {
        self.json.known_str().map_err(syntax)
    }

    fn number(&mut self, at: &Member, peek: Peek) -> Read<NumberAny> {
        self.json.known_number(peek).map_err(|error| match error.error_type {
            JiterErrorType::JsonError(JsonErrorType::NumberOutOfRange) => out_of_range(at),
            _ => syntax(error),
        })
    }

    /// Goes one level deeper for the time of `inside`.
    fn nested<T>(&mut self, inside: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth == DEPTH_LIMIT {
            return Err(ReadError::new(ReadErrorKind::TooDeep { limit: DEPTH_LIMIT }));
        }
        self.depth += 1;
        let result = inside(self);
        self.depth -= 1;
        result
    }

    /// Skips a value with the same limits and the same strictness as if it were read. (Jiter's own skip leaves UTF-8
    /// unchecked and goes 200 levels deep.)
    fn skip(&mut self) -> Read<()> {
        let peek = self.next()?;
        self.skip_known(peek)
    }

    fn skip_known(&mut self, peek: Peek) -> Read<()> {
        match peek {
            Peek::Null => self.json.known_null().map_err(syntax),
            Peek::True | Peek::False => self.json.known_bool(peek).map(drop).map_err(syntax),
            Peek::String => self.text().map(drop),
            Peek::Array => self.elements(|from, _| from.skip()),
            Peek::Object => self.members(|_| (), |from, ()| from.skip()),
            _ => self.json.known_number_bytes(peek).map(drop).map_err(syntax),
        }
    }

    /// Walks an array; `each` gets every index.
    fn elements(&mut self, mut each: impl FnMut(&mut Self, usize) -> Read<()>) -> Read<()> {
        self.nested(|from| {
            let mut next = from.json.known_array().map_err(syntax)?;
            let mut index = 0;
            while next.is_some() {
                each(from, index)?;
                index += 1;
                next = from.json.array_step().map_err(syntax)?;
            }
            Ok(())
        })
    }

    /// Walks an object; `each` gets what `known` makes of every key.
    fn members<K>(&mut self, mut known: impl FnMut(&str) -> K, mut each: impl FnMut(&mut Self, K) -> Read<()>) -> Read<()> {
        self.nested(|from| {
            let mut next = from.json.known_object().map_err(syntax)?.map(&mut known);
            while let Some(key) = next {
                each(from, key)?;
                next = from.json.next_key().map_err(syntax)?.map(&mut known);
            }
            Ok(())
        })
    }

    /// Calls `read` on the next value, and skips that value if `read` took no interest in it.
    fn offer(&mut self, read: impl FnOnce(&mut Self) -> Read<()>) -> Read<()> {
        self.json.peek().map_err(syntax)?;
        let before = self.json.current_index();
        read(self)?;
        if self.json.current_index() == before { self.skip() } else { Ok(()) }
    }
}

impl ShapeReader for JsonReader<'_> {
    fn boolean(&mut self, at: &'static Member) -> Read<bool> {
        let peek = self.expect(at, |peek| matches!(peek, Peek::True | Peek::False))?;
        self.json.known_bool(peek).map_err(syntax)
    }

    fn integer(&mut self, at: &'static Member) -> Read<i64> {
        let peek = self.expect(at, Peek::is_num)?;
        let value = match self.number(at, peek)? {
            NumberAny::Int(NumberInt::Int(value)) => value,
            NumberAny::Float(value) => whole(at, value)?,
        };
        match at.schema.kind {
            Kind::Integer if i32::try_from(value).is_err() => Err(out_of_range(at)),
            _ => Ok(value),
        }
    }

    fn double(&mut self, at: &'static Member) -> Read<f64> {
        let peek = self.expect(at, |peek| peek.is_num() || peek == Peek::String)?;
        if peek == Peek::String {
            return match self.text()? {
                "NaN" => Ok(f64::NAN),
                "Infinity" => Ok(f64::INFINITY),
                "-Infinity" => Ok(f64::NEG_INFINITY),
                _ => Err(ReadError::new(ReadErrorKind::WrongType { found: "STRING_VALUE", expected: expectation(at) })),
            };
        }
        let value = self.json.known_float(peek).map_err(syntax)?;
        if value.is_finite() { Ok(value) } else { Err(out_of_range(at)) }
    }

    fn string(&mut self, at: &'static Member) -> Read<String> {
        self.expect(at, |peek| peek == Peek::String)?;
        self.text().map(str::to_owned)
    }

    fn blob(&mut self, at: &'static Member) -> Read<Vec<u8>> {
        self.expect(at, |peek| peek == Peek::String)?;
        let decoded = STANDARD_PAD_INDIFFERENT.decode(self.text()?);
        decoded.map_err(|_| ReadError::new(ReadErrorKind::Malformed { expected: "base64" }))
    }

    fn timestamp(&mut self, at: &'static Member) -> Read<Timestamp> {
        match at.timestamp_format {
            None | Some(TimestampFormat::EpochSeconds) => {
                let peek = self.expect(at, Peek::is_num)?;
                let seconds = self.json.known_float(peek).map_err(syntax)?;
                moment::from_epoch_seconds(seconds).ok_or_else(|| out_of_range(at))
            }
            Some(format @ (TimestampFormat::DateTime | TimestampFormat::HttpDate)) => {
                self.expect(at, |peek| peek == Peek::String)?;
                moment::from_text(at, format, self.text()?)
                    .map_err(|expected| ReadError::new(ReadErrorKind::Malformed { expected }))
            }
        }
    }

    fn document(&mut self, _at: &'static Member) -> Read<Document> {
        self.json.peek().map_err(syntax)?;
        let from = self.json.current_index();
        self.skip()?;
        let text = self.body.get(from..self.json.current_index()).unwrap_or_default();
        serde_json::from_slice(text).map(Document).map_err(|error| {
            ReadError::new(ReadErrorKind::Syntax { offset: from + error.column(), detail: "invalid document".to_owned() })
        })
    }

    fn structure(&mut self, at: &'static Member, each: ReadMember<'_>) -> Read<()> {
        self.expect(at, |peek| peek == Peek::Object)?;
        let members = at.schema.members();
        let mut seen = Seen::default();
        let mut expected = 0;
        let known = |name: &str| {
            let found = find(members, name, expected)?;
            expected = found.0 + 1;
            Some(found)
        };
        self.members(known, |from, found| {
            let Some((index, member)) = found else { return from.skip() };
            if from.json.peek().map_err(syntax)? == Peek::Null {
                return from.skip();
            }
            seen.insert(index);
            let mark = from.missing.mark();
            from.offer(|from| each(index, from)).map_err(|error| error.in_member(member.name))?;
            from.missing.in_member(mark, member.name);
            Ok(())
        })?;
        self.missing.note(members, &seen);
        Ok(())
    }

    fn list(&mut self, at: &'static Member, each: ReadElement<'_>) -> Read<()> {
        self.expect(at, |peek| peek == Peek::Array)?;
        self.elements(|from, index| {
            let mark = from.missing.mark();
            from.offer(|from| each(from)).map_err(|error| error.in_element(index))?;
            from.missing.in_element(mark, index);
            Ok(())
        })
    }

    fn map(&mut self, at: &'static Member, each: ReadEntry<'_>) -> Read<()> {
        self.expect(at, |peek| peek == Peek::Object)?;
        self.members(str::to_owned, |from, key| {
            let mark = from.missing.mark();
            from.offer(|from| each(key.clone(), from)).map_err(|error| error.in_member(&key))?;
            from.missing.in_entry(mark, &key);
            Ok(())
        })
    }
}

/// Finds a member by name. Clients mostly write members in model order, so the search begins after the last one found.
fn find(members: &'static [Member], name: &str, expected: usize) -> Option<(usize, &'static Member)> {
    let (before, after) = members.split_at_checked(expected)?;
    let known = |(_, member): &(usize, &'static Member)| member.wire_name() == name;
    let after = after.iter().enumerate().map(|(index, member)| (index + before.len(), member));
    after.chain(before.iter().enumerate()).find(known)
}

/// A whole number written with a point or an exponent, such as `1e3`.
fn whole(at: &Member, value: f64) -> Read<i64> {
    if value.is_finite() && value.fract() != 0.0 {
        return Err(ReadError::new(ReadErrorKind::WrongType { found: "NUMBER_VALUE", expected: expectation(at) }));
    }
    // By way of text: it is exact, and it refuses what does not fit, infinity included.
    format!("{value:.0}").parse().map_err(|_| out_of_range(at))
}

fn out_of_range(at: &Member) -> ReadError {
    ReadError::new(ReadErrorKind::OutOfRange { expected: expectation(at) })
}

fn syntax(error: JiterError) -> ReadError {
    ReadError::new(ReadErrorKind::Syntax { offset: error.index, detail: error.error_type.to_string() })
}
