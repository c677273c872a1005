//! A shape of every kind, written by hand as the generator writes shapes; the tests of all codecs share it.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::schema::{Constraints, Kind, Member, Schema, TimestampFormat};
use crate::service::{Access, ErrorShape, Fault, Operation, Protocol, Service};
use crate::shape::{Blob, Document, EnumShape, ReadError, ReadErrorKind, Sensitive, Shape, ShapeReader, ShapeWriter, Timestamp};

static BOOLEAN: Schema = Schema::new("Boolean", Kind::Boolean);
static INTEGER: Schema = Schema::new("Integer", Kind::Integer);
static LONG: Schema = Schema::new("Long", Kind::Long);
static DOUBLE: Schema = Schema::new("Double", Kind::Double);
static STRING: Schema = Schema::new("String", Kind::String);
static COLOR: Schema = Schema::new("Color", Kind::Enum(&["RED", "GREEN"]));
static BLOB: Schema = Schema::new("Blob", Kind::Blob);
static MOMENT: Schema = Schema::new("Moment", Kind::Timestamp);
static DOCUMENT: Schema = Schema::new("Document", Kind::Document);
static SECRET: Schema = Schema {
    name: "Secret",
    kind: Kind::String,
    constraints: Constraints { min: Some(8.0), max: None, pattern: None },
    sensitive: true,
};
static TAG_KEY: Schema = Schema {
    name: "TagKey",
    kind: Kind::String,
    constraints: Constraints { min: Some(1.0), max: Some(128.0), pattern: Some("[\\w]+") },
    sensitive: false,
};
static PORT: Schema = Schema {
    name: "Port",
    kind: Kind::Integer,
    constraints: Constraints { min: Some(1.0), max: Some(65_535.0), pattern: None },
    sensitive: false,
};
static KEYS: Schema = Schema {
    name: "Keys",
    kind: Kind::List(Member::new("member", &TAG_KEY)),
    constraints: Constraints { min: None, max: Some(3.0), pattern: None },
    sensitive: false,
};
static TAG: Schema = Schema::new("Tag", Kind::Structure(&TAG_MEMBERS));
static TAG_MEMBERS: [Member; 2] = [required(Member::new("Key", &TAG_KEY)), Member::new("Value", &STRING)];
static TAGS: Schema = Schema::new("Tags", Kind::List(Member::new("member", &TAG)));
static LABELS: Schema =
    Schema::new("Labels", Kind::Map { key: Member::new("key", &TAG_KEY), value: Member::new("value", &STRING) });
static NUMBERS: Schema = Schema::new("Numbers", Kind::List(Member::new("member", &INTEGER)));
static SERIES: Schema =
    Schema::new("Series", Kind::Map { key: Member::new("key", &STRING), value: Member::new("value", &NUMBERS) });
static FLAT_NAMES: Schema = Schema::new("FlatNames", Kind::List(located(Member::new("member", &STRING), "FlatName")));
static FLAT_MAP: Schema = Schema::new(
    "FlatMap",
    Kind::Map { key: located(Member::new("key", &STRING), "Name"), value: located(Member::new("value", &STRING), "Text") },
);
static WHOLES: Schema = Schema::new("Wholes", Kind::List(Member::new("member", &WHOLE)));
/// The schema of [`Whole`].
pub(crate) static WHOLE: Schema = Schema::new("Whole", Kind::Structure(&WHOLE_MEMBERS));

const fn required(mut member: Member) -> Member {
    member.required = true;
    member
}

const fn located(mut member: Member, name: &'static str) -> Member {
    member.location_name = Some(name);
    member
}

const fn flattened(mut member: Member) -> Member {
    member.flattened = true;
    member
}

const fn timed(mut member: Member, format: TimestampFormat) -> Member {
    member.timestamp_format = Some(format);
    member
}

pub(crate) static WHOLE_MEMBERS: [Member; 20] = [
    Member::new("Flag", &BOOLEAN),
    Member::new("Count", &INTEGER),
    Member::new("Total", &LONG),
    Member::new("Ratio", &DOUBLE),
    required(Member::new("Name", &STRING)),
    Member::new("Color", &COLOR),
    Member::new("Data", &BLOB),
    Member::new("At", &MOMENT),
    timed(Member::new("AtDate", &MOMENT), TimestampFormat::DateTime),
    timed(Member::new("AtHttp", &MOMENT), TimestampFormat::HttpDate),
    Member::new("Open", &DOCUMENT),
    Member::new("Secret", &SECRET),
    Member::new("Port", &PORT),
    located(Member::new("TagList", &TAGS), "Tags"),
    Member::new("Keys", &KEYS),
    Member::new("Labels", &LABELS),
    Member::new("Series", &SERIES),
    flattened(Member::new("FlatNames", &FLAT_NAMES)),
    flattened(located(Member::new("FlatMap", &FLAT_MAP), "Attribute")),
    Member::new("Wholes", &WHOLES),
];

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Color {
    Red,
    Green,
    Unknown(String),
}

impl EnumShape for Color {
    fn as_str(&self) -> &str {
        match self {
            Self::Red => "RED",
            Self::Green => "GREEN",
            Self::Unknown(text) => text,
        }
    }

