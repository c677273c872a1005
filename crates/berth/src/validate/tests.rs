use super::{Finding, Severity, findings};

fn of(text: &str) -> Vec<Finding> {
    findings(text, "000000000000".parse().unwrap())
}

#[track_caller]
fn one(text: &str) -> (Severity, usize, usize, String, String) {
    let found = of(text);
    assert_eq!(found.len(), 1, "{found:?}");
    let Finding { severity, line, column, field, message } = found.into_iter().next().unwrap();
    (severity, line, column, field, message)
}

#[track_caller]
fn error(text: &str, line: usize, column: usize, field: &str, message: &str) {
    assert_eq!(one(text), (Severity::Error, line, column, field.to_owned(), message.to_owned()));
}

const WEB: &str =
    r#"{"family": "web", "networkMode": "host", "containerDefinitions": [{"name": "web", "image": "nginx", "memory": 64}]}"#;

#[test]
fn sound_definition_has_no_findings() {
    assert_eq!(of(WEB), []);
}

#[test]
fn definition_as_described_is_found_in_its_frame() {
    let text = format!("{{\"taskDefinition\": {}}}", WEB.replacen('{', "{\"revision\": 3, ", 1));
    let (severity, _, _, field, _) = one(&text);
    assert_eq!((severity, field.as_str()), (Severity::Warning, "revision"));
}

#[test]
fn text_that_is_no_json_is_refused_where_it_stops_being_it() {
    let found = of("{\n  \"family\" \"web\"\n}");
    assert_eq!((found.len(), found[0].line), (1, 2), "{found:?}");
    assert!(found[0].message.starts_with("this is not JSON: "), "{found:?}");
    assert_eq!(of("").len(), 1);
    assert_eq!(of("[]").len(), 1);
}

#[test]
fn misspelt_member_is_named_with_what_was_meant() {
    let text = "{\n \"family\": \"web\",\n \"containerDefinitions\": [\n  {\"name\": \"web\", \"image\": \"nginx\", \"memroy\": 64}\n ]\n}";
    error(text, 4, 37, "containerDefinitions[0].memroy", "there is no member memroy; did you mean memory?");
}

#[test]
fn value_of_the_wrong_kind_is_named() {
    let text = WEB.replace("64", "\"64\"");
    error(&text, 1, 111, "containerDefinitions[0].memory", "this is a text, and has to be a number");
    let text = WEB.replace("64", "64.5");
    error(&text, 1, 111, "containerDefinitions[0].memory", "64.5 is no whole number");
}

#[test]
fn word_that_is_none_of_the_list_is_refused_with_the_list() {
    let (_, _, _, field, message) = one(&WEB.replace("\"host\"", "\"hosts\""));
    assert_eq!((field.as_str(), message.as_str()), ("networkMode", "\"hosts\" is none of bridge, host, awsvpc, none"));
}

#[test]
fn missing_member_is_said_where_its_object_begins() {
    error("{\"family\": \"web\"}", 1, 1, "", "containerDefinitions is missing");
}

#[test]
fn broken_rule_is_said_where_the_text_points() {
    let text = WEB.replace("\"memory\": 64", "\"memory\": 64, \"portMappings\": [{\"hostPort\": 80, \"containerPort\": 0}]");
    let (severity, _, _, field, _) = one(&text);
    assert_eq!((severity, field.as_str()), (Severity::Error, "containerDefinitions[0].portMappings[0].containerPort"));
}

#[test]
fn what_nothing_acts_on_is_a_warning() {
    let role = "\"executionRoleArn\": \"arn:aws:iam::000000000000:role/pull\", \"networkMode\"";
    let login =
        "\"repositoryCredentials\": {\"credentialsParameter\": \"arn:aws:secretsmanager:us-east-1:000000000000:secret:x\"}";
    let text = WEB.replace("\"networkMode\"", role).replace("\"memory\": 64", &format!("\"memory\": 64, {login}"));
    let (severity, _, _, field, message) = one(&text);
    assert_eq!((severity, field.as_str()), (Severity::Warning, "containerDefinitions[0].repositoryCredentials"));
    assert!(message.contains("refuses to run"), "{message}");
}

mod any_text {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn is_answered_with_places_inside_it(text in "[{}\\[\\]\":,a-z0-9\n é]{0,200}") {
            let lines = text.lines().count().max(1) + 1;
            for finding in super::of(&text) {
                prop_assert!(finding.line >= 1 && finding.line <= lines, "{finding:?}");
            }
        }
    }
}
