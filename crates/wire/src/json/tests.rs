use proptest::prelude::*;

use super::*;
use crate::schema::Member;
use crate::shape::{Document, ReadError, ReadErrorKind, Shape, Timestamp};
use crate::test_shapes::{Color, Tag, WHOLE, Whole, wholes};

static PLACE: Member = Member::new("Whole", &WHOLE);

fn read(body: &[u8]) -> Result<Whole, ReadError> {
    let mut reader = JsonReader::new(body);
    let whole = Whole::read(&PLACE, &mut reader)?;
    reader.finish()?;
    Ok(whole)
}

fn write(whole: &Whole) -> String {
    let mut writer = JsonWriter::new();
    whole.write(&PLACE, &mut writer);
    String::from_utf8(writer.into_bytes()).unwrap()
}

fn refusal(body: &str) -> String {
    read(body.as_bytes()).unwrap_err().to_string()
}

#[test]
fn empty_body_is_an_empty_object() {
    assert_eq!(read(b""), Ok(Whole::default()));
    assert_eq!(read(b" \n"), Ok(Whole::default()));
    assert_eq!(read(b"{}"), Ok(Whole::default()));
}

#[test]
fn members_are_read_in_any_order_and_unknown_ones_skipped() {
    let body = br#"{"Total": 7, "new": {"deep": [1, "\u00e4", null, {"a": false}]}, "Count": -3, "Flag": true}"#;
    assert_eq!(read(body), Ok(Whole { flag: Some(true), count: Some(-3), total: Some(7), ..Whole::default() }));
}

