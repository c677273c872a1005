//! Ids and dice for decisions.

use berth_api::Refusal;
use berth_plan::IdSource;
use berth_wire::Service;
use sha2::{Digest as _, Sha256};

/// As many unguessable ids as a decision wants, out of one seed from the kernel: the kernel may refuse, a decision may not.
pub(crate) struct RandomIds {
    seed: [u8; 32],
    count: u64,
}

impl RandomIds {
    /// A new source, for a call to `service`.
    pub(crate) fn new(service: &'static Service) -> Result<Self, Refusal> {
        Self::seeded().map_err(|cause| Refusal::internal(service, cause.to_string()))
    }

    /// A new source, for no call.
    pub(crate) fn seeded() -> Result<Self, getrandom::Error> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        Ok(Self { seed, count: 0 })
    }
}

impl IdSource for RandomIds {
    fn next(&mut self) -> [u8; 16] {
        self.count += 1;
        let digest: [u8; 32] = Sha256::new().chain_update(self.seed).chain_update(self.count.to_le_bytes()).finalize().into();
        let mut id = [0; 16];
        id.copy_from_slice(digest.first_chunk::<16>().unwrap_or(&[0; 16]));
        id
    }
}
