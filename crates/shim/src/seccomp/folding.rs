//! Makes a filter short and quick. The library compares a number with one system call after the other, for each architecture; the kernel runs
//! that for every call that there is when the filter is installed, and translates it for the processor, which together took more than a
//! millisecond of every container's start. Most calls are allowed or refused whatever their arguments are: what the library's program
//! says of those is found out here by running it, and said again by halving ranges of numbers. The rest is left to the library.

use super::{Filter, instruction};

/// Where a filter finds the number of the call, and the architecture.
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;

const LOAD: u32 = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
const RETURN: u32 = libc::BPF_RET | libc::BPF_K;
const GO: u32 = libc::BPF_JMP | libc::BPF_JA;
const EQUAL: u32 = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
const GREATER: u32 = libc::BPF_JMP | libc::BPF_JGT | libc::BPF_K;
const AT_LEAST: u32 = libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K;

/// One instruction of classic BPF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Instruction {
    code: u32,
    holds: u8,
    not: u8,
    value: u32,
}

/// Stands for a jump to what is asked, until its distance is known. No program is as long.
const QUESTION: Instruction = plain(GO, u32::MAX);

/// What a program says of a system call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Always(u32),
    /// It looks at the arguments.
    Depends,
}

/// A program that says of the calls of some architectures, by the kernel's numbers of them, what `whole` says. `asked` is the program that
/// decides where arguments count, and about other architectures. Nothing, if there is an instruction that is not known here.
pub(super) fn fold(whole: &[u8], asked: &[u8], architectures: &[u32]) -> Option<Filter> {
    let whole = decode(whole)?;
    let mut program = vec![plain(LOAD, ARCHITECTURE)];
    // Jumps to what is asked, whose place is not known yet.
    let mut questions = Vec::new();
    for &architecture in architectures {
        let ranges = ranges(&whole, architecture)?;
        let section = halved(&ranges);
        program.push(Instruction { code: EQUAL, holds: 1, not: 0, value: architecture });
        program.push(plain(GO, u32::try_from(section.len() + 1).ok()?));
        program.push(plain(LOAD, NUMBER));
        let begin = program.len();
        questions.extend(section.iter().enumerate().filter(|(_, one)| **one == QUESTION).map(|(at, _)| begin + at));
        program.extend(section);
    }
    let end = program.len();
    for at in questions {
        program[at] = plain(GO, u32::try_from(end - at - 1).ok()?);
    }
    let head = program.into_iter().flat_map(|Instruction { code, holds, not, value }| instruction(code, value, holds, not));
    Some(head.chain(asked.iter().copied()).collect())
}

const fn plain(code: u32, value: u32) -> Instruction {
    Instruction { code, holds: 0, not: 0, value }
}

fn decode(program: &[u8]) -> Option<Vec<Instruction>> {
    let instruction = |bytes: &[u8]| {
        let &[low, high, holds, not, ref value @ ..] = bytes else { return None };
        Some(Instruction {
            code: u16::from_ne_bytes([low, high]).into(),
            holds,
            not,
            value: u32::from_ne_bytes(value.try_into().ok()?),
        })
    };
    program.chunks(size_of::<libc::sock_filter>()).map(instruction).collect()
}

/// Numbers from one on, up to the next range, of which a program says the same. The first begins at 0.
fn ranges(program: &[Instruction], architecture: u32) -> Option<Vec<(u32, Verdict)>> {
    // What is said can change only at a number with which another one is compared, or behind it.
    let compares = |one: &&Instruction| [EQUAL, GREATER, AT_LEAST].contains(&one.code);
    let compared = program.iter().filter(compares).flat_map(|one| [Some(one.value), one.value.checked_add(1)]);
    let mut numbers: Vec<u32> = compared.flatten().chain([0]).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut ranges: Vec<(u32, Verdict)> = Vec::new();
    for number in numbers {
        let verdict = verdict(program, architecture, number)?;
        if ranges.last().is_none_or(|(_, before)| *before != verdict) {
            ranges.push((number, verdict));
        }
    }
    Some(ranges)
}

/// Runs a program for a call of which the arguments are not known.
fn verdict(program: &[Instruction], architecture: u32, number: u32) -> Option<Verdict> {
    let (mut at, mut loaded) = (0, 0);
    loop {
        let Instruction { code, holds, not, value } = *program.get(at)?;
        let jump = |condition: bool| usize::from(if condition { holds } else { not });
        at += 1 + match code {
            LOAD if value == NUMBER || value == ARCHITECTURE => {
                loaded = if value == NUMBER { number } else { architecture };
                0
            }
            LOAD => return Some(Verdict::Depends),
            RETURN => return Some(Verdict::Always(value)),
            GO => usize::try_from(value).ok()?,
            EQUAL => jump(loaded == value),
            GREATER => jump(loaded > value),
            AT_LEAST => jump(loaded >= value),
            _ => return None,
        };
    }
}

/// Finds the range of the loaded number, and says what is said of it.
fn halved(ranges: &[(u32, Verdict)]) -> Vec<Instruction> {
    if let [(_, verdict)] = ranges {
        return vec![match verdict {
            Verdict::Always(value) => plain(RETURN, *value),
            Verdict::Depends => QUESTION,
        }];
    }
    let (below, above) = ranges.split_at(ranges.len() / 2);
    let Some((first, _)) = above.first() else { return Vec::new() };
    let (below, above) = (halved(below), halved(above));
    let mut program = match u8::try_from(below.len()) {
        Ok(holds) => vec![Instruction { code: AT_LEAST, holds, not: 0, value: *first }],
        Err(_) => {
            let over = plain(GO, u32::try_from(below.len()).unwrap_or(u32::MAX));
            vec![Instruction { code: AT_LEAST, holds: 0, not: 1, value: *first }, over]
        }
    };
    program.extend(below);
    program.extend(above);
    program
}
