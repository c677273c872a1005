use std::sync::Arc;

use berth_api::{Call, Caller};

use super::*;

fn call(region: &str) -> Call {
    Call {
        request_id: "r".into(),
        region: region.into(),
        account: "000000000000".into(),
        host: "127.0.0.1:7300".into(),
        caller: Arc::new(Caller { arn: String::new(), user_id: String::new(), key_id: String::new() }),
        received_at: berth_wire::Timestamp(0),
        began: std::time::Instant::now(),
    }
}

#[test]
fn token_leads_to_the_page_after_its_key() {
    let pages = Pages::of(&call("us-east-1"), "ListThings", &[Some("a"), None]);
    let token = pages.token("web:7");
    assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)), "{token}");
    assert_eq!(pages.after(Some(&token)).unwrap().as_deref(), Some("web:7"));
    assert_eq!(pages.after(None).unwrap(), None);
}

#[test]
fn tokens_of_other_lists_are_refused() {
    let here = call("us-east-1");
    let pages = Pages::of(&here, "ListThings", &[Some("a"), None]);
    let token = pages.token("key");
    let others = [
        Pages::of(&here, "ListOthers", &[Some("a"), None]),
        Pages::of(&here, "ListThings", &[None, Some("a")]),
        Pages::of(&here, "ListThings", &[Some("a"), Some("")]),
        Pages::of(&call("eu-west-1"), "ListThings", &[Some("a"), None]),
    ];
    for other in others {
        assert_eq!(other.after(Some(&token)).unwrap_err().error().code, "InvalidParameterException");
    }
    let cut = &token[..token.len() - 2];
    for broken in ["", "?", "AAAA", &token[..8], "AQ", cut] {
        assert!(pages.after(Some(broken)).is_err(), "{broken}");
    }
}

#[test]
fn page_has_a_token_only_when_something_follows() {
    let pages = Pages::of(&call("us-east-1"), "ListThings", &[]);
    let (page, token) = pages.cut(1..=3, 2, ToString::to_string);
    assert_eq!((page, token), (vec![1, 2], Some(pages.token("2"))));
    assert_eq!(pages.cut(1..=2, 2, ToString::to_string), (vec![1, 2], None));
    assert_eq!(pages.cut(0..0, 2, ToString::to_string), (vec![], None));
}

#[test]
fn page_size_has_its_limits() {
    assert_eq!(size(None, 100).unwrap(), 100);
    assert_eq!(size(Some(1), 100).unwrap(), 1);
    for wrong in [0, -1, 101] {
        assert!(size(Some(wrong), 100).is_err());
    }
}
