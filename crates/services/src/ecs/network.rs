//! The network that a caller wants its tasks to have: checked, and an interface in it for each of them.

use berth_api::Refusal;
use berth_api::ecs::{self as api, errors};
use berth_model::{
    Attachment, LaunchType, Name, NetworkMode, Region, SecurityGroup, SecurityGroupId, ServiceNetwork, Subnet, SubnetId, ThinVec,
    Vpc,
};
use berth_plan::{IdSource, task};
use berth_store::{SecurityGroupKey, State, SubnetKey, VpcKey};

use super::scope::shortened;

/// Subnets and security groups of one task, at most.
const MOST_SUBNETS: usize = 16;
const MOST_GROUPS: usize = 5;

/// Where interfaces are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Network {
    subnets: Vec<Subnet>,
    groups: ThinVec<SecurityGroupId>,
    public: bool,
}

/// The network that a task of this mode is to have, if it has one of its own.
pub(super) fn checked(
    state: &State,
    region: Region,
    (mode, launch): (NetworkMode, LaunchType),
    given: Option<&api::NetworkConfiguration>,
) -> Result<Option<Network>, Refusal> {
    let given = given.and_then(|network| network.awsvpc_configuration.as_ref());
    match (mode, given) {
        (NetworkMode::Awsvpc, Some(given)) => network(state, region, launch, given).map(Some),
        (NetworkMode::Awsvpc, None) => {
            Err(invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified."))
        }
        (NetworkMode::Bridge | NetworkMode::Host | NetworkMode::None, Some(_)) => {
            Err(invalid("Network Configuration is not valid for the given networkMode of this task definition."))
        }
        (NetworkMode::Bridge | NetworkMode::Host | NetworkMode::None, None) => Ok(None),
    }
}

fn invalid(message: impl Into<String>) -> Refusal {
    errors::invalid_parameter_exception(message)
}

fn network(state: &State, region: Region, launch: LaunchType, given: &api::AwsVpcConfiguration) -> Result<Network, Refusal> {
    let groups = given.security_groups.as_deref().unwrap_or_default();
    if given.subnets.is_empty() {
        return Err(invalid("subnets can not be empty."));
    }
    if given.subnets.len() > MOST_SUBNETS {
        return Err(invalid(format!("subnets can have at most {MOST_SUBNETS} items.")));
    }
    if groups.len() > MOST_GROUPS {
        return Err(invalid(format!("securityGroups can have at most {MOST_GROUPS} items.")));
    }
    let public = given.assign_public_ip == Some(api::AssignPublicIp::Enabled);
    if public && launch != LaunchType::Fargate {
        return Err(invalid("Assign public IP is not supported for this launch type."));
    }
    let subnets = subnets(state, region, &given.subnets)?;
    let Some(vpc) = subnets.first().map(|subnet| subnet.vpc) else { return Err(invalid("subnets can not be empty.")) };
    if subnets.iter().any(|subnet| subnet.vpc != vpc) {
        return Err(invalid("The specified subnets are not in the same VPC."));
    }
    let mut ids = ThinVec::new();
    for text in groups {
        let group = security_group(state, region, text)?;
        if group.vpc != vpc {
            return Err(invalid(format!(
                "Security group {} does not appear to belong to the same VPC as the input subnets.",
                group.id
            )));
        }
        if !ids.contains(&group.id) {
            ids.push(group.id);
        }
    }
    if ids.is_empty() {
        ids.extend(state.get::<Vpc>(&VpcKey { region, id: vpc }).map(|vpc| vpc.default_group));
    }
    Ok(Network { subnets, groups: ids, public })
}

fn subnets(state: &State, region: Region, given: &[String]) -> Result<Vec<Subnet>, Refusal> {
    let found = |text: &String| {
        let id: SubnetId = text.parse().ok()?;
        state.get::<Subnet>(&SubnetKey { region, id }).map(|subnet| Subnet::clone(subnet))
    };
    let all = || shortened(&given.join(", "));
    let of = |text: &String| {
        found(text).ok_or_else(|| {
            invalid(format!(
                "Error retrieving subnet information for [{}]: The subnet ID '{}' does not exist (ErrorCode: InvalidSubnetID.NotFound)",
                all(),
                shortened(text)
            ))
        })
    };
    let mut subnets: Vec<Subnet> = Vec::with_capacity(given.len());
    for text in given {
        let subnet = of(text)?;
        if !subnets.contains(&subnet) {
            subnets.push(subnet);
        }
    }
    Ok(subnets)
}

fn security_group(state: &State, region: Region, text: &str) -> Result<SecurityGroup, Refusal> {
    let id: Option<SecurityGroupId> = text.parse().ok();
    let found = id.and_then(|id| state.get::<SecurityGroup>(&SecurityGroupKey { region, id }));
    found.map(|group| SecurityGroup::clone(group)).ok_or_else(|| {
        let text = shortened(text);
        invalid(format!(
            "Error retrieving security group information for [{text}]: The security group '{text}' does not exist (ErrorCode: InvalidGroup.NotFound)"
        ))
    })
}

impl Network {
    /// The zones that its subnets are in, each once.
    pub(super) fn zones(&self) -> Vec<Name> {
        let mut zones: Vec<Name> = self.subnets.iter().map(|subnet| subnet.zone.clone()).collect();
        zones.sort();
        zones.dedup();
        zones
    }

    /// As the record of a service's revision keeps it.
    pub(super) fn record(&self) -> ServiceNetwork {
        ServiceNetwork {
            subnets: self.subnets.iter().map(|subnet| subnet.id).collect(),
            groups: self.groups.iter().copied().collect(),
            public: self.public,
        }
    }

    /// A new interface in the subnet of a zone that has most addresses left; none if there are no more. `direct` is whether its
    /// node hears of it with its task.
    pub(super) fn interface(
        &self,
        state: &State,
        zone: Option<&Name>,
        direct: bool,
        ids: &mut dyn IdSource,
    ) -> Option<Attachment> {
        let address = state.addresses().choose(self.subnets.iter(), zone?)?;
        Some(task::interface(address, self.groups.clone(), self.public, direct, ids))
    }
}

/// The network of a service's revision as AWS describes it.
pub(super) fn described(network: &ServiceNetwork) -> api::NetworkConfiguration {
    let assign_public_ip = if network.public { api::AssignPublicIp::Enabled } else { api::AssignPublicIp::Disabled };
    api::NetworkConfiguration {
        awsvpc_configuration: Some(api::AwsVpcConfiguration {
            subnets: network.subnets.iter().map(ToString::to_string).collect(),
            security_groups: Some(network.groups.iter().map(ToString::to_string).collect()),
            assign_public_ip: Some(assign_public_ip),
        }),
    }
}

#[cfg(test)]
mod tests;
