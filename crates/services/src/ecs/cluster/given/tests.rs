use super::*;

fn insights(value: &str) -> api::ClusterSetting {
    api::ClusterSetting { name: Some(api::ClusterSettingName::ContainerInsights), value: Some(value.to_owned()) }
}

fn logging(kind: api::ExecuteCommandLogging, to: Option<api::ExecuteCommandLogConfiguration>) -> api::ClusterConfiguration {
    let execute = api::ExecuteCommandConfiguration { logging: Some(kind), log_configuration: to, ..Default::default() };
    api::ClusterConfiguration { execute_command_configuration: Some(execute), ..Default::default() }
}

#[test]
fn container_insights_has_three_values_and_is_set_once() {
    for value in ["enabled", "enhanced", "disabled"] {
        assert_eq!(settings(&[insights(value)]).unwrap(), [(Name::new("containerInsights"), value.into())]);
    }
    assert!(settings(&[insights("on")]).is_err());
    assert!(settings(&[insights("enabled"), insights("disabled")]).is_err());
}

#[test]
fn overridden_logging_says_where_to() {
    use api::ExecuteCommandLogging as Logging;
    assert!(configuration(&logging(Logging::Override, None)).is_err());
    assert!(configuration(&logging(Logging::Override, Some(Default::default()))).is_ok());
    assert!(configuration(&logging(Logging::Default, None)).is_ok());
}

#[test]
fn namespace_is_a_name_an_arn_or_none() {
    let of = |name: &str| namespace(&api::ClusterServiceConnectDefaultsRequest { namespace: name.to_owned() });
    assert_eq!(of("").unwrap(), None);
    assert_eq!(of("shop.local").unwrap().as_deref(), Some("shop.local"));
    let arn = "arn:aws:servicediscovery:us-east-1:000000000000:namespace/ns-1";
    assert_eq!(of(arn).unwrap().as_deref(), Some(arn));
    for wrong in ["a/b", "<a>", "\"a\"", &"n".repeat(1025)] {
        assert!(of(wrong).is_err(), "{wrong}");
    }
}
