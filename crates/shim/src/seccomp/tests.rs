use rustix::thread::CapabilitySet;

use super::{Order, ordered};

/// The kernel's numbers (`AUDIT_ARCH_...`) of the architectures whose programs may run here, and one that nobody knows.
#[cfg(target_arch = "x86_64")]
const ARCHITECTURES: [u32; 3] = [0xC000_003E, 0x4000_0003, 0x1234];
#[cfg(not(target_arch = "x86_64"))]
const ARCHITECTURES: [u32; 3] = [0xC000_00B7, 0x4000_0028, 0x1234];

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
fn a_tree_of_comparisons_says_what_a_list_of_them_says() {
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
        let [tree, list] = [Order::Tree, Order::List].map(|order| ordered(capabilities, order).unwrap());
        assert_ne!(tree, list);
        for architecture in ARCHITECTURES {
            for &number in &numbers {
                let tried = if by_arguments.contains(&(number & 0xffff)) { &*values } else { &[0, u64::MAX] };
                for &value in tried {
                    let says = |program: &[u8]| run(program, architecture, number, [value, 1, 2, 3, 4, 5]);
                    assert_eq!(says(&tree), says(&list), "{capabilities:?} {architecture:#x} {number} {value:#x}");
                }
            }
        }
    }
}
