use berth_api::ecs::{AssignPublicIp, AwsVpcConfiguration, NetworkConfiguration};
use berth_model::AttachmentStatus;
use berth_store::backend::Memory;
use berth_store::{Options, Store};

use super::*;
use crate::vpc::{self, DefaultVpc};

fn counting() -> impl FnMut() -> [u8; 16] {
    let mut next = 0_u8;
    move || {
        next += 1;
        [next; 16]
    }
}

fn region() -> Region {
    Region::new("us-east-1").unwrap()
}

async fn made() -> (Store, DefaultVpc) {
    let store = Store::open(Memory::default(), Options::new("test")).unwrap();
    let cidr = vpc::DEFAULT_CIDR.parse().unwrap();
    let made = store.update(|tx| vpc::make_default(tx, region(), cidr, &mut counting())).await.unwrap();
    (store, made)
}

fn given(subnets: &[String], groups: &[String], public: bool) -> NetworkConfiguration {
    let awsvpc_configuration = Some(AwsVpcConfiguration {
        subnets: subnets.to_vec(),
        security_groups: Some(groups.to_vec()),
        assign_public_ip: Some(if public { AssignPublicIp::Enabled } else { AssignPublicIp::Disabled }),
    });
    NetworkConfiguration { awsvpc_configuration }
}

/// What a network of an EC2 task is refused with.
fn refused(store: &Store, mode: NetworkMode, given: Option<&NetworkConfiguration>) -> String {
    checked(&store.view(), region(), (mode, LaunchType::Ec2), given).unwrap_err().message().to_owned()
}

#[tokio::test]
async fn networks_that_cannot_be_are_refused_in_aws_words() {
    let (store, made) = made().await;
    let subnet = made.subnets[0].id.to_string();
    let group = made.group.id.to_string();
    let of = |subnets: &[&str], groups: &[&str]| {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        given(&owned(subnets), &owned(groups), false)
    };
    let awsvpc = |given: &NetworkConfiguration| refused(&store, NetworkMode::Awsvpc, Some(given));
    let unknown = "subnet-0ffffffffffffffff";
    assert_eq!(
        refused(&store, NetworkMode::Awsvpc, None),
        "Network Configuration must be provided when networkMode 'awsvpc' is specified."
    );
    assert_eq!(
        refused(&store, NetworkMode::Host, Some(&of(&[&subnet], &[]))),
        "Network Configuration is not valid for the given networkMode of this task definition."
    );
    assert_eq!(awsvpc(&of(&[], &[])), "subnets can not be empty.");
    assert_eq!(awsvpc(&of(&[subnet.as_str(); 17], &[])), "subnets can have at most 16 items.");
    assert_eq!(awsvpc(&of(&[&subnet], &[group.as_str(); 6])), "securityGroups can have at most 5 items.");
    assert_eq!(
        awsvpc(&of(&[&subnet, unknown], &[])),
        format!(
            "Error retrieving subnet information for [{subnet}, {unknown}]: The subnet ID '{unknown}' does not exist (ErrorCode: InvalidSubnetID.NotFound)"
        )
    );
    assert_eq!(
        awsvpc(&of(&[&subnet], &["sg-1"])),
        "Error retrieving security group information for [sg-1]: The security group 'sg-1' does not exist (ErrorCode: InvalidGroup.NotFound)"
    );
    assert_eq!(awsvpc(&given(&[subnet], &[], true)), "Assign public IP is not supported for this launch type.");
}

#[tokio::test]
async fn interfaces_are_made_in_the_zone_and_in_the_default_group() {
    let (store, made) = made().await;
    let subnets: Vec<String> = made.subnets.iter().rev().map(|subnet| subnet.id.to_string()).collect();
    let view = store.view();
    let public = given(&subnets, &[], true);
    let network = checked(&view, region(), (NetworkMode::Awsvpc, LaunchType::Fargate), Some(&public)).unwrap().unwrap();
    assert_eq!(network.zones().iter().map(Name::as_str).collect::<Vec<_>>(), ["us-east-1a", "us-east-1b", "us-east-1c"]);
    let in_zone = |zone: &str, direct| network.interface(&view, Some(&Name::new(zone)), direct, &mut counting());
    let attachment = in_zone("us-east-1b", true).unwrap();
    let interface = attachment.interface().unwrap();
    assert_eq!((interface.address.to_string(), interface.subnet), ("172.31.16.4".to_owned(), made.subnets[1].id));
    assert_eq!((interface.groups.as_slice(), interface.public), (&[made.group.id][..], true));
    assert_eq!(interface.mac().to_string(), "0a:58:ac:1f:10:04");
    assert_eq!(interface.private_dns_name(region()), "ip-172-31-16-4.ec2.internal");
    assert_eq!(attachment.status, AttachmentStatus::Precreated);
    assert_eq!(in_zone("us-east-1a", false).unwrap().status, AttachmentStatus::Attaching);
    assert_eq!(in_zone("us-east-1d", true), None);
}