    fn from_text(text: &str) -> Self {
        match text {
            "RED" => Self::Red,
            "GREEN" => Self::Green,
            _ => Self::Unknown(text.to_owned()),
        }
    }
}

impl Shape for Color {
    fn write(&self, at: &'static Member, to: &mut dyn ShapeWriter) {
        to.string(at, self.as_str());
    }

    fn read(at: &'static Member, from: &mut dyn ShapeReader) -> Result<Self, ReadError> {
        from.string(at).map(|text| Self::from_text(&text))
    }
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Tag {
    pub(crate) key: String,
    pub(crate) value: Option<String>,
}

impl Shape for Tag {
    fn write(&self, at: &'static Member, to: &mut dyn ShapeWriter) {
        to.structure(at, &mut |to| {
            self.key.write(&TAG_MEMBERS[0], to);
            self.value.write(&TAG_MEMBERS[1], to);
        });
    }

    fn read(at: &'static Member, from: &mut dyn ShapeReader) -> Result<Self, ReadError> {
        let mut out = Self::default();
        from.structure(at, &mut |index, from| {
            match index {
                0 => out.key = Shape::read(&TAG_MEMBERS[0], from)?,
                1 => out.value = Shape::read(&TAG_MEMBERS[1], from)?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(out)
    }
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Whole {
    pub(crate) flag: Option<bool>,
    pub(crate) count: Option<i32>,
    pub(crate) total: Option<i64>,
    pub(crate) ratio: Option<f64>,
    pub(crate) name: String,
    pub(crate) color: Option<Color>,
    pub(crate) data: Option<Blob>,
    pub(crate) at: Option<Timestamp>,
    pub(crate) at_date: Option<Timestamp>,
    pub(crate) at_http: Option<Timestamp>,
    pub(crate) open: Option<Document>,
    pub(crate) secret: Option<Sensitive<String>>,
    pub(crate) port: Option<i32>,
    pub(crate) tags: Option<Vec<Tag>>,
    pub(crate) keys: Option<Vec<String>>,
    pub(crate) labels: Option<BTreeMap<String, String>>,
    pub(crate) series: Option<BTreeMap<String, Vec<i32>>>,
    pub(crate) flat_names: Option<Vec<String>>,
    pub(crate) flat_map: Option<BTreeMap<String, String>>,
    pub(crate) wholes: Option<Vec<Whole>>,
}

impl Shape for Whole {
    fn write(&self, at: &'static Member, to: &mut dyn ShapeWriter) {
        to.structure(at, &mut |to| {
            self.flag.write(&WHOLE_MEMBERS[0], to);
            self.count.write(&WHOLE_MEMBERS[1], to);
            self.total.write(&WHOLE_MEMBERS[2], to);
            self.ratio.write(&WHOLE_MEMBERS[3], to);
            self.name.write(&WHOLE_MEMBERS[4], to);
            self.color.write(&WHOLE_MEMBERS[5], to);
            self.data.write(&WHOLE_MEMBERS[6], to);
            self.at.write(&WHOLE_MEMBERS[7], to);
            self.at_date.write(&WHOLE_MEMBERS[8], to);
            self.at_http.write(&WHOLE_MEMBERS[9], to);
            self.open.write(&WHOLE_MEMBERS[10], to);
            self.secret.write(&WHOLE_MEMBERS[11], to);
            self.port.write(&WHOLE_MEMBERS[12], to);
            self.tags.write(&WHOLE_MEMBERS[13], to);
            self.keys.write(&WHOLE_MEMBERS[14], to);
            self.labels.write(&WHOLE_MEMBERS[15], to);
            self.series.write(&WHOLE_MEMBERS[16], to);
            self.flat_names.write(&WHOLE_MEMBERS[17], to);
            self.flat_map.write(&WHOLE_MEMBERS[18], to);
            self.wholes.write(&WHOLE_MEMBERS[19], to);
        });
    }

    fn read(at: &'static Member, from: &mut dyn ShapeReader) -> Result<Self, ReadError> {
        let mut out = Self::default();
        from.structure(at, &mut |index, from| {
            let at = WHOLE_MEMBERS.get(index).ok_or(ReadError::new(ReadErrorKind::TooMany { limit: 20 }))?;
            match index {
                0 => out.flag = Shape::read(at, from)?,
                1 => out.count = Shape::read(at, from)?,
                2 => out.total = Shape::read(at, from)?,
                3 => out.ratio = Shape::read(at, from)?,
                4 => out.name = Shape::read(at, from)?,
                5 => out.color = Shape::read(at, from)?,
                6 => out.data = Shape::read(at, from)?,
                7 => out.at = Shape::read(at, from)?,
                8 => out.at_date = Shape::read(at, from)?,
                9 => out.at_http = Shape::read(at, from)?,
                10 => out.open = Shape::read(at, from)?,
                11 => out.secret = Shape::read(at, from)?,
                12 => out.port = Shape::read(at, from)?,
                13 => out.tags = Shape::read(at, from)?,
                14 => out.keys = Shape::read(at, from)?,
                15 => out.labels = Shape::read(at, from)?,
                16 => out.series = Shape::read(at, from)?,
                17 => out.flat_names = Shape::read(at, from)?,
                18 => out.flat_map = Shape::read(at, from)?,
                19 => out.wholes = Shape::read(at, from)?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(out)
    }
}

static NOTHING: Schema = Schema::new("Nothing", Kind::Structure(&[]));
static REFUSED: ErrorShape = ErrorShape { code: "ValidationException", status: 400, fault: Fault::Client, retryable: false };
/// The service's own fault.
pub(crate) static BROKEN: ErrorShape = ErrorShape { code: "InternalFailure", status: 500, fault: Fault::Server, retryable: true };
static ACCESS: Access = Access { action: "sample:Do", level: "Write", resource_types: &[], condition_keys: &[] };

const fn operation(name: &'static str, index: usize, output: &'static Schema, result_wrapper: Option<&'static str>) -> Operation {
    Operation {
        name,
        index,
        input: Member::new("Input", &WHOLE),
        output: Member::new("Output", output),
        result_wrapper,
        http_method: "POST",
        http_path: "/",
        errors: &[],
        access: Access { action: ACCESS.action, level: ACCESS.level, resource_types: &[], condition_keys: &[] },
        body_limit: 1 << 20,
    }
}

static OPERATIONS: [Operation; 2] =
    [operation("DoNothing", 0, &NOTHING, None), operation("DoWhole", 1, &WHOLE, Some("DoWholeResult"))];

const fn service(signing_name: &'static str, target_prefix: &'static str, protocol: Protocol) -> Service {
    Service {
        id: "Sample",
        signing_name,
        iam_prefix: "sample",
        target_prefix,
        api_version: "2014-11-13",
        protocol,
        xml_namespace: Some("https://sample.example/doc/2014-11-13/"),
        validation_error: &REFUSED,
        internal_error: &BROKEN,
        access_denied_error: &REFUSED,
        operations: &OPERATIONS,
    }
}

pub(crate) static JSON: Service = service("sample", "SampleV20141113", Protocol::AwsJson11);
pub(crate) static QUERY: Service = service("form", "", Protocol::Query);
pub(crate) static REST: Service = service("rest", "", Protocol::RestJson);

/// Text that every codec carries: XML has no way to say control characters.
fn text() -> impl Strategy<Value = String> {
    "[ -~\t\n\r\u{80}-\u{d7ff}\u{1f600}-\u{1f64f}]{0,12}"
}

fn moment() -> impl Strategy<Value = Timestamp> {
    (-62_167_219_200_000_i64..253_402_300_799_999).prop_map(Timestamp)
}

fn second() -> impl Strategy<Value = Timestamp> {
    (0_i64..253_402_300_799).prop_map(|seconds| Timestamp(seconds * 1000))
}

fn tag() -> impl Strategy<Value = Tag> {
    (text(), proptest::option::of(text())).prop_map(|(key, value)| Tag { key, value })
}

/// Any value of the shape, three levels deep. Maps and flattened lists are absent or have parts: the query protocol has no
/// way to say that one is there and empty.
pub(crate) fn wholes() -> impl Strategy<Value = Whole> {
    use proptest::collection::{btree_map, vec};
    use proptest::option::of;
    let color = text().prop_map(|text| Color::from_text(&text));
    let scalars = (
        of(any::<bool>()),
        of(any::<i32>()),
        of(any::<i64>()),
        of(any::<f64>().prop_filter("NaN is not itself", |ratio| !ratio.is_nan())),
        text(),
        of(prop_oneof![Just(Color::Red), Just(Color::Green), color]),
        of(vec(any::<u8>(), 0..9).prop_map(Blob)),
        (of(moment()), of(moment()), of(second())),
        of(text().prop_map(|text| Document(serde_json::json!({"text": text, "list": [1, null, true]})))),
        of(text().prop_map(Sensitive::new)),
        of(any::<i32>()),
    );
    let parts = (
        of(vec(tag(), 0..3)),
        of(vec(text(), 0..3)),
        of(btree_map(text(), text(), 1..3)),
        of(btree_map(text(), vec(any::<i32>(), 0..3), 1..3)),
        of(vec(text(), 1..3)),
        of(btree_map(text(), text(), 1..3)),
    );
    let leaf = (scalars, parts).prop_map(|(scalars, parts)| {
        let (flag, count, total, ratio, name, color, data, (at, at_date, at_http), open, secret, port) = scalars;
        let (tags, keys, labels, series, flat_names, flat_map) = parts;
        Whole {
            flag,
            count,
            total,
            ratio,
            name,
            color,
            data,
            at,
            at_date,
            at_http,
            open,
            secret,
            port,
            tags,
            keys,
            labels,
            series,
            flat_names,
            flat_map,
            wholes: None,
        }
    });
    leaf.prop_recursive(3, 8, 2, |inner| {
        (inner.clone(), of(vec(inner, 0..3))).prop_map(|(whole, wholes)| Whole { wholes, ..whole })
    })
}
