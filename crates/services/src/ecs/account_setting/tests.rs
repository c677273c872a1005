use std::sync::Arc;

use berth_api::Caller;
use berth_model::Region;
use berth_wire::Timestamp;

use super::*;

const ROOT: &str = "arn:aws:iam::000000000000:root";
const USER: &str = "arn:aws:iam::000000000000:user/ann";

fn call(arn: &str) -> (Scope, Call) {
    let caller = Caller { arn: arn.to_owned(), user_id: String::new(), key_id: String::new() };
    let call = Call {
        request_id: "1".into(),
        region: "us-east-1".into(),
        account: "000000000000".into(),
        host: "localhost".into(),
        caller: Arc::new(caller),
        received_at: Timestamp(0),
        began: std::time::Instant::now(),
    };
    (Scope { region: Region::new("us-east-1").unwrap(), account: "000000000000".parse().unwrap() }, call)
}

fn principal(caller: &str, given: Option<&str>) -> Result<Principal, &'static str> {
    let (scope, call) = call(caller);
    Principal::of(scope, &call, given).map_err(|refusal| refusal.error().code)
}

fn refused(name: &str, arn: &str, value: &str) -> Option<String> {
    let setting = SETTINGS.iter().find(|setting| setting.name == name).unwrap();
    let principal = Principal { arn: arn.to_owned(), is_root: arn == ROOT };
    setting.check(&principal, value).err().map(|refusal| refusal.message().to_owned())
}

#[test]
fn every_setting_of_the_model_is_there_by_name() {
    assert!(SETTINGS.is_sorted_by_key(|setting| setting.name));
    for setting in &SETTINGS {
        assert!(!matches!(api::SettingName::from_text(setting.name), api::SettingName::Unlisted(_)), "{}", setting.name);
    }
}

#[test]
fn caller_is_the_principal_unless_root_names_another() {
    assert_eq!(principal(ROOT, None).unwrap(), Principal { arn: ROOT.to_owned(), is_root: true });
    assert_eq!(principal(USER, None).unwrap(), Principal { arn: USER.to_owned(), is_root: false });
    assert_eq!(principal(USER, Some(USER)), principal(USER, None));
    assert_eq!(principal(ROOT, Some(USER)), principal(USER, None));
    assert_eq!(principal(USER, Some(ROOT)), Err("AccessDeniedException"));
}

#[test]
fn principal_is_a_user_or_role_of_this_account() {
    assert!(principal(ROOT, Some("arn:aws:iam::000000000000:role/path/deploy")).is_ok());
    for wrong in [
        "ann",
        "arn:aws:iam::111111111111:user/ann",
        "arn:aws:iam::000000000000:user/",
        "arn:aws:iam::000000000000:group/staff",
        "arn:aws:iam::000000000000:user/a b",
        "arn:aws:ecs:us-east-1:000000000000:cluster/default",
    ] {
        assert_eq!(principal(ROOT, Some(wrong)), Err("InvalidParameterException"), "{wrong}");
    }
}

#[test]
fn settings_take_their_own_values_alone() {
    for (name, value) in [
        ("containerInsights", "enhanced"),
        ("tagResourceAuthorization", "off"),
        ("defaultLogDriverMode", "blocking"),
        ("taskLongArnFormat", "enabled"),
    ] {
        assert_eq!(refused(name, USER, value), None, "{name}");
    }
    for (name, value) in [("containerInsights", "on"), ("awsvpcTrunking", "ENABLED"), ("taskLongArnFormat", "off")] {
        assert_eq!(refused(name, ROOT, value).as_deref(), Some("Invalid setting 'value'"), "{name}");
    }
    assert!(refused("serviceLongArnFormat", ROOT, "disabled").unwrap().contains("no longer disable"));
    assert!(refused("guardDutyActivate", ROOT, "on").unwrap().contains("managed by AWS"));
}

#[test]
fn wait_before_retirement_is_roots_to_set() {
    assert_eq!(refused(WAIT, ROOT, "14"), None);
    assert!(refused(WAIT, USER, "14").unwrap().contains("root user"));
    assert_eq!(refused(WAIT, ROOT, "8").as_deref(), Some("Invalid setting 'value'"));
}
