use super::*;

#[test]
fn names_have_letters_digits_and_a_few_signs() {
    for name in ["stack", "a", "a/b\\c", "A-b_c.9", &"n".repeat(128)] {
        assert!(is_name(name), "{name}");
    }
    for name in ["", "a b", "a:b", "a@b", "ä", &"n".repeat(129)] {
        assert!(!is_name(name), "{name}");
    }
}

#[test]
fn values_have_inner_spaces_too() {
    for value in ["production", "a b", "me@home:1", "x/y\\z", &"v".repeat(128)] {
        assert!(is_value(value), "{value}");
    }
    for value in ["", " a", "a ", " ", "a,b", "ä", &"v".repeat(129)] {
        assert!(!is_value(value), "{value}");
    }
}

#[test]
fn eleventh_custom_attribute_is_refused_and_known_ones_still_change() {
    let mut attributes = vec![Attribute { name: Name::new("ecs.os-type"), value: Some(Name::new("linux")) }];
    for number in 0..MOST {
        put(&mut attributes, &Name::new(&format!("a{number}")), None).unwrap();
    }
    let refusal = put(&mut attributes, &Name::new("one-more"), None).unwrap_err();
    assert_eq!(refusal.error().code, "AttributeLimitExceededException");
    put(&mut attributes, &Name::new("a3"), Some(&Name::new("new"))).unwrap();
    assert_eq!(attributes.len(), MOST + 1);
    assert_eq!(attributes[4], Attribute { name: Name::new("a3"), value: Some(Name::new("new")) });
}
