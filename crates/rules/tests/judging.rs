//! How a judge concludes: messages that name, equal findings folded, severities never lost, checks counted.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where something is wrong"
)]

use base::{
    expr::Expr,
    fact::{Call, Fact, Flaw, Kind},
    finding::Finding,
    location::{ArtifactPath, Place},
    report::Check,
    verdict::Severity,
};
use knowledge::Standing;
use rulebook::{message, statement};
use rules::{Catalogue, Judgement};

fn judge(catalogue: &Catalogue, facts: &[Fact]) -> Judgement {
    let mut judge = catalogue.judge(&ArtifactPath::root(b"model.pt").member(b"data.pkl"));
    facts.iter().for_each(|fact| judge.observe(fact));
    judge.finish(true, &[Kind::Call, Kind::Import])
}

fn findings(block: &str) -> Vec<Finding> {
    judge(&Catalogue::builtin(), &statement::facts(block).unwrap()).findings
}

fn brief(findings: &[Finding]) -> Vec<(&str, Severity)> {
    findings.iter().map(|finding| (&*finding.rule, finding.severity)).collect()
}

fn system(command: &str, offset: u64) -> Fact {
    let args = vec![base::expr::Expr::str(command)];
    let call = Call {
        module: "os".into(),
        name: "system".into(),
        written: "posix.system".into(),
        how: "reduce".into(),
        when: "load".into(),
        args,
        ..Call::default()
    };
    Fact::new(Place::bytes(offset, 1), call)
}

#[test]
fn a_finding_names_the_callable_as_it_is_and_as_it_was_written() {
    let found = judge(&Catalogue::builtin(), &[system("id\u{202e}\n", 16)]).findings;
    assert_eq!(brief(&found), [("process-spawn", Severity::Critical)]);
    let finding = &found[0];
    let start = r"Loading calls os.system (written posix.system)('id\u{202e}\n'): ";
    assert!(finding.message.starts_with(start), "{}", finding.message);
    assert!(!finding.message.ends_with(": "));
    assert_eq!(
        (finding.subject.as_str(), &*finding.artifact, finding.location.offset),
        ("os.system", "model.pt!/data.pkl", 16)
    );
    assert_eq!(finding.cwe[0].as_ref(), "CWE-502");
    assert!(finding.remedy.starts_with("Do not load this file"));
}

#[test]
fn the_carrier_is_named_too() {
    let found = findings(
        "call module=functools name=partial how=newobj when=load args=(os.system, 'id')\n\
         call module=os name=system how=apply when=load args=('id')",
    );
    assert_eq!(brief(&found), [("process-spawn", Severity::Critical)]);
    assert!(found[0].message.ends_with(", through functools.partial"), "{}", found[0].message);
    let found = findings(
        "call module=builtins name=getattr how=reduce when=load args=(os:, 'system')\n\
         import module=os name=system origin=attribute when=load\n\
         call module=os name=system how=reduce when=load args=('id')",
    );
    assert_eq!(brief(&found), [("process-spawn", Severity::Critical)]);
    assert!(found[0].message.ends_with(", through builtins.getattr"), "{}", found[0].message);
}

#[test]
fn equal_findings_are_one_and_other_arguments_make_another() {
    let facts: Vec<Fact> = (0..20).map(|at| system("id", at)).chain([system("ls", 99)]).collect();
    let found = judge(&Catalogue::builtin(), &facts).findings;
    assert_eq!(found.iter().map(|finding| finding.count).collect::<Vec<_>>(), [20, 1]);
    assert_eq!(found[0].places.len(), 7);
    assert_eq!(found[0].places[0].offset, 1);
    assert_ne!(found[0].fingerprint, found[1].fingerprint);
}

#[test]
fn of_equal_findings_the_surest_is_told() {
    let call = |when: &str, at: &str| format!("call module=os name=system how=call when={when} args=('id') @{at}\n");
    for order in [["conditional", "import"], ["import", "conditional"]] {
        let found =
            findings(&format!("{}{}", call(order[0], order[0].len().to_string().as_str()), call(order[1], "0x20")));
        let told = found.iter().find(|finding| finding.rule.as_ref() == "source-starts-process").unwrap();
        assert!(!told.message.contains("under a condition"), "{}", told.message);
        assert_eq!((told.count, told.places.len()), (2, 1));
        assert_eq!(told.location.offset == 0x20, order[1] == "import");
    }
}

#[test]
fn repeats_of_a_call_are_counted_and_a_class_is_one_finding() {
    let found = findings(
        "call module=a_package name=Model how=newobj when=load args=(1) repeats=5 @0x1\n\
         call module=a_package name=Model how=newobj when=load args=(2) @0x2",
    );
    assert_eq!(brief(&found), [("unknown-class-built", Severity::Low)]);
    assert_eq!(found[0].count, 6);
}

#[test]
fn a_flood_of_findings_hides_no_graver_one() {
    let catalogue = Catalogue::builtin();
    let mut judge = catalogue.judge(&ArtifactPath::root(b"x"));
    for index in 0..12_000_u64 {
        let flaw = Flaw { id: "gap-data".into(), detail: "".into(), part: index.to_string().into() };
        judge.observe(&Fact::new(Place::bytes(index, 1), flaw));
    }
    judge.observe(&system("id", 99_999));
    let judgement = judge.finish(true, &[Kind::Flaw]);
    assert_eq!((judgement.findings.len(), judgement.unlisted), (10_001, 2_000));
    assert_eq!(judgement.findings.iter().map(|finding| finding.count).sum::<u64>(), 12_001);
    assert_eq!(judgement.findings.last().unwrap().severity, Severity::Critical);
}

