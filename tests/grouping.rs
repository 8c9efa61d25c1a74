//! Groups by key: who drives them, what waits, who is evicted, and who hears the end.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use support::chance::Chance;
use support::tasks::Tasks;
use tubes::stages::{self, Group, Members};
use tubes::testing::{Executor, FakeDrain, FakeFount, Schedule};
use tubes::{Drain, Error, Fount, Kind, Reason, Run, drains, founts};

type Keyed = (char, u32);
type Read = (Vec<u32>, String);

fn size(n: usize) -> NonZeroUsize {
    NonZeroUsize::new(n).unwrap()
}

fn key(item: &Keyed) -> char {
    item.0
}

fn told(reason: &Reason) -> String {
    match reason {
        Reason::Finished => "finished".into(),
        Reason::Enough => "enough".into(),
        Reason::Failed(error) => error.to_string(),
    }
}

fn pull(members: &mut Members<char, Keyed>) -> Read {
    let mut items = Vec::new();
    loop {
        let mut cx = Context::from_waker(Waker::noop());
        match Pin::new(&mut *members).poll_next(&mut cx) {
            Poll::Ready(Ok(item)) => items.push(item.1),
            Poll::Ready(Err(reason)) => return (items, told(&reason)),
            Poll::Pending => return (items, String::new()),
        }
    }
}

/// The groups that have come, kept and not read.
#[derive(Clone, Default)]
struct Kept(Rc<RefCell<Vec<Group<char, Keyed>>>>);

impl Kept {
    fn keep(&self) -> impl FnMut(Group<char, Keyed>) + 'static {
        let kept = Rc::clone(&self.0);
        move |group| kept.borrow_mut().push(group)
    }

    fn keys(&self) -> String {
        self.0
            .borrow()
            .iter()
            .map(|group| group.key)
            .collect()
    }

    fn read(&self, number: usize) -> Read {
        pull(&mut self.0.borrow_mut()[number].fount)
    }
}

#[test]
fn items_come_in_the_group_of_their_key_and_the_end_behind_them() {
    for end in [
        Reason::Finished,
        Reason::Enough,
        Error::new(Kind::Timeout).into(),
    ] {
        let (tasks, kept) = (Tasks::new(), Kept::default());
        let items = [('a', 1), ('b', 2), ('a', 3)];
        let fount = FakeFount::new(items).ending(end.clone());
        let groups = fount.through(stages::group_by(size(9), size(9), key));
        let flow = tasks.spawn(groups.flow_to(drains::for_each(kept.keep())));
        tasks.run();
        assert!(flow.peek().is_some());
        assert_eq!(kept.keys(), "ab");
        assert_eq!(kept.read(0), (vec![1, 3], told(&end)));
        assert_eq!(kept.read(1), (vec![2], told(&end)));
    }
}

#[test]
fn a_full_group_holds_up_all_until_its_reader_makes_room() {
    let (tasks, kept) = (Tasks::new(), Kept::default());
    let fount = FakeFount::new([('a', 1), ('a', 2), ('a', 3), ('b', 4)]).open();
    let source = fount.handle();
    let groups = fount.through(stages::group_by(size(9), size(2), key));
    assert_eq!(
        format!("{groups:?}"),
        "fake_fount(0 pulled) -> group_by(0 of 9)"
    );
    let _flow = tasks.spawn(groups.flow_to(drains::for_each(kept.keep())));
    tasks.run();
    assert_eq!((kept.keys().as_str(), source.pulled()), ("a", 3));
    let held = format!("{:?}", kept.0.borrow()[0].fount);
    assert_eq!(held, "group 'a'(3 of 2)");
    let polls = tasks.polls();
    tasks.run();
    assert_eq!(tasks.polls(), polls, "nothing happens while it waits");
    assert_eq!(kept.read(0).0, [1, 2, 3]);
    tasks.run();
    assert_eq!((kept.keys().as_str(), source.pulled()), ("ab", 4));
    kept.0.borrow_mut().remove(0);
    source.push(('a', 5));
    tasks.run();
    assert_eq!(kept.keys(), "ba", "the key comes again");
    assert_eq!(kept.read(1).0, [5]);
}

