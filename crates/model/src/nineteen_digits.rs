//! Numbers of nineteen digits, by which AWS names deployments and revisions of services.

/// The first number with more digits.
const END: u64 = 10_000_000_000_000_000_000;

/// A number from bytes nobody can guess.
pub(crate) fn number(bytes: [u8; 16]) -> u64 {
    let (half, _) = bytes.split_at(8);
    half.iter().fold(0, |sum: u64, &byte| sum << 8 | u64::from(byte)) % END
}

/// The number that these digits are, if they are nineteen.
pub(crate) fn parse(digits: &str) -> Option<u64> {
    let is_whole = digits.len() == 19 && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_whole.then(|| digits.parse().ok()).flatten()
}
