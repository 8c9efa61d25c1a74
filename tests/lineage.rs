//! What tubes inherits: behaviours of `LINEAGE.md` that no other test looks at, and that page.

use std::io::ErrorKind;
use std::pin::Pin;

use bytes::Bytes;
use support::fake_io::{FakeReader, FakeWriter, Manners};
use support::scan::{Source, sources};
use tubes::testing::{Executor, FakeDrain, FakeFount, Schedule};
use tubes::{Fount, Kind, Reason, bound, drains, founts, io, route, stages};

const PAGE: &str = include_str!("LINEAGE.md");

fn executor() -> Executor<'static> {
    Executor::new(&Schedule::eager())
}

#[test]
fn a_fount_that_leaves_a_paused_chain_is_not_paused() {
    let (valve, source) = (tubes::valve(), FakeFount::new(0..3));
    let (mut source, pause) = (source, valve.pause("a test"));
    let mut executor = executor();
    {
        let mut piped = (&mut source).through(valve.stage());
        let mut next = std::pin::pin!(piped.next_or_reason());
        assert!(
            executor
                .run_until_stalled(next.as_mut())
                .is_pending()
        );
    }
    assert!(matches!(executor.run(source.next_or_reason()), Ok(0)));
    assert!(valve.is_paused());
    drop(pause);
}

#[test]
fn a_source_stopped_between_two_outputs_is_left_alone_and_the_end_is_heard_once() {
    let (source, drain) = (FakeFount::new([3, 3]), FakeDrain::new());
    let (hand, sink) = (source.handle(), drain.handle());
    let flow = source
        .flat_map(|n: u32| 0..n)
        .take(2)
        .flow_to(drain);
    executor().run(flow).unwrap();
    assert_eq!(sink.items(), [0, 1]);
    assert!(matches!(sink.end(), Some(Reason::Enough)));
    assert!(matches!(hand.stops()[..], [Reason::Enough]));
    assert_eq!((hand.pulled(), hand.polls_after_stop()), (1, 0));
}

#[test]
fn a_result_that_is_an_error_stays_an_item_of_then() {
    let flow = founts::iter([1, 2, 3])
        .through(stages::then(
            async |n| if n == 2 { Err("two") } else { Ok(n) },
        ))
        .flow_to(drains::collect(9));
    let all = executor().run(flow).unwrap();
    assert_eq!(all, [Ok(1), Err("two"), Ok(3)]);
}

#[test]
fn an_iterator_that_is_stopped_ends_at_once_and_one_that_has_ended_says_nothing_more() {
    for (pulls, expected) in [(0, "enough"), (2, "enough"), (4, "finished")] {
        let mut fount = founts::iter(0..3);
        for _ in 0..pulls {
            drop(executor().run(fount.next()));
        }
        Pin::new(&mut fount).stop(&Reason::Enough);
        for _ in 0..2 {
            let end = executor()
                .run(fount.next_or_reason())
                .unwrap_err();
            assert_eq!(support::speaker::name(&end), expected);
        }
    }
}

#[test]
fn a_route_is_shown_with_its_address() {
    let (_router, routes) = route::router(bound(2), |mail: &(char, u32)| mail.0);
    let open = routes.open('a', bound(2)).unwrap();
    assert_eq!(format!("{open:?}"), "route 'a'(0 of 2)");
}

#[test]
fn a_closed_valve_keeps_a_reader_from_being_read_and_an_open_one_does_not() {
    let valve = tubes::valve();
    let (reader, life) = FakeReader::new(b"bytes", Manners::BEST);
    let mut piped = Box::pin(io::read(reader).through(valve.stage()));
    let pause = valve.pause("a test");
    let mut executor = executor();
    for _ in 0..3 {
        let next = std::pin::pin!(piped.next_or_reason());
        assert!(
            executor
                .run_until_stalled(next)
                .is_pending()
        );
        assert_eq!(life.so_far().calls, 0);
    }
    drop(pause);
    assert_eq!(executor.run(piped.next()).unwrap(), Some("bytes".into()));
}