#[test]
fn groups_are_fed_while_nobody_takes_another_one() {
    let tasks = Tasks::new();
    let items = [('a', 1), ('b', 2), ('c', 3), ('a', 4), ('c', 5), ('a', 6)];
    let fount = FakeFount::new(items);
    let groups = fount.through(stages::group_by(size(9), size(2), key));
    let drain = FakeDrain::new().by_hand();
    let sink = drain.handle();
    let seen = Rc::new(RefCell::new(Vec::new()));
    let out = Rc::clone(&seen);
    let flow = tasks.spawn(
        groups
            .map(move |group| out.borrow_mut().push(group))
            .flow_to(drain),
    );
    sink.allow(1);
    tasks.run();
    let mut a = seen.borrow_mut().remove(0).fount;
    assert_eq!(pull(&mut a), (vec![1, 4, 6], String::new()));
    tasks.run();
    assert_eq!(pull(&mut a), (vec![], "finished".into()));
    assert!(flow.peek().is_none());
    sink.allow(9);
    tasks.run();
    assert!(flow.peek().is_some());
    let keys: String = seen
        .borrow()
        .iter()
        .map(|group| group.key)
        .collect();
    assert_eq!(keys, "bc");
}

#[test]
fn when_the_table_is_full_a_new_key_waits_evicts_or_overflows() {
    let items = [
        ('a', 1),
        ('b', 2),
        ('a', 3),
        ('c', 4),
        ('d', 5),
        ('b', 6),
        ('?', 7),
    ];
    let stage = || stages::group_by(size(2), size(9), key);

    let (tasks, kept) = (Tasks::new(), Kept::default());
    let fount = FakeFount::new(items);
    let source = fount.handle();
    let flow = tasks.spawn(
        fount
            .through(stage())
            .flow_to(drains::for_each(kept.keep())),
    );
    tasks.run();
    assert_eq!((kept.keys().as_str(), source.pulled()), ("ab", 4), "waits");
    kept.0.borrow_mut().remove(0);
    tasks.run();
    assert_eq!((kept.keys().as_str(), source.pulled()), ("bc", 5), "waits");
    kept.0.borrow_mut().clear();
    tasks.run();
    assert_eq!(kept.keys(), "db");
    kept.0.borrow_mut().clear();
    tasks.run();
    assert!(flow.take().unwrap().is_ok());

    let (tasks, kept) = (Tasks::new(), Kept::default());
    let groups = FakeFount::new(items).through(stage().evicting());
    let _flow = tasks.spawn(groups.flow_to(drains::for_each(kept.keep())));
    tasks.run();
    assert_eq!(kept.keys(), "ab", "nobody is idle: it waits");
    assert_eq!(kept.read(0).0, [1, 3]);
    tasks.run();
    assert_eq!(kept.keys(), "abc", "a is idle, and ends");
    assert_eq!(kept.read(0), (vec![], "finished".into()));
    assert_eq!(kept.read(1).0, [2]);
    tasks.run();
    assert_eq!(
        kept.keys(),
        "abcd",
        "b was not used for longest, and is idle"
    );
    assert_eq!(kept.read(1).1, "finished");
    assert_eq!(kept.read(2).0, [4]);
    tasks.run();
    assert_eq!(kept.keys(), "abcdb", "b comes again");

    let (tasks, kept) = (Tasks::new(), Kept::default());
    let groups = FakeFount::new(items).through(stage().overflowing_to('?'));
    let flow = tasks.spawn(groups.flow_to(drains::for_each(kept.keep())));
    tasks.run();
    assert_eq!(kept.keys(), "ab?");
    let all = [0, 1, 2].map(|number| kept.read(number).0);
    assert_eq!(all, [vec![1, 3], vec![2, 6], vec![4, 5, 7]]);
    assert!(flow.take().unwrap().is_ok());
}

