//! Services and their operations as data: the operation table that routing, the pipeline and documentation read.

use crate::schema::Member;

/// An AWS service that this system speaks.
#[derive(Debug)]
pub struct Service {
    /// The model's service id, such as `ECS`.
    pub id: &'static str,
    /// The name in a signature's credential scope, such as `ecs`.
    pub signing_name: &'static str,
    /// The prefix of IAM actions, such as `ecs`.
    pub iam_prefix: &'static str,
    /// The prefix of `X-Amz-Target` before the dot; empty where the protocol has none.
    pub target_prefix: &'static str,
    /// The API's version date, such as `2014-11-13`.
    pub api_version: &'static str,
    /// The encoding of its requests and answers.
    pub protocol: Protocol,
    /// The XML namespace of its answers, for XML protocols.
    pub xml_namespace: Option<&'static str>,
    /// The error that broken constraints answer.
    pub validation_error: &'static ErrorShape,
    /// The error that an internal failure answers.
    pub internal_error: &'static ErrorShape,
    /// The error that a refused permission answers.
    pub access_denied_error: &'static ErrorShape,
    /// All modelled operations, sorted by name.
    pub operations: &'static [Operation],
}

/// The encodings of AWS APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// JSON documents, operation in `X-Amz-Target`, `application/x-amz-json-1.0`.
    AwsJson10,
    /// JSON documents, operation in `X-Amz-Target`, `application/x-amz-json-1.1`.
    AwsJson11,
    /// Form parameters in, XML out.
    Query,
    /// The query protocol as EC2 varies it.
    Ec2Query,
    /// JSON documents over paths, headers and query parameters.
    RestJson,
    /// CBOR documents, operation in the path.
    RpcV2Cbor,
}

/// One operation of a service.
#[derive(Debug)]
pub struct Operation {
    /// As AWS names it, such as `RunTask`.
    pub name: &'static str,
    /// Its place in the service's table.
    pub index: usize,
    /// The request: the place of the whole document.
    pub input: Member,
    /// The answer: the place of the whole document.
    pub output: Member,
    /// The name of the element around an XML answer, for the query protocol.
    pub result_wrapper: Option<&'static str>,
    /// The HTTP method, such as `POST`.
    pub http_method: &'static str,
    /// The path template, `/` for all but REST protocols.
    pub http_path: &'static str,
    /// The errors that the model lists for it.
    pub errors: &'static [&'static ErrorShape],
    /// What IAM says of it.
    pub access: Access,
    /// The largest request body in bytes.
    pub body_limit: usize,
}

/// What IAM knows of an operation, from AWS's service authorization reference.
#[derive(Debug)]
pub struct Access {
    /// The action, such as `ecs:RunTask`.
    pub action: &'static str,
    /// `List`, `Read`, `Write`, `Tagging` or `Permissions management`.
    pub level: &'static str,
    /// Resource types that the action applies to, such as `task-definition`; empty for `*` alone.
    pub resource_types: &'static [&'static str],
    /// Condition keys that the action understands.
    pub condition_keys: &'static [&'static str],
}

/// A modelled error.
#[derive(Debug)]
pub struct ErrorShape {
    /// The name in the answer, such as `ClusterNotFoundException`.
    pub code: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// Who has to change something.
    pub fault: Fault,
    /// Whether the same request may succeed later; SDKs retry on it.
    pub retryable: bool,
}

/// Whose fault an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The caller's.
    Client,
    /// The service's.
    Server,
}

impl Service {
    /// Finds an operation by name. Cost: a binary search.
    #[must_use]
    pub fn operation(&self, name: &str) -> Option<&'static Operation> {
        let at = self.operations.binary_search_by(|operation| operation.name.cmp(name)).ok()?;
        self.operations.get(at)
    }
}
