//! An installation of the real binary.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use berth_client::Client;
use berth_testkit::aws::AwsClient;
use berth_testkit::eventually;
use berth_wire::Sensitive;
use berth_wire::sigv4::Credentials;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

const BERTH: &str = env!("CARGO_BIN_EXE_berth");

/// A data folder, and the `berth up` that runs in it; taken down with the test.
pub(crate) struct Installation {
    folder: tempfile::TempDir,
    up: Option<Child>,
}

impl Installation {
    /// A folder in which nothing runs yet.
    pub(crate) fn new() -> Self {
        // Not below /tmp, which may be a tmpfs without what overlays need.
        Self { folder: tempfile::tempdir_in("/var/tmp").unwrap(), up: None }
    }

    /// A control plane alone, once it serves.
    pub(crate) async fn without_node() -> Self {
        let mut installation = Self::new();
        installation.start(&["--no-agent"]);
        installation.client("root-key.json").await;
        installation
    }

    /// A control plane and this machine as its node, with the project's own image. Root alone can make one.
    pub(crate) async fn with_node() -> Self {
        let mut installation = Self::new();
        installation.start(&[]);
        installation.awaits_node().await;
        installation.imports_image();
        installation
    }

    /// Starts `berth up` and leaves it running.
    pub(crate) fn start(&mut self, options: &[&str]) {
        let listen: &[&str] = if options.contains(&"--listen") { &[] } else { &["--listen", "127.0.0.1:0"] };
        self.begin(&[&["up"], listen, options].concat());
    }

    /// Starts a command that goes on, and writes to a new log.
    pub(crate) fn begin(&mut self, arguments: &[&str]) {
        let log = std::fs::File::create(self.path("up.log")).unwrap();
        let mut command = self.command(arguments);
        self.up = Some(command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap());
    }

    /// The processes in this installation's cgroups but the launcher: containers, and what holds them.
    pub(crate) fn processes(&self) -> BTreeSet<u32> {
        let files = self.cgroups().into_iter().map(|cgroup| std::fs::read_to_string(cgroup.join("cgroup.procs")));
        let pids =
            files.flat_map(|text| text.unwrap_or_default().lines().filter_map(|pid| pid.parse().ok()).collect::<Vec<u32>>());
        let is_launcher = |pid: u32| {
            let arguments = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            arguments.split('\0').take(2).any(|word| word == "launcher")
        };
        pids.filter(|pid| !is_launcher(*pid)).collect()
    }

    /// This installation's cgroups in all hierarchies.
    pub(crate) fn cgroups(&self) -> BTreeSet<PathBuf> {
        let id = std::fs::read_to_string(self.path("installation")).unwrap_or_default();
        let hierarchies = std::fs::read_dir("/sys/fs/cgroup").unwrap().map(|entry| entry.unwrap().path());
        let roots = hierarchies.chain([PathBuf::from("/sys/fs/cgroup")]).map(|root| root.join("berth").join(id.trim()));
        let mut found: Vec<PathBuf> = roots.filter(|root| !id.is_empty() && root.is_dir()).collect();
        let mut at = 0;
        while let Some(folder) = found.get(at).cloned() {
            let below = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
            found.extend(below.filter(|path| path.is_dir()));
            at += 1;
        }
        found.into_iter().collect()
    }

    /// What `berth up` has said and logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.path("up.log")).unwrap_or_default()
    }

    /// Waits until this machine is said to be in the cluster.
    pub(crate) async fn awaits_node(&self) {
        eventually("the node to be in the cluster", async || self.log().contains("This machine is in cluster").then_some(()))
            .await;
    }

    /// Brings in the image of `berth-demo`.
    pub(crate) fn imports_image(&self) {
        let archive = self.path("demo.tar");
        let packed = Command::new(Path::new(BERTH).with_file_name("berth-demo")).arg("pack").arg(&archive).status();
        assert!(packed.expect("build it with scripts/build-static.sh berth-shim berth-demo").success());
        self.succeeds(&["image", "import", archive.to_str().unwrap()]);
    }

    /// The data folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command of this installation, to be started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BERTH);
        command.args(arguments).env_clear().env("BERTH_DATA_DIR", self.folder.path()).stdin(Stdio::null());
        command
    }

    /// Runs a command of this installation to its end.
    pub(crate) fn runs(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that has to succeed, and answers what it printed.
    pub(crate) fn succeeds(&self, arguments: &[&str]) -> String {
        let output = self.runs(arguments);
        assert!(output.status.success(), "{arguments:?}: {}\n{}", text(&output.stderr), self.log());
        text(&output.stdout)
    }

    /// Runs a command that has to fail, and answers what it says about it.
    pub(crate) fn fails(&self, arguments: &[&str]) -> String {
        let output = self.runs(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", text(&output.stdout));
        text(&output.stderr)
    }

    /// Ends `berth up` by a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = self.up.as_ref().map(Child::id).unwrap();
        kill(Pid::from_raw(i32::try_from(pid).unwrap()), signal).unwrap();
    }

    /// Waits until `berth up` has ended, and answers its exit code.
    pub(crate) async fn ended(&mut self) -> Option<i32> {
        let up = self.up.as_mut().unwrap();
        eventually("berth up to end", async || up.try_wait().unwrap()).await.code()
    }

    fn read(&self, name: &str) -> Option<Value> {
        serde_json::from_slice(&std::fs::read(self.path(name)).ok()?).ok()
    }

    /// A client of this installation with the key of a file, once it serves.
    pub(crate) async fn client(&self, key: &str) -> AwsClient {
        eventually("the installation to serve", async || {
            let (address, key_id, secret) = self.access(key)?;
            let client = AwsClient::new(address, "us-east-1", &key_id, &secret);
            client.ecs("DiscoverPollEndpoint", &json!({})).await.ok()?;
            Some(client)
        })
        .await
    }

    /// A client with typed calls of a running installation.
    pub(crate) fn typed_client(&self, key: &str) -> Client {
        let (address, key_id, secret) = self.access(key).unwrap();
        let credentials = Credentials { key_id, secret: Sensitive::new(secret), session_token: None };
        Client::new(format!("http://{address}").parse().unwrap(), "us-east-1", credentials, "test")
    }

    fn access(&self, key: &str) -> Option<(SocketAddr, String, String)> {
        let (run, key) = (self.read("run.json")?, self.read(key)?);
        let text = |value: &Value, name: &str| value[name].as_str().map(str::to_owned);
        Some((text(&run, "listen")?.parse().ok()?, text(&key, "access_key_id")?, text(&key, "secret_access_key")?))
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        let Some(up) = &mut self.up else { return };
        // Nothing may outlive a test, whatever it broke.
        let _ = Command::new(BERTH).arg("down").env("BERTH_DATA_DIR", self.folder.path()).output();
        let _ = up.kill();
        let _ = up.wait();
    }
}

/// Waits until so many tasks of an installation run.
pub(crate) async fn eventually_running(installation: &Installation, tasks: usize) {
    eventually("the tasks to run", async || {
        let listed: Value = serde_json::from_str(&installation.succeeds(&["ps", "--json"])).unwrap();
        let running = listed.as_array().unwrap().iter().filter(|task| task["status"] == "RUNNING").count();
        (running == tasks).then_some(())
    })
    .await;
}

/// Output as text.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
