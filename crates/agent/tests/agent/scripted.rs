//! A runtime that does what a test says. Like shims, it outlives agents.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{PipeWriter, Write as _, pipe};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use berth_runtime::{
    ContainerSpec, Ended, ExecStdio, Executed, Group, Meter, ProcessSpec, Runtime, RuntimeError, Standing, Usage,
};

/// A runtime that does what a test says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scripted(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    containers: BTreeMap<PathBuf, Container>,
    groups: BTreeSet<String>,
    /// All that was asked for, in order: `create main`, `signal main 15`.
    calls: Vec<String>,
    /// Calls that wait until they are let go.
    held: BTreeSet<&'static str>,
    /// What processes run in containers write, and their code.
    checks: Option<(&'static str, i32)>,
    /// Calls that fail.
    failing: BTreeMap<&'static str, fn() -> RuntimeError>,
}

#[derive(Debug)]
struct Container {
    spec: ContainerSpec,
    standing: Standing,
    /// Dropped to tell those who watch.
    watchers: Vec<PipeWriter>,
}

/// What every container takes.
const USED: Usage = Usage { cpu_nanos: 1_000_000_000, memory: 1 << 20, pids: 3, read_bytes: 4096, written_bytes: 8192 };

#[derive(Debug)]
struct ScriptedMeter(Scripted, PathBuf);

impl Meter for ScriptedMeter {
    fn read(&self, _: &mut Vec<u8>) -> Result<Option<Usage>, RuntimeError> {
        Ok(self.0.runs(&self.1).then_some(USED))
    }
}

/// The container's name out of `tasks/ID/NAME/runtime`.
fn name(folder: &Path) -> String {
    folder.parent().and_then(Path::file_name).unwrap().to_str().unwrap().to_owned()
}

impl Scripted {
    fn runs(&self, folder: &Path) -> bool {
        let runs = |container: &Container| matches!(container.standing, Standing::Running { .. });
        self.state().containers.get(folder).is_some_and(runs)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap()
    }

    /// What was asked for so far that begins with a word.
    pub(crate) fn calls(&self, word: &str) -> Vec<String> {
        self.state().calls.iter().filter(|call| call.starts_with(word)).cloned().collect()
    }

    /// How often a call was made.
    pub(crate) fn count(&self, call: &str) -> usize {
        self.state().calls.iter().filter(|made| *made == call).count()
    }

    /// Calls of this kind wait from now on.
    pub(crate) fn hold(&self, call: &'static str) {
        self.state().held.insert(call);
    }

    pub(crate) fn release(&self, call: &'static str) {
        self.state().held.remove(call);
        self.0.changed.notify_all();
    }

    /// From now on processes that are run in containers write this and exit so.
    pub(crate) fn answer(&self, output: &'static str, code: i32) {
        self.state().checks = Some((output, code));
    }

    /// The container's program ends, and began so long before that.
    pub(crate) fn end_after(&self, container: &str, code: i32, ran: Duration) {
        self.over(container, |started_at| {
            let ended_at = started_at + ran;
            Standing::Ended(Ended { code, out_of_memory: false, started_at, ended_at, output_dropped: 0 })
        });
    }

    pub(crate) fn fail(&self, call: &'static str, error: fn() -> RuntimeError) {
        self.state().failing.insert(call, error);
    }

    pub(crate) fn succeed(&self, call: &'static str) {
        self.state().failing.remove(call);
    }

    /// Whether nothing of any container or group is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.state().containers.is_empty() && self.state().groups.is_empty()
    }

    /// How the container with a name stands.
    pub(crate) fn standing(&self, container: &str) -> Standing {
        let state = self.state();
        let found = state.containers.iter().find(|(folder, _)| name(folder) == container);
        found.map_or(Standing::Absent, |(_, container)| container.standing.clone())
    }

    /// The container's program ends.
    pub(crate) fn end(&self, container: &str, code: i32) {
        self.over(container, |started_at| {
            Standing::Ended(Ended { code, out_of_memory: false, started_at, ended_at: SystemTime::now(), output_dropped: 0 })
        });
    }

    /// The container's shim is killed.
    pub(crate) fn lose(&self, container: &str) {
        self.over(container, |_| Standing::Lost { why: "its shim was killed".to_owned() });
    }

    fn over(&self, container: &str, standing: impl FnOnce(SystemTime) -> Standing) {
        let mut state = self.state();
        let found = state.containers.iter_mut().find(|(folder, _)| name(folder) == container).unwrap().1;
        let Standing::Running { started_at, .. } = found.standing else { panic!("{container} is {:?}", found.standing) };
        found.standing = standing(started_at);
        found.watchers.clear();
    }

    /// Notes a call, waits while it is held, and fails if it is to.
    fn call(&self, kind: &'static str, of: &str) -> Result<MutexGuard<'_, State>, RuntimeError> {
        let mut state = self.state();
        state.calls.push(format!("{kind} {of}"));
        let state = self.0.changed.wait_while(state, |state| state.held.contains(kind)).unwrap();
        match state.failing.get(kind) {
            Some(error) => Err(error()),
            None => Ok(state),
        }
    }
}

