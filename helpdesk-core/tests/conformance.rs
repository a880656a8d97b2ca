//! The reference implementations pass the suites that every other implementation passes, and no test of a suite is left
//! out of its macro.

use std::{collections::BTreeSet, fs, path::Path};

mod memory_storage {
    use helpdesk_core::memory::MemoryStorage;

    helpdesk_core::testing::storage_suite!(async || MemoryStorage::new());
}

/// The wrapper is a storage like any other while nothing fails.
mod faulty_storage_without_faults {
    use helpdesk_core::{
        memory::MemoryStorage,
        testing::faults::{FaultPlan, FaultyStorage},
    };

    helpdesk_core::testing::storage_suite!(async || FaultyStorage::new(MemoryStorage::new(), FaultPlan::none()));
}

mod memory_blobs {
    use helpdesk_core::memory::MemoryBlobs;

    helpdesk_core::testing::blobs_suite!(async || MemoryBlobs::new());
}

mod scripted_channel {
    use helpdesk_core::{
        Channel,
        channel::Part,
        testing::{ChannelFixture, ScriptedChannel},
    };

    struct Scripted(ScriptedChannel);

    impl ChannelFixture for Scripted {
        fn channel(&self) -> &dyn Channel {
            &self.0
        }

        fn visible_text(&self, part: &Part) -> String {
            let text = |key: &str| part.call[key].as_str().unwrap_or_default().to_owned();
            text("text") + &text("question")
        }

        fn part_fits(&self, part: &Part) -> bool {
            part.call["text"].as_str().is_none_or(|text| text.chars().count() <= 4096)
        }

        fn secrets(&self) -> Vec<String> {
            Vec::new()
        }
    }

    helpdesk_core::testing::channel_suite!(async || Scripted(ScriptedChannel::new("scripted")));
}

/// A test that its macro does not name would never run anywhere.
#[test]
fn no_test_of_a_suite_is_left_out_of_its_macro() {
    let testing = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/testing");
    let rooms = fs::read_dir(testing.join("storage_suite")).unwrap().map(|entry| entry.unwrap().path());
    let suites = [
        (testing.join("storage_suite/mod.rs"), rooms.filter(|room| !room.ends_with("scene.rs")).collect()),
        (testing.join("blobs_suite.rs"), vec![testing.join("blobs_suite.rs")]),
        (testing.join("channel_suite.rs"), vec![testing.join("channel_suite.rs")]),
    ];
    for (stamp, rooms) in suites {
        let stamped = fs::read_to_string(&stamp).unwrap();
        let named: BTreeSet<&str> = stamped
            .lines()
            .filter_map(|line| line.trim().strip_suffix(';'))
            .filter_map(|line| line.rsplit(' ').next())
            .collect();
        let mut count = 0;
        for room in rooms {
            for line in fs::read_to_string(&room).unwrap().lines() {
                let Some(test) = line.strip_prefix("pub async fn ") else { continue };
                let name = test.split(['(', '<']).next().unwrap();
                assert!(named.contains(name), "{} has {name}, which its macro does not name", room.display());
                count += 1;
            }
        }
        assert!(count > 10, "the tests of {} were not found", stamp.display());
    }
}
