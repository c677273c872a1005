//! Stories about services, as text: what happens, and what comes of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use berth_model::{HookAction, LifecycleStage, PauseHook, PauseStatus, Scheduling, Service, ServiceStatus, Task, Timestamp};
use berth_store::State;

use super::promises::{deployment, is_healthy, live};
use super::{Kind, Step, World};

/// For so many seconds a `run` without a number goes on, at most.
const LONGEST: u64 = 600;

/// Plays a script and writes it down again, with what came of each line. Lines that begin with `> ` are what happens, those with `#` and
/// empty ones stay as they are, and all others are what came of it when it was last played.
///
/// # Errors
/// A line is not understood.
pub fn transcript(script: &str) -> Result<String> {
    let mut stage = Stage::default();
    for (at, line) in script.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            writeln!(stage.text, "{line}")?;
        } else if let Some(command) = line.strip_prefix("> ") {
            writeln!(stage.text, "{line}")?;
            stage.play(command).with_context(|| format!("line {}: {command}", at + 1))?;
        }
    }
    Ok(stage.text)
}

/// A world, and what was written about it so far.
#[derive(Debug, Default)]
struct Stage {
    world: Option<World>,
    began_at: Option<Timestamp>,
    text: String,
    /// How many events of each service were told.
    told: BTreeMap<String, usize>,
    names: BTreeMap<String, String>,
}

impl Stage {
    fn play(&mut self, command: &str) -> Result<()> {
        let words: Vec<&str> = command.split_whitespace().collect();
        match words.as_slice() {
            ["nodes", count] => {
                let world = World::new(count.parse()?);
                self.began_at = Some(world.now);
                self.world = Some(world);
                Ok(())
            }
            ["run"] => self.run(None),
            ["run", seconds] => self.run(Some(seconds.parse()?)),
            ["tasks"] => self.list(),
            ["service", name, count, kind] => {
                self.world()?.create(name, Scheduling::Replica, kind_of(kind)?, count.parse()?);
                Ok(())
            }
            ["daemon", name, kind] => {
                self.world()?.create(name, Scheduling::Daemon, kind_of(kind)?, 0);
                Ok(())
            }
            ["delete", name] => {
                self.world()?.delete(name);
                Ok(())
            }
            other => {
                let step = self.step(other)?;
                self.world()?.step(&step);
                Ok(())
            }
        }
    }

    fn world(&mut self) -> Result<&mut World> {
        self.world.as_mut().context("a script begins with `nodes COUNT`")
    }

    /// What is no more than one step.
    fn step(&mut self, words: &[&str]) -> Result<Step> {
        let node = |number: &str| -> Result<usize> { number.parse::<usize>()?.checked_sub(1).context("nodes begin with 1") };
        Ok(match words {
            ["scale", name, count] => Step::Scale(self.service(name)?, count.parse()?),
            ["deploy", name, kind] => Step::Deploy(self.service(name)?, kind_of(kind)?),
            ["percent", name, least, most] => Step::Percentages(self.service(name)?, least.parse()?, most.parse()?),
            ["breaker", name, "rollback"] => Step::Breaker(self.service(name)?, true, true),
            ["breaker", name, "stop"] => Step::Breaker(self.service(name)?, true, false),
            ["hooks", name] => Step::Hooks(self.service(name)?, Vec::new()),
            ["hook", name, stage, minutes, action] => {
                let at = self.service(name)?;
                let known = &self.world()?.services()[at].configuration.hooks;
                let hook = PauseHook {
                    stages: vec![stage_of(stage)?],
                    timeout_minutes: Some(minutes.parse()?),
                    timeout_action: Some(action_of(action)?),
                };
                Step::Hooks(at, known.iter().cloned().chain([hook]).collect())
            }
            ["answer", name, action] => Step::Answer(self.service(name)?, action_of(action)?),
            ["protect", task, seconds] => Step::Protect(self.task(task)?, seconds.parse()?),
            ["crash", task] => Step::Crash(self.running(task)?),
            ["sicken", task] => Step::Health(self.running(task)?, false),
            ["stop", task] => Step::StopTask(self.task(task)?),
            ["drain", number] => Step::Drain(node(number)?),
            ["lose", number] => Step::Lose(node(number)?),
            ["disconnect", number] => Step::Disconnect(node(number)?),
            ["return", number] => Step::Return(node(number)?),
            ["restart"] => Step::Restart,
            _ => bail!("nobody understands this"),
        })
    }

    fn service(&mut self, name: &str) -> Result<usize> {
        let services = self.world()?.services();
        services.iter().position(|service| *service.name == *name).with_context(|| format!("there is no service {name}"))
    }

    /// Where a task that was named stands among those that are not over.
    fn task(&mut self, name: &str) -> Result<usize> {
        let tasks = self.world()?.tasks();
        tasks.iter().position(|task| self.name_of(task) == name).with_context(|| format!("there is no task {name}"))
    }

    fn running(&mut self, name: &str) -> Result<usize> {
        let tasks: Vec<Task> = self.world()?.tasks().into_iter().filter(|task| task.life.is_running()).collect();
        tasks.iter().position(|task| self.name_of(task) == name).with_context(|| format!("no task {name} runs"))
    }

