//! What the control plane sent and what the image says, as the one specification the runtime takes.