/// Gives all that it has while there is room, and its end in the same breath.
struct AtOnce {
    items: VecDeque<Keyed>,
    end: Reason,
}

impl Fount for AtOnce {
    type Item = Keyed;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<Keyed, Reason>> {
        let next = self.items.pop_front();
        Poll::Ready(next.ok_or_else(|| self.end.clone()))
    }

    fn poll_flow<D>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut drain: Pin<&mut D>) -> Run
    where
        D: Drain<Keyed>,
    {
        while !self.items.is_empty() {
            match drain.as_mut().poll_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(reason)) => return Run::Refused(reason),
                Poll::Pending => return Run::Blocked,
            }
            if let Some(item) = self.items.pop_front()
                && let Err(reason) = drain.as_mut().receive(item)
            {
                return Run::Refused(reason);
            }
        }
        Run::Ended(self.end.clone())
    }
}

#[test]
fn an_item_that_waits_for_a_place_comes_in_a_last_group_before_the_end() {
    let failure = Error::new(Kind::Timeout);
    for end in [Reason::Finished, Reason::Enough, failure.into()] {
        for (evicts, is_late) in [(false, false), (false, true), (true, false), (true, true)] {
            let (tasks, kept) = (Tasks::new(), Kept::default());
            let stage = stages::group_by(size(1), size(1), key);
            let stage = if evicts { stage.evicting() } else { stage };
            let source = AtOnce {
                items: [('a', 1), ('b', 2)].into(),
                end: end.clone(),
            };
            let drain = FakeDrain::new().by_hand();
            let sink = drain.handle();
            let flow = source
                .through(stage)
                .map(kept.keep())
                .flow_to(drain);
            let flow = tasks.spawn(flow);
            if is_late {
                tasks.run();
            }
            sink.allow(9);
            tasks.run();
            assert_eq!(kept.keys(), "a");
            let mut cx = Context::from_waker(Waker::noop());
            let first = Pin::new(&mut kept.0.borrow_mut()[0].fount).poll_next(&mut cx);
            assert!(matches!(first, Poll::Ready(Ok(('a', 1)))));
            tasks.run();
            assert_eq!(kept.keys(), if evicts { "ab" } else { "a" });
            assert_eq!(kept.read(0), (vec![], told(&end)), "and leaves");
            tasks.run();
            assert_eq!(kept.keys(), "ab");
            assert_eq!(kept.read(1), (vec![2], told(&end)));
            assert_eq!(flow.take().map(|made| made.is_ok()), Some(end.is_clean()));
        }
    }
}

#[test]
fn who_stops_or_drops_the_flow_of_groups_ends_them_all() {
    for (polls, due) in [(9, "enough"), (1, "abandoned")] {
        let (tasks, kept) = (Tasks::new(), Kept::default());
        let fount = FakeFount::new([('a', 1), ('a', 2), ('b', 3)]).open();
        let source = fount.handle();
        let groups = fount.through(stages::group_by(size(9), size(9), key));
        let count = if polls == 1 { 9 } else { 2 };
        let _flow = tasks.spawn(
            groups
                .take(count)
                .flow_to(drains::for_each(kept.keep())),
        );
        tasks.run();
        tasks.clear();
        assert_eq!(source.is_abandoned(), polls == 1);
        let (items, end) = kept.read(0);
        assert_eq!(items, [1, 2]);
        assert!(end.starts_with(due), "{end}");
    }
}

type Came = Rc<RefCell<HashMap<char, Vec<u32>>>>;

