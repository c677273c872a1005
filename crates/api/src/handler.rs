//! How the door reaches a service without knowing its shapes.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use wire::{Member, Operation, ReadError, Service, Shape, ShapeReader, ShapeWriter};

use crate::{Call, Events, Refusal, Target};

/// A service behind the door.
pub trait Handler: Send + Sync {
    /// Its operation table.
    fn service(&self) -> &'static Service;

    /// Reads the input of one of its operations and binds it to what the operation does.
    ///
    /// # Errors
    /// The document is broken, or a value is of another type than the member.
    fn read(&self, operation: &'static Operation, from: &mut dyn ShapeReader) -> Result<Box<dyn Request>, ReadError>;
}

/// An operation's input, for those who call it: what it is sent to, and what comes back.
pub trait Input: Shape {
    /// What the operation answers.
    type Output: Shape;
    /// The service.
    const SERVICE: &'static Service;
    /// The operation.
    const OPERATION: &'static Operation;
}

/// A future that owns all it needs.
pub type Running = Pin<Box<dyn Future<Output = Result<Outcome, Refusal>> + Send>>;

/// A decoded request, bound to its handler.
pub trait Request: Send + Sync + fmt::Debug {
    /// Writes the input again: for validation and for audit.
    fn write(&self, to: &mut dyn ShapeWriter);
    /// The resources that the call touches.
    fn access(&self, call: &Call) -> Vec<Target>;
    /// Does it.
    fn run(self: Box<Self>, call: Call) -> Running;
}

/// What an operation came to.
pub enum Outcome {
    /// A document.
    Document(Box<dyn Answer>),
    /// Events, of which the first may be there already.
    Events(Events),
}

/// What the functions of a handler answer: shapes and events.
pub trait Answering: Send + 'static {
    /// The answer, whatever it is.
    fn outcome(self) -> Outcome;
}

impl<T: Shape + Send + 'static> Answering for T {
    fn outcome(self) -> Outcome {
        Outcome::Document(Box::new(self))
    }
}

impl Answering for Events {
    fn outcome(self) -> Outcome {
        Outcome::Events(self)
    }
}

/// An operation's output.
pub trait Answer: Send {
    /// Writes the output into the place of the whole document.
    fn write(&self, at: &'static Member, to: &mut dyn ShapeWriter);
}

impl<T: Shape + Send> Answer for T {
    fn write(&self, at: &'static Member, to: &mut dyn ShapeWriter) {
        Shape::write(self, at, to);
    }
}

/// A future of an operation's typed output.
pub type Output<O> = Pin<Box<dyn Future<Output = Result<O, Refusal>> + Send>>;

struct Bound<H, I, O> {
    operation: &'static Operation,
    handler: Arc<H>,
    input: I,
    access: fn(&H, &Call, &I) -> Vec<Target>,
    run: fn(Arc<H>, Call, I) -> Output<O>,
}

/// Binds a decoded input to the functions of its handler.
pub fn bind<H, I, O>(
    operation: &'static Operation,
    handler: Arc<H>,
    input: I,
    access: fn(&H, &Call, &I) -> Vec<Target>,
    run: fn(Arc<H>, Call, I) -> Output<O>,
) -> Box<dyn Request>
where
    H: Send + Sync + 'static,
    I: Shape + fmt::Debug + Send + Sync + 'static,
    O: Answering,
{
    Box::new(Bound { operation, handler, input, access, run })
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Document(_) => "Document",
            Self::Events(_) => "Events",
        })
    }
}

impl<H, I: fmt::Debug, O> fmt::Debug for Bound<H, I, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(self.operation.name).field("input", &self.input).finish_non_exhaustive()
    }
}

impl<H, I, O> Request for Bound<H, I, O>
where
    H: Send + Sync + 'static,
    I: Shape + fmt::Debug + Send + Sync + 'static,
    O: Answering,
{
    fn write(&self, to: &mut dyn ShapeWriter) {
        self.input.write(&self.operation.input, to);
    }

    fn access(&self, call: &Call) -> Vec<Target> {
        (self.access)(&self.handler, call, &self.input)
    }

    fn run(self: Box<Self>, call: Call) -> Running {
        let running = (self.run)(self.handler, call, self.input);
        Box::pin(async move { running.await.map(Answering::outcome) })
    }
}