#[test]
fn a_writer_that_takes_no_more_stops_the_fount_and_leaves_the_reader() {
    let fails = Some((0, ErrorKind::BrokenPipe));
    let (writer, _) = FakeWriter::new(Manners {
        fails,
        ..Manners::BEST
    });
    let (reader, read) = FakeReader::new(b"bytes", Manners::BEST);
    let source = FakeFount::new([Bytes::from_static(b"lost")]).open();
    let hand = source.handle();
    let error = executor()
        .run(source.flow_to(io::write(writer)))
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Io(ErrorKind::BrokenPipe));
    assert!(matches!(hand.stops()[..], [Reason::Failed(_)]));
    assert!(!read.so_far().dropped);
    let heard = executor()
        .run(io::read(reader).flow_to(drains::collect(9)))
        .unwrap();
    assert_eq!(heard, ["bytes"]);
}

/// The texts between backticks that name a test.
fn named(page: &str) -> impl Iterator<Item = &str> {
    page.split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| name.contains("::"))
}

/// Whether `module::test` stands in these sources, as a function of that file.
fn stands(sources: &[Source], name: &str) -> bool {
    let Some((module, test)) = name.rsplit_once("::") else {
        return false;
    };
    let path = module.replace("::", "/");
    let path = match path.strip_prefix("tubes/") {
        Some(path) => format!("tubes/src/{path}"),
        None => format!("tests/{path}"),
    };
    sources.iter().any(|source| {
        let is_file = source
            .name
            .strip_prefix(path.as_str())
            .is_some_and(|rest| rest == ".rs" || rest == "/mod.rs");
        let declared = format!("fn {test}(");
        is_file && source.raw.contains(&declared)
    })
}

#[test]
fn each_test_that_the_page_names_exists() {
    let mut all = sources("tests");
    all.extend(sources("tubes/src"));
    let missing: Vec<&str> = named(PAGE)
        .filter(|name| !stands(&all, name))
        .collect();
    assert!(named(PAGE).count() > 100, "is the page read?");
    assert!(missing.is_empty(), "no such tests: {missing:#?}");
    for (name, expected) in [
        ("lineage::each_test_that_the_page_names_exists", true),
        ("lineage::each_test", false),
        ("pipes::each_test_that_the_page_names_exists", false),
        (
            "tubes::siphon::state::every_pair_of_state_and_step_is_as_drawn",
            true,
        ),
        ("laws::no_such_test", false),
    ] {
        assert_eq!(stands(&all, name), expected, "{name}");
    }
}

#[test]
fn the_page_has_every_number_once_with_a_test_or_a_word_why_not() {
    const WORDS: [&str; 3] = ["cannot happen: ", "differs: ", "later: "];
    let (mut numbers, mut counts) = (Vec::new(), [0; 4]);
    for row in PAGE.lines() {
        let row = row.trim_matches(['|', ' ']);
        let mut cells = row.split(" | ");
        let first = cells.next().unwrap_or_default();
        let (from, to) = first
            .split_once('-')
            .unwrap_or((first, first));
        let (Ok(from), Ok(to)) = (from.parse::<u32>(), to.parse::<u32>()) else {
            continue;
        };
        numbers.extend(from..=to);
        let guard = cells.last().unwrap_or_default();
        let word = WORDS
            .iter()
            .position(|word| guard.starts_with(word));
        counts[word.map_or(0, |at| at + 1)] += to + 1 - from;
        let needs_a_test = matches!(word, None | Some(1));
        assert!(
            !needs_a_test || named(row).next().is_some(),
            "without a test: {row}"
        );
    }
    numbers.sort_unstable();
    assert!(
        numbers.iter().copied().eq(1..=137),
        "each once: {numbers:?}"
    );
    let [tests, cannot, differs, later] = counts;
    let sum = format!(
        "{tests} are guarded by a test, {cannot} cannot happen, {differs} differ, and {later} come"
    );
    assert!(PAGE.contains(&sum), "{sum}");
}
