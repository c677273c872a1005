//! The functions of the language.

mod address;
mod texts;

use super::expression::{Scene, millis};
use super::operand::Expression;
use super::value::Value;

/// A function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Abs,
    Ceil,
    Coalesce,
    Concat,
    Floor,
    FromMillis,
    Greatest,
    If,
    IsBlank,
    IsEmpty,
    IsInSubnet(Version),
    IsPresent,
    IsValidIp(Version),
    JsonParse,
    JsonStringify,
    Least,
    Log,
    Ltrim,
    Now,
    Replace,
    Rtrim,
    Sqrt,
    StrContains,
    StrLen,
    Substr,
    ToLower,
    ToMillis,
    ToUpper,
    Trim,
}

/// The version of addresses that is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    Any,
    Four,
    Six,
}

/// The function of a name, and how many arguments it takes.
const TABLE: [(&str, Function, std::ops::RangeInclusive<usize>); 36] = [
    ("abs", Function::Abs, 1..=1),
    ("ceil", Function::Ceil, 1..=1),
    ("coalesce", Function::Coalesce, 1..=MANY),
    ("concat", Function::Concat, 1..=MANY),
    ("floor", Function::Floor, 1..=1),
    ("fromMillis", Function::FromMillis, 1..=1),
    ("greatest", Function::Greatest, 1..=MANY),
    ("if", Function::If, 3..=3),
    ("isblank", Function::IsBlank, 1..=1),
    ("isempty", Function::IsEmpty, 1..=1),
    ("isIpInSubnet", Function::IsInSubnet(Version::Any), 2..=2),
    ("isIpv4InSubnet", Function::IsInSubnet(Version::Four), 2..=2),
    ("isIpv6InSubnet", Function::IsInSubnet(Version::Six), 2..=2),
    ("ispresent", Function::IsPresent, 1..=1),
    ("isValidIp", Function::IsValidIp(Version::Any), 1..=1),
    ("isValidIpInSubnet", Function::IsInSubnet(Version::Any), 2..=2),
    ("isValidIpv4", Function::IsValidIp(Version::Four), 1..=1),
    ("isValidIpv4InSubnet", Function::IsInSubnet(Version::Four), 2..=2),
    ("isValidIpv6", Function::IsValidIp(Version::Six), 1..=1),
    ("isValidIpv6InSubnet", Function::IsInSubnet(Version::Six), 2..=2),
    ("jsonParse", Function::JsonParse, 1..=1),
    ("jsonStringify", Function::JsonStringify, 1..=1),
    ("least", Function::Least, 1..=MANY),
    ("log", Function::Log, 1..=1),
    ("ltrim", Function::Ltrim, 1..=2),
    ("now", Function::Now, 0..=0),
    ("replace", Function::Replace, 3..=3),
    ("rtrim", Function::Rtrim, 1..=2),
    ("sqrt", Function::Sqrt, 1..=1),
    ("strcontains", Function::StrContains, 2..=2),
    ("strlen", Function::StrLen, 1..=1),
    ("substr", Function::Substr, 2..=3),
    ("tolower", Function::ToLower, 1..=1),
    ("toMillis", Function::ToMillis, 1..=1),
    ("toupper", Function::ToUpper, 1..=1),
    ("trim", Function::Trim, 1..=2),
];
/// Arguments of one call, at most.
const MANY: usize = 100;

impl Function {
    /// The function of a name, in whatever letters, and how many arguments it takes.
    pub(super) fn named(name: &str) -> Option<(Self, std::ops::RangeInclusive<usize>)> {
        let found = TABLE.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name));
        found.map(|(_, function, arguments)| (*function, arguments.clone()))
    }

    /// What a call comes to. What makes no sense, the root of a text for instance, is missing.
    pub(super) fn call<'s>(self, arguments: &'s [Expression], scene: Scene<'s>) -> Value<'s> {
        let argument = |place: usize| arguments.get(place).map_or(Value::Missing, |argument| argument.value(scene));
        let values = || arguments.iter().map(|argument| argument.value(scene));
        match self {
            Self::Abs => numeric(&argument(0), f64::abs),
            Self::Ceil => numeric(&argument(0), f64::ceil),
            Self::Floor => numeric(&argument(0), f64::floor),
            Self::Log => numeric(&argument(0), f64::ln),
            Self::Sqrt => numeric(&argument(0), f64::sqrt),
            Self::Greatest => extreme(values(), f64::max),
            Self::Least => extreme(values(), f64::min),
            Self::Coalesce => values().find(|value| !value.is_missing()).unwrap_or_default(),
            Self::If => argument(if argument(0).is_true() { 1 } else { 2 }),
            Self::IsPresent => Value::Bool(!argument(0).is_missing()),
            Self::IsEmpty => Value::Bool(argument(0).as_text().is_none_or(|text| text.is_empty())),
            Self::IsBlank => Value::Bool(argument(0).as_text().is_none_or(|text| text.trim().is_empty())),
            Self::Now => Value::Number(seconds(scene.now)),
            Self::FromMillis => millis(&argument(0)).map_or(Value::Missing, Value::Time),
            Self::ToMillis => millis(&argument(0)).map_or(Value::Missing, |millis| Value::Number(whole(millis))),
            Self::IsValidIp(version) => Value::Bool(argument(0).as_text().is_some_and(|text| address::is_valid(&text, version))),
            Self::IsInSubnet(version) => {
                let (one, other) = (argument(0), argument(1));
                let texts = one.as_text().zip(other.as_text());
                Value::Bool(texts.is_some_and(|(address, subnet)| address::is_in(&address, &subnet, version)))
            }
            Self::Concat
            | Self::JsonParse
            | Self::JsonStringify
            | Self::Ltrim
            | Self::Replace
            | Self::Rtrim
            | Self::StrContains
            | Self::StrLen
            | Self::Substr
            | Self::ToLower
            | Self::ToUpper
            | Self::Trim => texts::call(self, &values().collect::<Vec<_>>()),
        }
    }
}

fn numeric(value: &Value<'_>, function: impl Fn(f64) -> f64) -> Value<'static> {
    value.as_number().map(function).filter(|result| result.is_finite()).map_or(Value::Missing, Value::Number)
}

fn extreme<'v>(values: impl Iterator<Item = Value<'v>>, choose: impl Fn(f64, f64) -> f64) -> Value<'static> {
    values.filter_map(|value| value.as_number()).reduce(choose).map_or(Value::Missing, Value::Number)
}

fn seconds(millis: i64) -> f64 {
    whole(millis.div_euclid(1000))
}

#[expect(clippy::cast_precision_loss, reason = "times are far below 2^53 milliseconds")]
const fn whole(number: i64) -> f64 {
    number as f64
}