#[test]
fn null_is_absent_and_the_last_of_two_holds() {
    assert_eq!(read(br#"{"Count": null}"#), Ok(Whole::default()));
    assert_eq!(read(br#"{"Count": 1, "Count": 2}"#), Ok(Whole { count: Some(2), ..Whole::default() }));
}

#[test]
fn location_name_stands_in_the_document() {
    let tags = vec![Tag { key: "a".into(), value: None }];
    let whole = Whole { tags: Some(tags), ..Whole::default() };
    assert_eq!(read(br#"{"Tags": [{"Key": "a"}]}"#), Ok(whole.clone()));
    assert_eq!(write(&whole), r#"{"Name":"","Tags":[{"Key":"a"}]}"#);
}

#[test]
fn wrong_types_are_named_as_aws_names_them() {
    assert_eq!(refusal(r#"{"Count": "1"}"#), "Count: STRING_VALUE can not be converted to Integer");
    assert_eq!(refusal(r#"{"Count": 1.5}"#), "Count: NUMBER_VALUE can not be converted to Integer");
    assert_eq!(refusal(r#"{"Name": 1}"#), "Name: NUMBER_VALUE can not be converted to String");
    assert_eq!(refusal(r#"{"Name": true}"#), "Name: TRUE_VALUE can not be converted to String");
    assert_eq!(refusal(r#"{"Flag": {}}"#), "Flag: START_OBJECT can not be converted to Boolean");
    assert_eq!(refusal(r#"{"Flag": []}"#), "Flag: START_ARRAY can not be converted to Boolean");
    assert_eq!(refusal(r#"{"Tags": {"Key": "a"}}"#), "TagList: START_OBJECT can not be converted to List");
    assert_eq!(refusal(r#"{"Keys": ["a", null]}"#), "Keys[1]: NULL can not be converted to String");
    assert_eq!(refusal(r#"{"Labels": {"a": null}}"#), "Labels.a: NULL can not be converted to String");
    assert_eq!(refusal("[]"), "START_ARRAY can not be converted to Structure");
    assert_eq!(refusal("null"), "NULL can not be converted to Structure");
}

#[test]
fn errors_say_where() {
    let body = r#"{"Wholes": [{}, {"Tags": [{"Key": "a"}, {"Key": 5}]}]}"#;
    assert_eq!(refusal(body), "Wholes[1].TagList[1].Key: NUMBER_VALUE can not be converted to String");
}

#[test]
fn integers_may_be_written_with_point_or_exponent() {
    let count = |text: &str| read(format!(r#"{{"Count": {text}}}"#).as_bytes()).map(|whole| whole.count.unwrap());
    assert_eq!(count("1.0"), Ok(1));
    assert_eq!(count("1e3"), Ok(1000));
    assert_eq!(count("-0.0"), Ok(0));
    assert_eq!(count("2147483647"), Ok(i32::MAX));
    for text in ["2147483648", "1e10", "1e400", "99999999999999999999999999"] {
        assert_eq!(count(text).unwrap_err().kind, ReadErrorKind::OutOfRange { expected: "Integer" }, "{text}");
    }
    let total = read(br#"{"Total": 9223372036854775808}"#).unwrap_err();
    assert_eq!(total.kind, ReadErrorKind::OutOfRange { expected: "Long" });
    let ratio = read(br#"{"Ratio": 1e999}"#).unwrap_err();
    assert_eq!(ratio.kind, ReadErrorKind::OutOfRange { expected: "Double" });
}

#[test]
fn broken_documents_are_refused() {
    let broken: [&[u8]; 19] = [
        b"{",
        b"{}}",
        b"{} {}",
        b"{\"Name\"}",
        b"{\"Name\":}",
        b"{\"Name\":\"a\",}",
        b"{\"Name\":\"\xff\"}",
        b"{\"Name\":\"\\ud800\"}",
        b"{\"Name\":\"\\ud800\\u0041\"}",
        b"{\"new\":\"\xc3\"}",
        b"{\"new\":[1,]}",
        b"{\"Count\":01}",
        b"{\"Count\":1.}",
        b"{\"Count\":nul}",
        b"{\"Flag\":tru}",
        b"{Name:\"a\"}",
        b"{\"Ratio\":NaN}",
        b"{\"Name\":\"a\x01\"}",
        b"\xef\xbb\xbf{}",
    ];
    for body in broken {
        let error = read(body).unwrap_err();
        assert!(matches!(error.kind, ReadErrorKind::Syntax { .. }), "{:?}: {error}", String::from_utf8_lossy(body));
    }
}

#[test]
fn depth_is_limited_in_known_and_unknown_members() {
    let unknown = |depth: usize| format!(r#"{{"new": {}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    assert!(read(unknown(DEPTH_LIMIT - 1).as_bytes()).is_ok());
    let too_deep = ReadErrorKind::TooDeep { limit: DEPTH_LIMIT };
    assert_eq!(read(unknown(DEPTH_LIMIT).as_bytes()).unwrap_err().kind, too_deep);
    for bomb in [r#"{"new":"#, r#"{"Wholes":["#, r#"{"Open":["#] {
        assert_eq!(read(bomb.repeat(1_000_000).as_bytes()).unwrap_err().kind, too_deep, "{bomb}");
    }
}

#[test]
fn values_are_limited() {
    let body = format!(r#"{{"new": [{}0]}}"#, "0,".repeat(VALUE_LIMIT));
    assert_eq!(read(body.as_bytes()).unwrap_err().kind, ReadErrorKind::TooMany { limit: VALUE_LIMIT });
}

#[test]
fn absent_required_members_are_noted_with_their_place() {
    let mut reader = JsonReader::new(br#"{"Tags": [{"Key": "a"}, {}], "Wholes": [{"Name": "a"}, {"Tags": [{}]}]}"#);
    Whole::read(&PLACE, &mut reader).unwrap();
    let missing = reader.finish().unwrap();
    let expected = ["tagList.2.member.key", "wholes.2.member.tagList.1.member.key", "wholes.2.member.name", "name"];
    assert_eq!(missing.paths(), expected);
}

#[test]
fn values_that_a_shape_passes_over_are_skipped() {
    let mut reader = JsonReader::new(br#"{"Tags": [{"Key": "a"}], "Name": {"odd": []}}"#);
    let mut seen = Vec::new();
    crate::ShapeReader::structure(&mut reader, &PLACE, &mut |index, _| {
        seen.push(index);
        Ok(())
    })
    .unwrap();
    reader.finish().unwrap();
    assert_eq!(seen, [13, 4]);
}

#[test]
fn everything_is_written_as_aws_writes_it() {
    let whole = Whole {
        flag: Some(false),
        ratio: Some(0.5),
        name: "a \"b\"\n\u{1}ä".into(),
        color: Some(Color::Red),
        data: Some(crate::Blob(b"hi".to_vec())),
        at: Some(Timestamp(1_700_000_000_120)),
        at_date: Some(Timestamp(1_700_000_000_000)),
        open: Some(Document(serde_json::json!({"a": [1, 2]}))),
        labels: Some([("k".to_owned(), "v".to_owned())].into()),
        series: Some([("a".to_owned(), vec![1, 2]), ("b".to_owned(), vec![])].into()),
        ..Whole::default()
    };
    let expected = concat!(
        r#"{"Flag":false,"Ratio":0.5,"Name":"a \"b\"\n\u0001ä","Color":"RED","Data":"aGk=","At":1700000000.12,"#,
        r#""AtDate":"2023-11-14T22:13:20Z","Open":{"a":[1,2]},"Labels":{"k":"v"},"Series":{"a":[1,2],"b":[]}}"#,
    );
    assert_eq!(write(&whole), expected);
}

#[test]
fn keys_without_values_are_taken_back() {
    static MAP: Member = Member::new("Labels", crate::test_shapes::WHOLE_MEMBERS[15].schema);
    use crate::ShapeWriter as _;
    let mut writer = JsonWriter::new();
    writer.map(&MAP, 3, &mut |to| {
        to.key(&PLACE, "a");
        to.key(&PLACE, "b");
        to.string(&PLACE, "x");
        to.key(&PLACE, "c");
    });
    assert_eq!(writer.into_bytes(), br#"{"b":"x"}"#);
}

proptest! {
    #[test]
    fn what_is_written_reads_back(whole in wholes()) {
        prop_assert_eq!(read(write(&whole).as_bytes()), Ok(whole));
    }

    #[test]
    fn any_bytes_are_read_without_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&body);
    }

    #[test]
    fn any_cut_and_any_flipped_bit_is_read_without_panic(whole in wholes(), at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let mut body = write(&whole).into_bytes();
        let at = at.index(body.len());
        body[at] ^= 1 << bit;
        let _ = read(&body);
        let _ = read(&body[..at]);
    }
}
