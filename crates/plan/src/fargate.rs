//! What Fargate tasks are: their sizes, and the platform they run on.

/// The version of the platform that there is.
pub const PLATFORM_VERSION: &str = "1.4.0";

/// The memory a number of CPU units goes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// CPU units.
    pub cpu: u32,
    /// The least memory in MiB.
    pub least: u32,
    /// The most memory in MiB.
    pub most: u32,
    /// From one choice of memory to the next, above 1 GiB.
    step: u32,
}

/// Every number of CPU units a Fargate task can have, and its memory, in ascending order.
pub const SIZES: [Size; 7] = [
    Size::new(256, 512, 2_048, 1_024),
    Size::new(512, 1_024, 4_096, 1_024),
    Size::new(1_024, 2_048, 8_192, 1_024),
    Size::new(2_048, 4_096, 16_384, 1_024),
    Size::new(4_096, 8_192, 30_720, 1_024),
    Size::new(8_192, 16_384, 61_440, 4_096),
    Size::new(16_384, 32_768, 122_880, 8_192),
];

impl Size {
    const fn new(cpu: u32, least: u32, most: u32, step: u32) -> Self {
        Self { cpu, least, most, step }
    }

    /// The choices of memory in MiB, in ascending order.
    pub fn memory(self) -> impl Iterator<Item = u32> {
        // The smallest size alone begins below its step: 512, 1024, 2048.
        let odd = (self.least < self.step).then_some(self.least);
        odd.into_iter()
            .chain((1..).map(move |n| n * self.step).skip_while(move |&m| m < self.least).take_while(move |&m| m <= self.most))
    }
}

/// The choices of memory in MiB for that many CPU units, in ascending order; none if no task can have that many.
pub fn memory_choices(cpu: u32) -> impl Iterator<Item = u32> {
    SIZES.into_iter().filter(move |size| size.cpu == cpu).flat_map(Size::memory)
}

/// Whether a Fargate task can have that many CPU units and that much memory in MiB.
#[must_use]
pub fn allowed(cpu: u32, memory: u32) -> bool {
    memory_choices(cpu).any(|choice| choice == memory)
}

#[cfg(test)]
mod tests;
