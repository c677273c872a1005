use berth_wire::protocol::RemoteError;

use super::*;

fn refused(status: u16, code: &str, message: &str) -> CallError {
    let remote = RemoteError { status, code: code.to_owned(), message: message.to_owned(), request_id: None };
    CallError::Refused { operation: "RegisterContainerInstance", remote }
}

#[test]
fn what_a_refusal_asks_for_depends_on_its_name_and_on_who_asks() {
    let unreached = CallError::Unreachable { operation: "o", endpoint: "e".to_owned(), problem: "refused".to_owned() };
    assert_eq!(next(&unreached, true), Next::Soon);
    let inactive = "The container instance is INACTIVE: it was deregistered.";
    let changed = "Container instance type changes are not supported. It was 1 and is 2.";
    for (status, code, message, is_back, expected) in [
        (500, "ServerException", "", false, Next::Later),
        (400, "ThrottlingException", "", false, Next::Later),
        (400, "LimitExceededException", "", true, Next::Later),
        (400, "ClusterNotFoundException", "Cluster not found.", false, Next::Later),
        (400, "ClientException", inactive, true, Next::Anew),
        (400, "InvalidParameterException", "The container instance was not found.", true, Next::Anew),
        (400, "ClientException", changed, true, Next::Never),
        (400, "InvalidParameterException", "Too many attributes", false, Next::Never),
        (400, "AccessDeniedException", "", true, Next::Never),
    ] {
        assert_eq!(next(&refused(status, code, message), is_back), expected, "{code} {message}");
    }
}

#[test]
fn attributes_that_do_not_come_back_are_an_error() {
    let sent = capabilities::attributes(true, true, None, Some("blue"));
    let has = |attributes: &[Attribute], name: &str| attributes.iter().any(|attribute| attribute.name == name);
    assert!(has(&sent, "berth.awsvpc") && has(&sent, "ecs.capability.task-eni"));
    assert!(has(&sent, "berth.capacity-provider") && has(&sent, "com.amazonaws.ecs.capability.apparmor"));
    let least = capabilities::attributes(false, false, None, None);
    assert!(
        !has(&least, "berth.awsvpc")
            && !has(&least, "berth.capacity-provider")
            && !has(&least, "com.amazonaws.ecs.capability.apparmor")
    );
    assert!(echoed(&sent, &sent).is_ok());
    let mut other = sent.clone();
    other.retain(|attribute| attribute.name != "ecs.os-type");
    assert_eq!(
        echoed(&sent, &other).unwrap_err().to_string(),
        "registering this machine: the control plane answered without the attribute ecs.os-type"
    );
}
