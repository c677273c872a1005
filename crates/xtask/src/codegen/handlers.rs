//! The handler trait of a service and what binds a decoded request to it.

use std::fmt::Write as _;

use crate::codegen::model::Model;
use crate::codegen::names::{plain_snake, snake};

/// Trait and dispatch.
pub(crate) fn handler(model: &Model) -> String {
    let name = &model.service.handler;
    let mut out = String::from(
        "use std::sync::Arc;\n\nuse wire::{Operation, ReadError, Service, Shape, ShapeReader};\n\nuse super::*;\n\
         use crate::{Call, Handler, Refusal, Request, Target, bind};\n\n",
    );
    let _ = writeln!(
        out,
        "/// What the operations of {name} do. An operation that is not built answers `NotImplementedException` by name.\n\
         ///\n/// Each has a twin, `access_...`, that names the resources the call touches; policies are evaluated on them.\n\
         pub trait {name}: Send + Sync + 'static {{"
    );
    let sides = |operation: &serde_json::Value| {
        let [input, output] = ["input", "output"].map(|side| operation[side]["shape"].as_str().unwrap_or("Unit").to_owned());
        let output = if model.answers_events(operation) { "crate::Events".to_owned() } else { output };
        [input, output]
    };
    for (index, (operation, data)) in model.operations.iter().enumerate() {
        let [input, output] = sides(data);
        let function = snake(operation);
        let _ = writeln!(
            out,
            "/// `{operation}`.\nfn {function}(&self, call: &Call, input: {input}) -> impl Future<Output = Result<{output}, Refusal>> + Send {{\n\
             let _ = (call, input);\nstd::future::ready(Err(Refusal::not_implemented(&OPERATIONS[{index}])))\n}}\n\n\
             /// The resources that a `{operation}` call touches.\nfn access_{}(&self, call: &Call, input: &{input}) -> Vec<Target> {{\n\
             let _ = (call, input);\nTarget::any()\n}}\n",
            plain_snake(operation)
        );
    }
    let _ = writeln!(
        out,
        "}}\n\n/// Binds requests to a [`{name}`].\n#[derive(Debug)]\npub struct {name}Door<H>(pub Arc<H>);\n\n\
         impl<H: {name}> Handler for {name}Door<H> {{\nfn service(&self) -> &'static Service {{ &SERVICE }}\n\n\
         #[expect(clippy::too_many_lines, reason = \"one line an operation\")]\n\
         fn read(&self, operation: &'static Operation, from: &mut dyn ShapeReader) -> Result<Box<dyn Request>, ReadError> {{\n\
         let handler = Arc::clone(&self.0);\nOk("
    );
    let single = model.operations.len() == 1;
    if !single {
        out.push_str("match operation.index {\n");
    }
    for (index, (operation, data)) in model.operations.iter().enumerate() {
        let [input, _] = sides(data);
        let last = index + 1 == model.operations.len();
        let arm = match (single, last) {
            (true, _) => String::new(),
            (false, true) => "_ =>".to_owned(),
            (false, false) => format!("{index} =>"),
        };
        let comma = if single { "" } else { "," };
        let _ = writeln!(
            out,
            "{arm} bind(operation, handler, {input}::read(&operation.input, from)?, H::access_{}, |handler, call, input| Box::pin(async move {{ handler.{}(&call, input).await }})){comma}",
            plain_snake(operation),
            snake(operation)
        );
    }
    out.push_str(if single { ")\n}\n}\n" } else { "})\n}\n}\n" });
    if model.operations.len() < 60 {
        // Short enough to keep the lint.
        out = out.replace("#[expect(clippy::too_many_lines, reason = \"one line an operation\")]\n", "");
    }
    inputs(model, &mut out);
    out
}

/// What ties an input to its operation, for callers.
fn inputs(model: &Model, out: &mut String) {
    for (index, (_, data)) in model.operations.iter().enumerate().filter(|(_, (_, data))| !model.answers_events(data)) {
        let [Some(input), output] = ["input", "output"].map(|side| data[side]["shape"].as_str()) else { continue };
        let _ = writeln!(
            out,
            "\nimpl crate::Input for {input} {{\ntype Output = {};\n\nconst SERVICE: &'static Service = &SERVICE;\n\n\
             const OPERATION: &'static Operation = &OPERATIONS[{index}];\n}}",
            output.unwrap_or("Unit")
        );
    }
}