impl Runtime for Scripted {
    fn make_group(&self, group: &Group) -> Result<(), RuntimeError> {
        self.state().groups.insert(group.name.clone());
        Ok(())
    }

    fn remove_group(&self, name: &str) -> Result<(), RuntimeError> {
        self.state().groups.remove(name);
        Ok(())
    }

    fn create(&self, folder: &Path, spec: &ContainerSpec) -> Result<(), RuntimeError> {
        {
            let mut state = self.state();
            assert!(state.groups.contains(&spec.group), "a container's group is made before it");
            let container = Container { spec: spec.clone(), standing: Standing::Unsettled, watchers: Vec::new() };
            assert!(state.containers.insert(folder.to_owned(), container).is_none(), "{} is made twice", folder.display());
            fs::create_dir(folder).unwrap();
        }
        let mut state = self.call("create", &name(folder)).inspect_err(|_| {
            self.state().containers.remove(folder);
        })?;
        if let Some(container) = state.containers.get_mut(folder) {
            container.standing = Standing::Created;
            container.watchers.clear();
        }
        Ok(())
    }

    fn start(&self, folder: &Path) -> Result<Standing, RuntimeError> {
        {
            let mut state = self.state();
            let container = state.containers.get_mut(folder).unwrap();
            assert_eq!(container.standing, Standing::Created, "started as it should not be");
            container.standing = Standing::Unsettled;
        }
        let mut state = self.call("start", &name(folder)).inspect_err(|_| {
            self.state().containers.remove(folder);
        })?;
        let container = state.containers.get_mut(folder).unwrap();
        container.standing = Standing::Running { pid: 1, started_at: SystemTime::now() };
        container.watchers.clear();
        Ok(container.standing.clone())
    }

    fn recreate(&self, folder: &Path) -> Result<(), RuntimeError> {
        let mut state = self.call("recreate", &name(folder))?;
        let container = state.containers.get_mut(folder).unwrap();
        let is_over = matches!(container.standing, Standing::Ended(_) | Standing::Created);
        assert!(is_over, "made once more though it is {:?}", container.standing);
        container.standing = Standing::Created;
        Ok(())
    }

    fn specification(&self, folder: &Path) -> Result<Option<ContainerSpec>, RuntimeError> {
        Ok(self.state().containers.get(folder).map(|container| container.spec.clone()))
    }

    fn look(&self, folder: &Path) -> Result<Standing, RuntimeError> {
        Ok(self.state().containers.get(folder).map_or(Standing::Absent, |container| container.standing.clone()))
    }

    fn watch(&self, folder: &Path) -> Result<Option<OwnedFd>, RuntimeError> {
        let mut state = self.state();
        let Some(container) = state.containers.get_mut(folder) else { return Ok(None) };
        let (read, write) = pipe().unwrap();
        if matches!(container.standing, Standing::Unsettled | Standing::Running { .. }) {
            container.watchers.push(write);
        }
        Ok(Some(read.into()))
    }

    fn signal(&self, folder: &Path, signal: i32) -> Result<(), RuntimeError> {
        self.call("signal", &format!("{} {signal}", name(folder))).map(drop)
    }

    fn exec(
        &self,
        folder: &Path,
        process: &ProcessSpec,
        stdio: ExecStdio,
        within: Option<Duration>,
    ) -> Result<Executed, RuntimeError> {
        let within = within.expect("checks end");
        let state = self.call("exec", &format!("{} {} {}", name(folder), process.args.join(" "), within.as_secs()))?;
        let Some((output, code)) = state.checks else {
            return Err(RuntimeError::Specification { what: "nothing is run here".to_owned() });
        };
        let (exit, mut writer) = pipe().unwrap();
        fs::File::from(stdio.output).write_all(output.as_bytes()).unwrap();
        writer.write_all(&code.to_le_bytes()).unwrap();
        Ok(Executed { pid: 1, exit: exit.into() })
    }

    fn meter(&self, folder: &Path) -> Result<Option<Box<dyn Meter>>, RuntimeError> {
        Ok(self.runs(folder).then(|| Box::new(ScriptedMeter(self.clone(), folder.to_owned())) as Box<dyn Meter>))
    }

    fn delete(&self, folder: &Path) -> Result<(), RuntimeError> {
        let mut state = self.call("delete", &name(folder))?;
        state.containers.remove(folder);
        if folder.exists() {
            fs::remove_dir_all(folder).unwrap();
        }
        Ok(())
    }
}
