//! Frames of the agent protocol.

use berth_api::acs::docker::{Config, HostConfig};
use berth_api::acs::{AgentMessage, Container, ControlMessage, FrameError, SignedFrame, TelemetryAnswer, TelemetryReport};

/// Reads a frame of the control stream, as the control plane and as an agent; what was read is written, read again and the same.
pub fn acs_frame(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    match AgentMessage::read(&text) {
        Ok(message) => assert_eq!(AgentMessage::read(&message.write()).ok(), Some(message), "what is written reads back"),
        Err(error) => judge(&error),
    }
    match ControlMessage::read(&text) {
        Ok(message) => {
            if let ControlMessage::Payload(payload) = &message {
                payload.tasks.iter().flat_map(|task| &task.containers).for_each(docker);
            }
            // A task's processors are a floating point number, which need not come back to the last bit.
            assert!(ControlMessage::read(&message.write()).is_ok(), "what is written can be read");
        }
        Err(error) => judge(&error),
    }
}

/// Takes a frame of the telemetry stream apart, as the control plane does; and reads it as an agent reads answers.
pub fn tcs_frame(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    if let Ok(frame) = SignedFrame::parse(&text) {
        assert_eq!(SignedFrame::parse(&frame.write()).as_ref(), Ok(&frame), "what is written reads back");
        if let Ok(presented) = frame.presented() {
            assert!(presented.key_id.len() <= 128 && presented.signed_headers.len() <= 64, "parts keep their limits");
        }
        match TelemetryReport::read(frame.message) {
            Ok(report) => assert!(TelemetryReport::read(&report.write()).is_ok(), "what is written can be read"),
            Err(error) => judge(&error),
        }
    }
    if let Ok(answer) = TelemetryAnswer::read(&text) {
        assert_eq!(TelemetryAnswer::read(&answer.write()).ok(), Some(answer), "what is written reads back");
    }
}

fn docker(container: &Container) {
    let Some(docker) = &container.docker_config else { return };
    let _ = serde_json::from_str::<Config>(docker.config.as_deref().unwrap_or_default());
    let _ = serde_json::from_str::<HostConfig>(docker.host_config.as_deref().unwrap_or_default());
}

fn judge(error: &FrameError) {
    // What a stranger chose is shown at most in part.
    if matches!(error, FrameError::UnknownType(_)) {
        assert!(error.to_string().len() < 2048, "a message is short");
    }
}
