use proptest::prelude::*;

use super::*;
use crate::missing::Missing;
use crate::schema::Member;
use crate::shape::{ReadError, ReadErrorKind, Shape, Timestamp};
use crate::test_shapes::{Tag, WHOLE, Whole, wholes};

static PLACE: Member = Member::new("Whole", &WHOLE);

fn read_form(form: &[u8]) -> Result<(Whole, Missing), ReadError> {
    let form = Form::parse(form)?;
    let mut reader = FormReader::new(&form);
    let whole = Whole::read(&PLACE, &mut reader)?;
    Ok((whole, reader.finish()))
}

fn form(text: &str) -> Whole {
    read_form(text.as_bytes()).unwrap().0
}

fn write_form(whole: &Whole) -> String {
    let mut writer = FormWriter::new("Do", "2020-01-01");
    whole.write(&PLACE, &mut writer);
    String::from_utf8(writer.into_bytes()).unwrap()
}

fn read_xml(document: &[u8]) -> Result<Whole, ReadError> {
    let document = Element::parse(document)?;
    Whole::read(&PLACE, &mut XmlReader::new(&document))
}

fn write_xml(whole: &Whole) -> String {
    let mut writer = XmlWriter::new();
    writer.element("Result", None, |to| whole.write(&PLACE, to));
    String::from_utf8(writer.into_bytes()).unwrap()
}

fn sample() -> Whole {
    Whole {
        flag: Some(true),
        name: "a b&c/ä".into(),
        at: Some(Timestamp(1_700_000_000_000)),
        tags: Some(vec![Tag { key: "k".into(), value: Some("v".into()) }, Tag { key: "l".into(), value: None }]),
        keys: Some(vec![]),
        labels: Some([("x".to_owned(), "y".to_owned())].into()),
        flat_names: Some(vec!["p".into(), "q".into()]),
        flat_map: Some([("n".to_owned(), "t".to_owned())].into()),
        ..Whole::default()
    }
}

#[test]
fn form_is_written_as_botocore_writes_it() {
    let expected = "Action=Do&Version=2020-01-01&Flag=true&Name=a%20b%26c%2F%C3%A4&At=2023-11-14T22%3A13%3A20Z\
        &Tags.member.1.Key=k&Tags.member.1.Value=v&Tags.member.2.Key=l&Keys=&Labels.entry.1.key=x&Labels.entry.1.value=y\
        &FlatName.1=p&FlatName.2=q&Attribute.1.Name=n&Attribute.1.Text=t";
    assert_eq!(write_form(&sample()), expected);
    assert_eq!(form(expected), sample());
}

#[test]
fn form_is_decoded() {
    assert_eq!(form("Name=a+b%2Bc%zz&Count=%31").name, "a b+c%zz");
    assert_eq!(form("&&Name&Count=5").count, Some(5));
    assert_eq!(form("Name=a&Name=b").name, "b");
    let error = read_form(b"Count=1&Name=%ff").unwrap_err();
    assert!(matches!(error.kind, ReadErrorKind::Syntax { offset: 13, .. }), "{error}");
}

#[test]
fn list_order_is_the_order_of_numbers_and_gaps_close() {
    let keys = form("Keys.member.10=j&Keys.member.2=b&Keys.member.5-x=no&Keys.member.0=no&Keys.member.01=no").keys;
    assert_eq!(keys, Some(vec!["b".to_owned(), "j".to_owned()]));
}

#[test]
fn names_that_share_a_beginning_do_not_mix() {
    let whole = form("Name-x=1&Name.y=2&Names=3&Name=4&Tags.member.1-.Key=no&Tags.member.1.Key=k&Tags.member.11.Key=m");
    assert_eq!(whole.name, "4");
    assert_eq!(whole.tags.unwrap().iter().map(|tag| tag.key.as_str()).collect::<Vec<_>>(), ["k", "m"]);
}

#[test]
fn form_errors_say_where() {
    let refusal = |text: &str| read_form(text.as_bytes()).unwrap_err().to_string();
    assert_eq!(refusal("Count=x"), "Count: not a valid Integer");
    assert_eq!(refusal("Count=3000000000"), "Count: the number does not fit Integer");
    assert_eq!(refusal("Flag=1"), "Flag: not a valid Boolean");
    assert_eq!(refusal("Tags=x"), "TagList: STRING_VALUE can not be converted to List");
    assert_eq!(refusal("Tags.member.1.Key.x=1"), "TagList[0].Key: START_OBJECT can not be converted to String");
    assert_eq!(refusal("Labels.entry.1.key=1"), "Labels: not a valid map entry: it needs a key and a value");
    assert_eq!(refusal("At=yesterday"), "At: not a valid timestamp in ISO 8601");
    assert_eq!(refusal("Ratio=inf"), "Ratio: not a valid Double");
    assert_eq!(refusal("Ratio=1e999"), "Ratio: the number does not fit Double");
}

