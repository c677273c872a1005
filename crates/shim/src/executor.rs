//! The last steps of a container's first process, taken by the library in that process.

use std::collections::HashMap;
use std::os::fd::{AsFd, OwnedFd, RawFd};
use std::rc::Rc;

use berth_runtime::protocol::Failure;
use berth_runtime::{IdMap, RuntimeError};
use libcontainer::oci_spec::runtime::Spec;
use libcontainer::workload::{Executor, ExecutorError, ExecutorSetEnvsError, ExecutorValidationError};

use crate::confinement::Confinement;
use crate::groups;
use crate::init::Init;
use crate::program::Program;
use crate::{system, user_namespace};

/// Confines the process and becomes the program. Why that did not work goes into a pipe, which is closed when it did.
#[derive(Debug, Clone)]
pub(crate) struct Last {
    pub(crate) confinement: Confinement,
    pub(crate) program: Program,
    /// What is to be the first process instead, and start the program.
    pub(crate) init: Option<Rc<Init>>,
    pub(crate) failure: Rc<OwnedFd>,
    /// The container's groups, which it is to see.
    pub(crate) groups: Rc<OwnedFd>,
    /// The ids that it is to have.
    pub(crate) id_map: Option<IdMap>,
    /// The shim's socket, which only the shim may hold: its closing tells of the shim's death.
    pub(crate) socket: RawFd,
}

impl Executor for Last {
    fn exec(&self, _: &Spec) -> Result<(), ExecutorError> {
        system::default_signals();
        let failure = match (self.confinement.apply(), &self.init) {
            (Ok(()), None) => self.program.become_it(),
            (Ok(()), Some(init)) => init.become_it(&self.program, &self.failure),
            (Err(failure), _) => failure,
        };
        report(&self.failure, &failure);
        std::process::exit(1)
    }

    /// Comes in the first process, before it waits to be started.
    fn validate(&self, _: &Spec) -> Result<(), ExecutorValidationError> {
        system::close_in_child(self.socket);
        let invalid = ExecutorValidationError::ArgValidationError;
        groups::show(&self.groups).map_err(|errno| invalid(format!("mounting the container's cgroups: {errno}")))?;
        let verified = self.id_map.map_or(Ok(()), user_namespace::verify);
        verified.map_err(|failure| invalid(RuntimeError::from(failure).to_string()))
    }

    /// The program's environment goes with it, so this process's own stays as it is.
    fn setup_envs(&self, _: HashMap<String, String>) -> Result<(), ExecutorSetEnvsError> {
        Ok(())
    }
}

/// Writes a failure into a pipe, as far as somebody listens.
pub(crate) fn report(pipe: &impl AsFd, failure: &Failure) {
    let text = serde_json::to_vec(failure).unwrap_or_default();
    let _ = rustix::io::write(pipe, &text);
}
