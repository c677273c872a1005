//! The scripts in `scenarios/`: each is a story with what came of it, and comes out the same. After a change that is meant to change
//! them, `BERTH_SCENARIOS=write cargo nextest run -p berth-testkit scenarios` writes them anew; the diff is the review.

use std::path::PathBuf;
use std::{env, fs};

use berth_testkit::simulation::transcript;

#[track_caller]
fn comes_out_the_same(name: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name).with_extension("txt");
    let committed = fs::read_to_string(&path).expect("a script");
    let played = transcript(&committed).expect("a script that is understood");
    if env::var_os("BERTH_SCENARIOS").is_some_and(|word| word == "write") {
        fs::write(&path, &played).expect("a folder that can be written");
        return;
    }
    assert_eq!(committed, played, "{name} comes out otherwise");
}

macro_rules! stories {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            comes_out_the_same(stringify!($name));
        })*
    };
}

stories! { scale deploy bad_deploy sick_deploy pause pause_times_out drain lose_a_node come_back throttle protect no_addresses daemon }
