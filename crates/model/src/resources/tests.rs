use std::collections::BTreeSet;

use proptest::collection::btree_set;
use proptest::prelude::*;

use super::*;

fn amounts() -> impl Strategy<Value = Resources> {
    let ports = || btree_set(0..64_u16, 0..6).prop_map(|ports| ports.into_iter().collect());
    let gpus = btree_set(0..4_u8, 0..3).prop_map(|gpus| gpus.iter().map(|n| Name::new(&format!("GPU-{n}"))).collect());
    (any::<[u32; 3]>(), ports(), ports(), gpus).prop_map(|([cpu, memory, interfaces], ports_tcp, ports_udp, gpus)| Resources {
        interfaces,
        cpu,
        memory,
        ports_tcp,
        ports_udp,
        gpus,
    })
}

fn sorted(mut resources: Resources) -> Resources {
    resources.gpus.sort();
    resources
}

proptest! {
    #[test]
    fn taking_and_giving_back_changes_nothing(a in amounts(), b in amounts()) {
        if let Ok(sum) = a.checked_add(&b) {
            prop_assert_eq!(sorted(sum.checked_sub(&b).unwrap()), sorted(a));
        }
    }

    #[test]
    fn order_of_adding_does_not_matter(a in amounts(), b in amounts()) {
        prop_assert_eq!(a.checked_add(&b).map(sorted).ok(), b.checked_add(&a).map(sorted).ok());
    }

    #[test]
    fn what_fits_can_be_added_and_never_exceeds_what_is_registered(registered in amounts(), used in amounts(), want in amounts()) {
        if registered.fits(&used, &want).is_ok() && used.cpu <= registered.cpu && used.memory <= registered.memory {
            let after = used.checked_add(&want).unwrap();
            prop_assert!(after.cpu <= registered.cpu && after.memory <= registered.memory);
        }
    }

    #[test]
    fn port_sets_behave_like_sets(ports: Vec<u16>, others: Vec<u16>) {
        let (set, other): (PortSet, PortSet) = (ports.iter().copied().collect(), others.iter().copied().collect());
        let (model, model_other): (BTreeSet<u16>, BTreeSet<u16>) = (ports.into_iter().collect(), others.into_iter().collect());
        prop_assert_eq!(set.iter().collect::<Vec<_>>(), model.iter().copied().collect::<Vec<_>>());
        prop_assert_eq!(set.is_disjoint(&other), model.is_disjoint(&model_other));
        prop_assert_eq!(set.is_subset(&other), model.is_subset(&model_other));
    }
}

#[test]
fn short_resource_is_named() {
    let registered = Resources { cpu: 1024, memory: 512, ports_tcp: [22].into_iter().collect(), ..Resources::default() };
    let used = Resources { cpu: 512, ports_udp: [53].into_iter().collect(), ..Resources::default() };
    let short = |want| registered.fits(&used, &want).err();
    assert_eq!(short(Resources { cpu: 513, ..Resources::default() }), Some(Resource::Cpu));
    assert_eq!(short(Resources { memory: 513, ..Resources::default() }), Some(Resource::Memory));
    assert_eq!(short(Resources { ports_tcp: [22].into_iter().collect(), ..Resources::default() }), Some(Resource::PortsTcp));
    assert_eq!(short(Resources { ports_udp: [53].into_iter().collect(), ..Resources::default() }), Some(Resource::PortsUdp));
    assert_eq!(short(Resources { gpus: ["GPU-0".into()].into_iter().collect(), ..Resources::default() }), Some(Resource::Gpu));
    assert_eq!(short(Resources { cpu: 512, memory: 512, ports_tcp: [53].into_iter().collect(), ..Resources::default() }), None);
}

#[test]
fn empty_ports_cost_eight_bytes() {
    assert_eq!(size_of::<PortSet>(), 8);
    assert_eq!(size_of::<Resources>(), 40);
}
