use super::*;

fn choices(cpu: u32) -> Vec<u32> {
    memory_choices(cpu).collect()
}

#[test]
fn the_smallest_task_has_three_choices() {
    assert_eq!(choices(256), [512, 1_024, 2_048]);
}

#[test]
fn choices_run_from_least_to_most_in_steps() {
    assert_eq!(choices(512), [1_024, 2_048, 3_072, 4_096]);
    for (cpu, first, last, count) in [
        (1_024, 2_048, 8_192, 7),
        (2_048, 4_096, 16_384, 13),
        (4_096, 8_192, 30_720, 23),
        (8_192, 16_384, 61_440, 12),
        (16_384, 32_768, 122_880, 12),
    ] {
        let memory = choices(cpu);
        assert_eq!((memory.first(), memory.last(), memory.len()), (Some(&first), Some(&last), count), "cpu {cpu}");
    }
}

#[test]
fn other_sizes_do_not_exist() {
    assert!(choices(300).is_empty());
    for (cpu, memory) in [(256, 4_096), (256, 768), (1_024, 1_024), (8_192, 17_408), (0, 0)] {
        assert!(!allowed(cpu, memory), "{cpu}/{memory}");
    }
    assert!(allowed(16_384, 122_880));
}
