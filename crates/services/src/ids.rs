//! Ids and dice for decisions.

use berth_api::Refusal;
use berth_plan::{IdSource, SeededIds};
use berth_wire::Service;

/// As many unguessable ids as a decision wants, out of one seed from the kernel: the kernel may refuse, a decision may not.
pub(crate) struct RandomIds(SeededIds);

impl RandomIds {
    /// A new source, for a call to `service`.
    pub(crate) fn new(service: &'static Service) -> Result<Self, Refusal> {
        Self::seeded().map_err(|cause| Refusal::internal(service, cause.to_string()))
    }

    /// A new source, for no call.
    pub(crate) fn seeded() -> Result<Self, getrandom::Error> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        Ok(Self(SeededIds::new(seed)))
    }
}

impl IdSource for RandomIds {
    fn next(&mut self) -> [u8; 16] {
        self.0.next()
    }
}
