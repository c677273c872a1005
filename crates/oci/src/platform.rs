//! Which of an image's builds runs here.

#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

/// An operating system and a processor, in the words of image manifests.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Platform {
    /// `linux`, or nothing if it is not said.
    #[serde(default)]
    pub os: String,
    /// Go's name of the architecture: `amd64`, `arm64`, ...
    #[serde(default)]
    pub architecture: String,
    /// `v7` of arm, `v3` of amd64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

impl Platform {
    /// The machine this program was built for.
    #[must_use]
    pub fn here() -> Self {
        let (architecture, variant) = match std::env::consts::ARCH {
            "x86_64" => ("amd64", amd64_level()),
            "x86" => ("386", None),
            "aarch64" => ("arm64", Some("v8")),
            "arm" => ("arm", Some("v7")),
            "powerpc64" => ("ppc64le", None),
            other => (other, None),
        };
        Self { os: "linux".to_owned(), architecture: architecture.to_owned(), variant: variant.map(str::to_owned) }
    }

    /// How well a build for `candidate` suits this machine, more being better; nothing if it does not run here.
    #[must_use]
    pub fn suits(&self, candidate: &Self) -> Option<u32> {
        if candidate.os != self.os || candidate.architecture != self.architecture {
            return None;
        }
        let (own, wanted) = (self.level(), candidate.level());
        if wanted <= own { Some(wanted) } else { None }
    }

    /// The variant as a number; without one, the baseline of the architecture.
    fn level(&self) -> u32 {
        let baseline = match self.architecture.as_str() {
            "arm64" => 8,
            "arm" => 7,
            _ => 1,
        };
        match self.variant.as_deref() {
            None | Some("") => baseline,
            Some(variant) => variant.strip_prefix('v').and_then(|number| number.parse().ok()).unwrap_or(u32::MAX),
        }
    }
}

/// The level of x86-64 that this processor has, above the first.
#[cfg(target_arch = "x86_64")]
fn amd64_level() -> Option<&'static str> {
    use std::arch::is_x86_feature_detected as has;
    let second = has!("cmpxchg16b") && has!("popcnt") && has!("sse3") && has!("sse4.1") && has!("sse4.2") && has!("ssse3");
    let third = has!("avx") && has!("avx2") && has!("bmi1") && has!("bmi2") && has!("f16c") && has!("fma") && has!("lzcnt");
    let fourth = has!("avx512f") && has!("avx512bw") && has!("avx512cd") && has!("avx512dq") && has!("avx512vl");
    match (second, third && has!("movbe"), fourth) {
        (true, true, true) => Some("v4"),
        (true, true, false) => Some("v3"),
        (true, false, _) => Some("v2"),
        (false, ..) => None,
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn amd64_level() -> Option<&'static str> {
    None
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.as_ref().map_or(Ok(()), |variant| write!(f, "/{variant}"))
    }
}
