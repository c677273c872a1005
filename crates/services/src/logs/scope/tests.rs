use super::*;

fn scope() -> Scope {
    Scope { region: Region::new("us-east-1").unwrap(), account: "000000000000".parse().unwrap(), now: Timestamp::from_millis(0) }
}

#[test]
fn groups_are_named_by_name_or_arn() {
    let named =
        |name, identifier| scope().group(name, identifier).map(|name| name.to_string()).map_err(|error| error.error().code);
    let arn = "arn:aws:logs:us-east-1:000000000000:log-group:/ecs/web";
    assert_eq!(named(Some("/ecs/web"), None), Ok("/ecs/web".to_owned()));
    assert_eq!(named(None, Some("/ecs/web")), Ok("/ecs/web".to_owned()));
    assert_eq!(named(None, Some(arn)), Ok("/ecs/web".to_owned()));
    assert_eq!(named(Some("a"), Some("a")), Err("ValidationException"));
    assert_eq!(named(None, None), Err("ValidationException"));
    assert_eq!(named(None, Some("arn:aws:logs:eu-west-1:000000000000:log-group:a")), Err("ResourceNotFoundException"));
    assert_eq!(named(None, Some("arn:aws:logs:us-east-1:111111111111:log-group:a")), Err("ResourceNotFoundException"));
    for bad in ["arn:aws:ecs:us-east-1:000000000000:cluster/a", "arn:aws:logs:us-east-1:000000000000:log-group:a:*", "a:b", "a,b"]
    {
        assert_eq!(named(None, Some(bad)), Err("InvalidParameterException"), "{bad}");
    }
}
