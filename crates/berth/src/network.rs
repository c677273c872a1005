//! `DATA/server/network.json`: the task network of the installation's region, as the control plane tells the other commands.
//!
//! The server writes it before it serves. It runs as a user of its own, so that what stands there is a claim to its readers.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use berth_model::{SecurityGroupId, SubnetId, VpcId};
use berth_services::vpc::DefaultVpc;
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use crate::files;

/// The network that tasks of the installation's region can have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Network {
    pub(crate) region: String,
    pub(crate) vpc: String,
    pub(crate) cidr: String,
    pub(crate) subnets: Vec<Subnet>,
    pub(crate) security_group: String,
}

/// One of its subnets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subnet {
    pub(crate) id: String,
    pub(crate) zone: String,
    pub(crate) cidr: String,
}

/// Writes it into the server's folder.
pub(crate) fn announce(server: &Path, vpc: &DefaultVpc) -> Result<()> {
    let subnet = |subnet: &berth_model::Subnet| Subnet {
        id: subnet.id.to_string(),
        zone: subnet.zone.to_string(),
        cidr: subnet.cidr.to_string(),
    };
    let network = Network {
        region: vpc.vpc.region.to_string(),
        vpc: vpc.vpc.id.to_string(),
        cidr: vpc.vpc.cidr.to_string(),
        subnets: vpc.subnets.iter().map(subnet).collect(),
        security_group: vpc.group.id.to_string(),
    };
    files::replace(&server.join(NAME), &serde_json::to_vec_pretty(&network)?, 0o600, None)
}

const NAME: &str = "network.json";

/// Reads it, of the installation in a folder.
pub(crate) fn of(folder: &Path) -> Result<Network> {
    let path: PathBuf = folder.join("server").join(NAME);
    let network: Option<Network> = files::read_json(&path)?;
    let network = network.with_context(|| format!("{} is not there: the control plane has not started yet", path.display()))?;
    is_one(&network).with_context(|| format!("reading {}", path.display()))?;
    Ok(network)
}

/// The VPC of the control plane in a folder, if one has started there before.
pub(crate) fn vpc_of(folder: &Path) -> Result<Option<Ipv4Net>> {
    let path: PathBuf = folder.join("server").join(NAME);
    let network: Option<Network> = files::read_json(&path)?;
    let cidr = network.map(|network| network.cidr.parse());
    cidr.transpose().with_context(|| format!("reading {}", path.display()))
}

/// Whether its ids are ids: they go into a shell.
fn is_one(network: &Network) -> Result<()> {
    network.vpc.parse::<VpcId>()?;
    network.security_group.parse::<SecurityGroupId>()?;
    for subnet in &network.subnets {
        subnet.id.parse::<SubnetId>()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_id_is_not_passed_on() {
        let good = Network {
            region: "us-east-1".to_owned(),
            vpc: "vpc-00123456789abcdef".to_owned(),
            cidr: "172.31.0.0/16".to_owned(),
            subnets: Vec::new(),
            security_group: "sg-00123456789abcdef".to_owned(),
        };
        assert!(is_one(&good).is_ok());
        assert!(is_one(&Network { security_group: "$(id)".to_owned(), ..good }).is_err());
    }
}
