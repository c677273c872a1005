//! Why a log driver cannot take a container's output.

/// Why a log driver cannot take a container's output. Its text is the container's reason, in the words of Docker's daemon, which people search for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DriverError {
    /// There is no such driver here.
    #[error("CannotCreateContainerError: Error response from daemon: logger: no log driver named '{driver}' is registered")]
    Unknown {
        /// As it was asked for.
        driver: String,
    },
    /// The driver does not know the option, or does not do it yet.
    #[error("CannotCreateContainerError: Error response from daemon: unknown log opt '{option}' for {driver} log driver")]
    Option {
        /// Which driver.
        driver: &'static str,
        /// Which option.
        option: String,
    },
    /// An option's value makes no sense, or an option is missing.
    #[error("CannotCreateContainerError: Error response from daemon: {problem} for {driver} log driver")]
    Value {
        /// Which driver.
        driver: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// What the driver writes to could not be made ready.
    #[error(
        "CannotStartContainerError: Error response from daemon: failed to create task for container: failed to initialize logging driver: {problem}"
    )]
    Start {
        /// What went wrong.
        problem: String,
    },
}