/// Reads each group in a task of its own, at a pace of its own.
fn reading(
    tasks: &Tasks,
    came: &Came,
    schedule: &Schedule,
) -> impl FnMut(Group<char, Keyed>) + 'static {
    let (tasks, came, schedule) = (tasks.clone(), Rc::clone(came), schedule.clone());
    move |group| {
        let came = Rc::clone(&came);
        let mut pace = FakeFount::new(std::iter::repeat(())).scheduled(&schedule);
        let mut members = group.fount;
        tasks.spawn(async move {
            while let Ok(Some(())) = pace.next().await {
                match members.next_or_reason().await {
                    Ok((key, item)) => came
                        .borrow_mut()
                        .entry(key)
                        .or_default()
                        .push(item),
                    Err(reason) => return assert!(matches!(reason, Reason::Finished)),
                }
            }
        });
    }
}

#[test]
fn under_any_schedule_each_group_gets_what_a_plain_table_says() {
    for seed in 0..300 {
        let mut chance = Chance::new(seed);
        let schedule = Schedule::seeded(seed);
        let names = &['a', 'b', 'c', 'd', 'e', 'f'][..1 + chance.below(6)];
        let items: Vec<Keyed> = (0..60)
            .map(|n| (names[chance.below(names.len())], n))
            .collect();
        let mut due: HashMap<char, Vec<u32>> = HashMap::new();
        for item in &items {
            due.entry(item.0)
                .or_default()
                .push(item.1);
        }
        let bound = size(1 + chance.below(3));
        let evicts = chance.once_in(2);
        let mut stage = stages::group_by(size(names.len()), bound, key);
        if evicts {
            stage = stages::group_by(size(2), bound, key).evicting();
        }
        let (tasks, came) = (Tasks::new(), Came::default());
        let read = reading(&tasks, &came, &schedule);
        let fount = FakeFount::new(items).scheduled(&schedule);
        let flow = tasks.spawn(
            fount
                .through(stage)
                .flow_to(drains::for_each(read)),
        );
        loop {
            tasks.run();
            if !schedule.fire() {
                break;
            }
        }
        assert!(
            flow.take().is_some(),
            "seed {seed}: the stage waits for ever"
        );
        assert_eq!(tasks.running(), 0, "seed {seed}: a reader waits for ever");
        if evicts {
            // Successors of a group may be read beside it: the order is theirs.
            for items in came.borrow_mut().values_mut() {
                items.sort_unstable();
            }
        }
        assert_eq!(*came.borrow(), due, "seed {seed}");
    }
}

#[test]
fn no_more_is_held_than_all_groups_may_and_one() {
    let tasks = Tasks::new();
    let kept = Rc::new(RefCell::new(Vec::new()));
    let out = Rc::clone(&kept);
    let pulled = Rc::new(std::cell::Cell::new(0_usize));
    let count = Rc::clone(&pulled);
    let endless = founts::iter(0_u32..).inspect(move |_| count.set(count.get() + 1));
    let groups = endless.through(stages::group_by(size(3), size(4), |n: &u32| n % 5));
    let _flow = tasks.spawn(
        groups
            .map(move |group| out.borrow_mut().push(group))
            .flow_to(drains::null()),
    );
    tasks.run();
    // 0, 1 and 2 have groups; 3 waits for a place.
    assert_eq!((kept.borrow().len(), pulled.get()), (3, 4));
}

#[test]
fn with_fewer_readers_than_groups_the_first_item_beyond_the_bound_is_the_last_one() {
    for (second, is_over) in [(3, true), (4, false)] {
        let letters = std::iter::repeat_n('a', 9).chain(std::iter::repeat_n('b', second));
        let source = FakeFount::new(letters.chain(['a']));
        let handle = source.handle();
        let groups = source.group_by(size(26), size(3), |letter| *letter);
        let mut flow = Box::pin(groups.flow_to(drains::for_each_async(
            async |group: Group<char, char>| {
                let read = group
                    .fount
                    .flow_to(drains::null())
                    .await;
                read.unwrap();
            },
        )));
        let polled = Executor::new(&Schedule::eager()).run_until_stalled(flow.as_mut());
        assert_eq!(polled.is_ready(), is_over);
        assert_eq!(handle.said().is_some(), is_over);
        assert_eq!(handle.pulled(), 13);
    }
}