#[test]
fn checks_are_counted_for_every_rule() {
    let catalogue = Catalogue::builtin();
    let check = |judgement: &Judgement, id: &str| {
        let mut checks = judgement.checks.iter();
        checks.find(|(rule, _)| catalogue.rule_id(*rule).as_deref() == Some(id)).map(|(_, check)| *check).unwrap()
    };
    let judgement = judge(&catalogue, &[system("id", 0)]);
    assert_eq!(judgement.checks.len(), catalogue.rules().len());
    assert_eq!(check(&judgement, "process-spawn"), Check { failed: 1, passed: 0, not_run: 0 });
    assert_eq!(check(&judgement, "file-write"), Check { failed: 0, passed: 1, not_run: 0 });
    assert_eq!(check(&judgement, "crc-mismatch"), Check { failed: 0, passed: 0, not_run: 1 });
    let partial = catalogue.judge(&ArtifactPath::root(b"x")).finish(false, &[Kind::Call]);
    assert!(partial.checks.iter().all(|(_, check)| check.not_run == 1));
}

#[test]
fn every_rule_can_fill_its_message_and_yields_to_rules_that_exist() {
    let catalogue = Catalogue::builtin();
    assert!(catalogue.rules().len() >= 50);
    assert!(catalogue.rules().is_sorted_by(|one, two| one.id < two.id));
    let taxonomy = Catalogue::taxonomy().unwrap();
    for rule in catalogue.rules() {
        for id in rule.yields_to.iter() {
            assert!(catalogue.rule(id).is_some_and(|other| other.id != rule.id), "{} yields to {id}", rule.id);
        }
        for clause in rule.when.iter() {
            let message = clause.message.as_ref().unwrap_or(&rule.message);
            assert_eq!(message::unfilled(message, clause.fact), None, "{}", rule.id);
        }
        assert!(taxonomy.categories.contains_key(&*rule.category));
        assert!(!rule.remedy.is_empty() && !rule.title.ends_with('.'), "{}", rule.id);
    }
}

#[test]
fn what_honest_models_do_is_quiet() {
    let quiet = findings(
        "import module=collections name=OrderedDict origin=global when=load\n\
         call module=collections name=OrderedDict how=reduce when=load\n\
         call module=collections name=OrderedDict how=setitem when=load args=('a', 1)\n\
         import module=builtins name=getattr origin=global when=load\n\
         call module=builtins name=getattr how=reduce when=load args=(a_package.Shape(), 'inner')\n\
         call module=copyreg name=_reconstructor how=reduce when=load args=(a_package.Shape, builtins.object, None)\n\
         call module=builtins name=type how=reduce when=load args=(None)\n\
         reference kind=storage target=0 role=\"torch.FloatStorage[4]\"\n\
         entry name=archive/data.pkl kind=file size=3 packed=3 method=stored",
    );
    assert_eq!(brief(&quiet), []);
}

#[test]
fn rules_of_a_folder_join_and_replace() {
    let folder = std::env::temp_dir().join(format!("modelward-rules-{}", std::process::id()));
    let category = folder.join("code-execution");
    std::fs::create_dir_all(&category).unwrap();
    let builtin = Catalogue::builtin();
    let page = builtin.page("process-spawn").unwrap().to_owned();
    std::fs::write(category.join("process-spawn.md"), page.replace("severity = \"critical\"", "severity = \"low\""))
        .unwrap();
    std::fs::write(category.join("my-own.md"), page.replace("\"process-spawn\"", "\"my-own\"")).unwrap();
    let count = builtin.rules().len();
    let id = builtin.id();
    let mine = builtin.with_rules_from(&folder).unwrap();
    std::fs::write(category.join("my-own.md"), &page).unwrap();
    let refused = Catalogue::builtin().with_rules_from(&folder).unwrap_err();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(mine.rules().len(), count + 1);
    assert_ne!(mine.id(), id);
    let found = judge(&mine, &[system("id", 0)]).findings;
    assert_eq!(brief(&found), [("my-own", Severity::Critical), ("process-spawn", Severity::Low)]);
    assert_eq!((refused.file.as_str(), refused.line), ("code-execution/my-own.md", 2));
}

#[test]
fn no_call_of_a_dangerous_callable_falls_between_the_rules() {
    let text = |text: &str| Expr::Str(text.into());
    let shapes = [vec![], vec![text("x")], vec![text("/tmp/x"), text("w")], vec![text("x"), Expr::Int(0)]];
    let hows = ["obj", "reduce", "inst", "apply"];
    let python = |module: &str| !module.contains(':') && module != "native";
    let catalogue = Catalogue::builtin();
    let mut missed = Vec::new();
    for callable in knowledge::callables().filter(|row| python(row.module) && !row.name.is_empty()) {
        if !matches!(callable.standing, Standing::Dangerous(_)) {
            continue;
        }
        let low = shapes.iter().zip(hows).any(|(args, how)| {
            let call = Call {
                module: callable.module.into(),
                name: callable.name.into(),
                how: how.into(),
                when: "load".into(),
                args: args.clone(),
                repeats: 1,
                ..Call::default()
            };
            let found = judge(&catalogue, &[Fact::new(Place::bytes(0, 1), call)]).findings;
            found.iter().map(|finding| finding.severity).max() < Some(Severity::High)
        });
        if low {
            missed.push(format!("{}.{}", callable.module, callable.name));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