    /// Lets the loop and the agents go on, a second at a time: until nobody has anything to do, or for some seconds.
    fn run(&mut self, seconds: Option<u64>) -> Result<()> {
        let until = self.world()?.now + Duration::from_secs(seconds.unwrap_or(LONGEST));
        loop {
            self.world()?.turn();
            self.tell()?;
            let world = self.world()?;
            let step = if world.is_quiet() {
                // The next thing that happens by itself.
                match (world.wake_at(), seconds) {
                    (Some(at), Some(_)) => at.min(until),
                    (None, Some(_)) => until,
                    (_, None) => break,
                }
            } else {
                world.step(&Step::Agents);
                world.now + Duration::from_secs(1)
            };
            if world.now >= until {
                break;
            }
            world.now = step.min(until);
        }
        self.sum_up()
    }

    /// Tells what services said since it was asked last.
    fn tell(&mut self) -> Result<()> {
        let clock = self.clock()?;
        for service in self.world()?.services() {
            let events = self.world()?.events(&service.name);
            let told = self.told.get(service.name.as_str()).copied().unwrap_or(0);
            for event in events.iter().skip(told) {
                let message = self.shortened(&event.message);
                writeln!(self.text, "  {clock} {message}")?;
            }
            self.told.insert(service.name.to_string(), events.len());
        }
        Ok(())
    }

    /// One line a service: how it is.
    fn sum_up(&mut self) -> Result<()> {
        let clock = self.clock()?;
        for service in self.world()?.services() {
            let line = sentence(&self.world()?.view(), &service);
            writeln!(self.text, "  {clock} {}: {line}", service.name)?;
        }
        Ok(())
    }

    /// One line a task that is not over.
    fn list(&mut self) -> Result<()> {
        let tasks = self.world()?.tasks();
        for task in &tasks {
            let name = self.name_of(task);
            let node = task.instance.map(|id| self.shortened(&id.to_string())).unwrap_or_default();
            writeln!(self.text, "  {name} {}:{} {} on {node}", task.family, task.revision, task.life.as_str())?;
        }
        Ok(())
    }

    fn clock(&mut self) -> Result<String> {
        let began_at = self.began_at.context("nothing has begun")?;
        let seconds = self.world()?.now.since(began_at).as_secs();
        Ok(format!("{}:{:02}", seconds / 60, seconds % 60))
    }

    fn name_of(&mut self, task: &Task) -> String {
        self.shortened(&task.id.to_string())
    }

    /// A text with short names for ids: tasks, deployments, hooks and nodes are numbered as they are first named.
    fn shortened(&mut self, text: &str) -> String {
        let is_inside = |letter: char| letter.is_ascii_alphanumeric() || letter == '/' || letter == '-';
        let mut short = String::new();
        for piece in text.split_inclusive(|letter: char| !is_inside(letter)) {
            let word = piece.trim_end_matches(|letter: char| !is_inside(letter));
            short += &self.short_name(word).unwrap_or_else(|| word.to_owned());
            short += &piece[word.len()..];
        }
        short
    }

    fn short_name(&mut self, word: &str) -> Option<String> {
        let is_id = word.len() == 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        let initial = match word {
            _ if word.starts_with("ecs-svc/") => 'd',
            _ if word.starts_with("ecs-pause-") => 'h',
            _ => 't',
        };
        if !is_id && initial == 't' {
            return None;
        }
        // A node's id is its number, sixteen times.
        if let Some(number) = word.get(..2).filter(|byte| is_id && byte.repeat(16) == word) {
            return u8::from_str_radix(number, 16).ok().map(|number| format!("n{number}"));
        }
        let next = self.names.values().filter(|name| name.starts_with(initial)).count() + 1;
        Some(self.names.entry(word.to_owned()).or_insert_with(|| format!("{initial}{next}")).clone())
    }
}

/// How a service is.
fn sentence(state: &State, service: &Service) -> String {
    let tasks = live(state, service);
    let mut by_revision: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
    for task in tasks.values() {
        let (well, coming) = by_revision.entry(task.revision).or_default();
        *(if is_healthy(state, task) { well } else { coming }) += 1;
    }
    let tasks = by_revision.iter().map(|(revision, (well, coming))| match coming {
        0 => format!("{well} of revision {revision} well"),
        _ => format!("{well} of revision {revision} well and {coming} not"),
    });
    let tasks: Vec<String> = tasks.collect();
    let deployments: Vec<String> = service
        .deployments
        .iter()
        .map(|deployment| format!("revision {} {}", deployment.definition, deployment.rollout.as_str()))
        .collect();
    let waits =
        deployment(state, service).filter(|record| record.pauses.iter().any(|pause| pause.status == PauseStatus::AwaitingAction));
    let waits = waits.and_then(|record| record.stage).map(|stage| format!(", paused at {}", stage.as_str())).unwrap_or_default();
    let status = if service.status == ServiceStatus::Active { "" } else { service.status.as_str() };
    let tasks = if tasks.is_empty() { "none".to_owned() } else { tasks.join(", ") };
    format!("{} wanted, {tasks}; {}{waits}{status}", service.desired_count, deployments.join(", "))
}

fn stage_of(word: &str) -> Result<LifecycleStage> {
    let known = LifecycleStage::HOOKED.into_iter().find(|stage| stage.as_str() == word);
    known.with_context(|| format!("no stage {word} has hooks"))
}

fn action_of(word: &str) -> Result<HookAction> {
    let known = [HookAction::Continue, HookAction::Rollback].into_iter().find(|action| action.as_str() == word);
    known.with_context(|| format!("{word} is no action"))
}

fn kind_of(word: &str) -> Result<Kind> {
    Ok(match word {
        "good" => Kind::Plain,
        "checked" => Kind::Checked,
        "broken" => Kind::Broken,
        "sick" => Kind::Sick,
        "nowhere" => Kind::Nowhere,
        "networked" => Kind::Networked,
        _ => bail!("there are no {word} tasks"),
    })
}