#[test]
fn form_notes_absent_required_members() {
    let (_, missing) = read_form(b"Tags.member.3.Value=v&Wholes.member.1.Count=1").unwrap();
    assert_eq!(missing.paths(), ["tagList.1.member.key", "wholes.1.member.name", "name"]);
}

#[test]
fn form_has_limits() {
    let many = "a=1&".repeat(PARAMETER_LIMIT + 1);
    let error = read_form(many.as_bytes()).unwrap_err();
    assert_eq!(error.kind, ReadErrorKind::TooMany { limit: PARAMETER_LIMIT });
    let deep = format!("{}Name=1", "Wholes.member.1.".repeat(100_000));
    let error = read_form(deep.as_bytes()).unwrap_err();
    assert_eq!(error.kind, ReadErrorKind::TooDeep { limit: DEPTH_LIMIT });
}

#[test]
fn xml_is_written_as_aws_writes_it() {
    let expected = "<Result><Flag>true</Flag><Name>a b&amp;c/ä</Name><At>2023-11-14T22:13:20Z</At>\
        <Tags><member><Key>k</Key><Value>v</Value></member><member><Key>l</Key></member></Tags><Keys></Keys>\
        <Labels><entry><key>x</key><value>y</value></entry></Labels><FlatName>p</FlatName><FlatName>q</FlatName>\
        <Attribute><Name>n</Name><Text>t</Text></Attribute></Result>";
    assert_eq!(write_xml(&sample()), expected);
    assert_eq!(read_xml(expected.as_bytes()), Ok(sample()));
}

#[test]
fn xml_is_read_with_prefixes_comments_sections_and_references() {
    let document = "<?xml version=\"1.0\"?>\n<!-- x --><n:R xmlns:n='u'>\n <n:Name a=\"1\">a&lt;<![CDATA[<b>]]>&#x41;&#66;\r\n\
        </n:Name> <Count>5</Count><Other><Deep/></Other> <Keys/></n:R>\n";
    let whole = read_xml(document.as_bytes()).unwrap();
    assert_eq!(whole.name, "a<<b>AB\n");
    assert_eq!((whole.count, whole.keys), (Some(5), Some(vec![])));
}

#[test]
fn characters_that_xml_cannot_carry_are_replaced() {
    let whole = Whole { name: "a\u{0}\u{8}\u{ffff}\r\n\tb".into(), ..Whole::default() };
    assert_eq!(read_xml(write_xml(&whole).as_bytes()).unwrap().name, "a\u{fffd}\u{fffd}\u{fffd}\r\n\tb");
}

#[test]
fn xml_that_could_expand_or_is_broken_is_refused() {
    let broken = [
        "",
        "text",
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "<a/>text",
        "</a>",
        "<a>&nbsp;</a>",
        "<a>&#0;</a>",
        "<a>&#xd800;</a>",
        "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
        "<!DOCTYPE a><a/>",
        "<a><![CDATA[</a>",
        "<a b=\"></a>",
        "<a",
    ];
    for document in broken {
        let error = Element::parse(document.as_bytes()).unwrap_err();
        assert!(matches!(error.kind, ReadErrorKind::Syntax { .. }), "{document}: {error}");
    }
    assert!(Element::parse(b"<a>\xff</a>").is_err());
}

#[test]
fn xml_has_limits() {
    let deep = "<a>".repeat(1_000_000);
    assert_eq!(Element::parse(deep.as_bytes()).unwrap_err().kind, ReadErrorKind::TooDeep { limit: DEPTH_LIMIT });
    let many = format!("<a>{}</a>", "<b/>".repeat(ELEMENT_LIMIT));
    assert_eq!(Element::parse(many.as_bytes()).unwrap_err().kind, ReadErrorKind::TooMany { limit: ELEMENT_LIMIT });
}

proptest! {
    #[test]
    fn a_form_reads_back(whole in wholes()) {
        let (read, missing) = read_form(write_form(&whole).as_bytes()).unwrap();
        prop_assert_eq!(read, whole);
        prop_assert!(missing.is_empty());
    }

    #[test]
    fn an_xml_document_reads_back(whole in wholes()) {
        prop_assert_eq!(read_xml(write_xml(&whole).as_bytes()), Ok(whole));
    }

    #[test]
    fn any_form_is_read_without_panic(form in "[A-Za-z.=&%+0-9]{0,200}", bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_form(form.as_bytes());
        let _ = read_form(&bytes);
    }

    #[test]
    fn any_xml_is_read_without_panic(text in "[<>/a-c!?&;#x\\[\\]\"'= -]{0,200}", whole in wholes(), at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let _ = read_xml(text.as_bytes());
        let mut document = write_xml(&whole).into_bytes();
        let at = at.index(document.len());
        document[at] ^= 1 << bit;
        let _ = read_xml(&document);
        let _ = read_xml(&document[..at]);
    }
}
