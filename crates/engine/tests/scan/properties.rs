//! For any tree: the report does not depend on the schedule, and the ledger adds up.

use base::limits::Limits;
use engine::Settings;
use proptest::prelude::*;
use testkit::{compress, pickle::assemble, tar::TarWriter, zip::ZipWriter};

use crate::memory::{Item, Tree, scan, target};

fn leaf() -> impl Strategy<Value = Vec<u8>> {
    let call = assemble("PROTO 2\nGLOBAL posix system\nBINUNICODE \"id\"\nTUPLE1\nREDUCE\nSTOP").unwrap();
    let data = assemble("PROTO 2\nEMPTY_LIST\nBININT1 3\nAPPEND\nSTOP").unwrap();
    prop_oneof![
        Just(call),
        Just(data),
        Just(b"a line of text\n".to_vec()),
        prop::collection::vec(any::<u8>(), 0..80),
        Just(Vec::new()),
    ]
}

fn artifact() -> impl Strategy<Value = Vec<u8>> {
    leaf().prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|parts| {
                let zip = parts
                    .iter()
                    .enumerate()
                    .fold(ZipWriter::new(), |zip, (index, part)| zip.stored(format!("m{index}").as_str(), part));
                zip.finish()
            }),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| {
                let tar = parts
                    .iter()
                    .enumerate()
                    .fold(TarWriter::new(), |tar, (index, part)| tar.file(format!("m{index}").as_str(), part));
                tar.finish()
            }),
            inner.prop_map(|part| compress::gzip(&part)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn any_schedule_gives_the_same_report_also_when_a_total_is_passed(
        parts in prop::collection::vec(artifact(), 1..8), entries in 1_u64..12, files in 1_u64..12,
    ) {
        let tree = parts.iter().enumerate().fold(Tree::default(), |tree, (index, part)| tree.file(&format!("f{index}"), part.clone()));
        let run = |jobs, limits: Limits| scan(vec![target("t", Item::Folder(tree.clone()))], Settings { jobs, limits, ..Settings::default() });
        for limits in [Limits::default(), Limits { entries, files, bytes_out: 2_000, ..Limits::default() }] {
            let one = run(1, limits.clone());
            let many = run(8, limits);
            prop_assert_eq!(&one, &many);
            let sums = one.coverage;
            prop_assert_eq!(sums.bytes_total, sums.analysed + sums.opaque + sums.skipped);
            prop_assert!(one.artifacts.iter().all(|record| record.reason != Some(base::reason::Reason::Internal)), "{:#?}", one.artifacts);
        }
    }
}
