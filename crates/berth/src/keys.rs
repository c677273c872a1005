//! Access keys that exist before IAM does: root's, and this node's.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use berth_api::Caller;
use berth_front::{Callers, Credential};
use berth_iam::Principal;
use berth_wire::Sensitive;
use berth_wire::sigv4::Credentials;
use serde::{Deserialize, Serialize};

use crate::files;
use crate::installation::Installation;

const ROOT_KEY_ID: &str = "BERTH_ROOT_ACCESS_KEY_ID";
const ROOT_SECRET: &str = "BERTH_ROOT_SECRET_ACCESS_KEY";

/// An access key as its file holds it; `Debug` keeps the secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccessKey {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
}

impl AccessKey {
    /// What to sign with.
    pub(crate) fn credentials(&self) -> Credentials {
        let secret = Sensitive::new(self.secret_access_key.clone());
        Credentials { key_id: self.access_key_id.clone(), secret, session_token: None }
    }

    /// The key in a file.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        files::read_json(path)?.with_context(|| format!("{} is not there", path.display()))
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

/// The keys that the control plane knows: `DATA/server/keys.json`, written anew at each start from the keys' own files.
#[derive(Debug, Serialize, Deserialize)]
struct KnownKeys {
    root: AccessKey,
    node: AccessKey,
}

/// Makes the keys of a new installation, takes preset ones over, and hands both to the control plane.
pub(crate) fn prepare(installation: &Installation) -> Result<()> {
    let root_file = root_file(installation.folder());
    let root = match preset()? {
        Some(preset) => keep(&root_file, preset)?,
        None => read_or_make(&root_file)?,
    };
    let node = read_or_make(&installation.agent().join("node-key.json"))?;
    let known = serde_json::to_vec(&KnownKeys { root, node })?;
    files::replace(&installation.server().join("keys.json"), &known, 0o600, installation.server_user)
}

/// Root's key of an installation.
pub(crate) fn root(folder: &Path) -> Result<AccessKey> {
    let path = root_file(folder);
    if let Err(error) = std::fs::File::open(&path)
        && error.kind() == std::io::ErrorKind::PermissionDenied
    {
        bail!("{} is not yours to read: run this as the user who started Berth, or with sudo", path.display());
    }
    files::read_json(&path)?.with_context(|| format!("{} holds no root key; start Berth there with `berth up`", folder.display()))
}

fn root_file(folder: &Path) -> std::path::PathBuf {
    folder.join("root-key.json")
}

fn preset() -> Result<Option<AccessKey>> {
    match (std::env::var(ROOT_KEY_ID), std::env::var(ROOT_SECRET)) {
        (Ok(access_key_id), Ok(secret_access_key)) => {
            let key_id_fits = (16..=128).contains(&access_key_id.len())
                && access_key_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if !key_id_fits {
                bail!("{ROOT_KEY_ID} must have 16 to 128 letters, digits or underscores");
            }
            if secret_access_key.len() < 8 {
                bail!("{ROOT_SECRET} must have at least 8 characters");
            }
            Ok(Some(AccessKey { access_key_id, secret_access_key }))
        }
        (Err(_), Err(_)) => Ok(None),
        _ => bail!("{ROOT_KEY_ID} and {ROOT_SECRET} preset root's key together: set both or neither"),
    }
}

fn read_or_make(path: &Path) -> Result<AccessKey> {
    match files::read_json(path)? {
        Some(key) => Ok(key),
        None => keep(path, make()?),
    }
}

fn keep(path: &Path, key: AccessKey) -> Result<AccessKey> {
    if files::read_json::<AccessKey>(path)?.as_ref() != Some(&key) {
        files::replace(path, &serde_json::to_vec_pretty(&key)?, 0o600, None)?;
    }
    Ok(key)
}

/// A new key in the form of AWS's: `AKIA` and 16 characters of base 32; 40 characters of base 64.
fn make() -> Result<AccessKey> {
    const BASE_32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const BASE_64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = [0; 56];
    getrandom::fill(&mut bytes).context("asking the kernel for random bytes")?;
    let (id, secret) = bytes.split_at(16);
    // Both alphabets' sizes divide 256: no character is likelier than another.
    let letters = |bytes: &[u8], alphabet: &[u8]| -> String {
        bytes
            .iter()
            .filter_map(|byte| alphabet.get(usize::from(*byte) % alphabet.len()))
            .map(|letter| char::from(*letter))
            .collect()
    };
    Ok(AccessKey { access_key_id: format!("AKIA{}", letters(id, BASE_32)), secret_access_key: letters(secret, BASE_64) })
}

/// The identities behind the keys of an installation.
#[derive(Debug)]
pub(crate) struct KeyRing(BTreeMap<String, Credential>);

impl KeyRing {
    /// Reads the keys that [`prepare`] left for the control plane.
    pub(crate) fn load(server: &Path, account: &str) -> Result<Self> {
        let path = server.join("keys.json");
        let known: KnownKeys = files::read_json(&path)?.with_context(|| format!("{} is missing", path.display()))?;
        let node_id = known.node.access_key_id.clone();
        let root = (known.root, format!("arn:aws:iam::{account}:root"), account.to_owned(), Principal::Root);
        let node_arn = format!("arn:aws:iam::{account}:user/berth/node/{node_id}");
        let node = (known.node, node_arn, node_id.clone(), Principal::Node { key_id: node_id });
        let credential = |(key, arn, user_id, principal): (AccessKey, String, String, Principal)| {
            let caller = Caller { arn, user_id, key_id: key.access_key_id.clone() };
            let secret = Arc::new(Sensitive::new(key.secret_access_key));
            (key.access_key_id, Credential { secret, caller: Arc::new(caller), principal: Arc::new(principal) })
        };
        Ok(Self([node, root].map(credential).into()))
    }
}

impl Callers for KeyRing {
    fn find(&self, key_id: &str) -> Option<Credential> {
        self.0.get(key_id).cloned()
    }
}
