use rustix::thread::CapabilitySet;

use super::folding::fold;
use super::{ARCHITECTURES, compile, instruction, whole};

/// Runs a program as the kernel does.
fn run(program: &[u8], architecture: u32, number: u32, arguments: [u64; 6]) -> u32 {
    let half = |at: usize| {
        let argument = arguments[at / 8];
        u32::try_from(if at.is_multiple_of(8) { argument & 0xffff_ffff } else { argument >> 32 }).unwrap()
    };
    let (mut at, mut loaded) = (0, 0);
    loop {
        let one = &program[at * 8..at * 8 + 8];
        let (holds, not) = (usize::from(one[2]), usize::from(one[3]));
        let value = u32::from_ne_bytes(one[4..].try_into().unwrap());
        let jump = |condition: bool| if condition { holds } else { not };
        at += 1;
        match u32::from(u16::from_ne_bytes(one[..2].try_into().unwrap())) {
            0x20 => {
                loaded = match value {
                    0 => number,
                    4 => architecture,
                    offset => half(usize::try_from(offset).unwrap() - 16),
                }
            }
            0x54 => loaded &= value,
            0x05 => at += usize::try_from(value).unwrap(),
            0x15 => at += jump(loaded == value),
            0x25 => at += jump(loaded > value),
            0x35 => at += jump(loaded >= value),
            0x45 => at += jump(loaded & value != 0),
            0x06 => return value,
            code => panic!("no instruction {code:#x}"),
        }
    }
}

#[test]
fn a_folded_filter_says_what_the_librarys_says() {
    let none = CapabilitySet::empty();
    let sets = [none, CapabilitySet::SYS_ADMIN, CapabilitySet::NET_RAW | CapabilitySet::SYS_PTRACE, CapabilitySet::all()];
    // Plain numbers, those of x32, private ones of ARM, and none.
    let numbers = (0..600).chain([1023, 1024, 0x3fff_ffff]).chain(0x4000_0000..0x4000_0250).chain(0xf_0000..0xf_0008);
    let numbers: Vec<u32> = numbers.chain([u32::MAX]).collect();
    // `clone`, `personality`, `socket` and `socketcall`, as they are counted somewhere.
    let by_arguments = [41, 56, 92, 102, 120, 135, 136, 198, 220, 281, 359];
    let flags = [0x11, 0x1000_0000, 0x2_0000, 0x7e02_0000, 0x0200_0000, 0x2_0008, 0xffff_ffff];
    let values: Vec<u64> = (0..50).chain(flags).flat_map(|low| [low, low | 1 << 32]).collect();
    for capabilities in sets {
        let (folded, library) = (compile(capabilities).unwrap(), whole(capabilities).unwrap());
        assert!(folded.len() * 3 < library.len() * 2, "{} of {}", folded.len(), library.len());
        for &architecture in ARCHITECTURES {
            for &number in &numbers {
                let tried = if by_arguments.contains(&(number & 0xffff)) { &*values } else { &[0, u64::MAX] };
                for &value in tried {
                    let says = |program: &[u8]| run(program, architecture, number, [value, 1, 2, 3, 4, 5]);
                    assert_eq!(says(&folded), says(&library), "{capabilities:?} {architecture:#x} {number} {value:#x}");
                }
            }
        }
        assert_eq!(run(&folded, 0x1234, 1, [0; 6]), 0, "an architecture that nobody knows: killed");
    }
}

#[test]
fn sections_longer_than_a_jump_are_gone_over() {
    let (load, equal, ends) = (0x20, 0x15, 0x06);
    let refuse = instruction(ends, 7, 0, 0);
    // Every other number below 2000 says itself.
    let mut program = vec![instruction(load, 0, 0, 0)];
    for number in (0..2000).step_by(2) {
        program.extend([instruction(equal, number, 0, 1), instruction(ends, 0x7fff_0000 + number, 0, 0)]);
    }
    program.push(refuse);
    let folded = fold(&program.concat(), &refuse, &[1, 2]).unwrap();
    for architecture in [1, 2] {
        for number in 0..2010 {
            let says = |program: &[u8]| run(program, architecture, number, [0; 6]);
            assert_eq!(says(&folded), says(&program.concat()), "{number}");
        }
    }
    assert_eq!(run(&folded, 3, 0, [0; 6]), 7, "asked, as it is no architecture that was folded");
}

#[test]
fn a_program_that_is_not_understood_is_not_folded() {
    let (multiply, ends) = (0x24, instruction(0x06, 0, 0, 0));
    assert_eq!(fold(&[instruction(multiply, 3, 0, 0), ends].concat(), &ends, &[1]), None);
    assert_eq!(fold(&instruction(0x20, 0, 0, 0), &ends, &[1]), None, "it does not end");
    assert_eq!(fold(&ends[..5], &ends, &[1]), None, "not whole");
}
