use super::*;

#[test]
fn page_goes_on_behind_the_attribute_that_it_ended_with() {
    let id = "0123456789abcdef0123456789abcdef";
    let (place, name) = last_of_page(&format!("1:{id}:stack")).unwrap();
    assert_eq!((place.to_string(), name.as_str()), (format!("1:{id}"), "stack"));
    let (_, name) = last_of_page(&format!("4:{id}:agents:may:say:this")).unwrap();
    assert_eq!(name, "agents:may:say:this");
    for wrong in ["", "1", "1:2", &format!("1:{id}"), "x:y:z", "1:short:name"] {
        assert!(last_of_page(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn attributes_are_selected_by_name_and_value() {
    let attribute = |name: &str, value: Option<&str>| Attribute { name: name.into(), value: value.map(Into::into) };
    let all = [attribute("b", Some("1")), attribute("a", None), attribute("c", Some("1"))];
    let names = |name, value, after: Option<&str>| {
        let selected = Filter { name, value }.of(&all, after);
        selected.iter().map(|found| found.name.to_string()).collect::<String>()
    };
    assert_eq!(names(None, None, None), "abc");
    assert_eq!(names(None, None, Some("a")), "bc");
    assert_eq!(names(Some("c"), None, Some("a")), "c");
    assert_eq!(names(Some("c"), Some("2"), None), "");
    assert_eq!(names(Some("a"), Some(""), None), "");
}
