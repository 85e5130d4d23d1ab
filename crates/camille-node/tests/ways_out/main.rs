//! Every way by which something private could get out: what touched it, how that is told, what the place is, in
//! which order its owner shared and unshared, what happened afterwards, and through which door it is asked for.
//! What is expected follows from the rules in words ([`model`]), not from the code.
//!
//! A sample is tried ([`sample`]), each of its sessions through all doors. With `CAMILLE_WAYS_OUT=all` everything is:
//! half an hour.

#[cfg(test)]
mod ask;
#[cfg(test)]
mod disk;
#[cfg(test)]
mod model;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod shape;
#[cfg(test)]
mod told;
#[cfg(test)]
mod touch;

#[cfg(test)]
mod tests {
    use crate::ask::Asked;
    use crate::disk::{Disk, SHARED};
    use crate::model::{self, After, Order, Place};
    use crate::sample::{self, Cell};
    use crate::shape::SHAPES;
    use crate::told::Told;
    use crate::touch::Touch;
    use std::collections::{BTreeMap, BTreeSet};
    use std::fmt::Write;

    /// Plays one cell. Returns what is wrong.
    async fn play(number: usize, cell: &Cell) -> Vec<String> {
        let asked = Asked::new().await;
        let disk = Disk::new(&asked.root(), cell.is_home_repository);
        let ways = cell.ways.iter().map(|(touch, shape, place)| (*touch, *shape, Some(*place)));
        let plain = (Touch::Cat, SHAPES[number % SHAPES.len()], None);
        let mut told: Vec<Told> = ways
            .chain([plain])
            .zip(number * 100..)
            .map(|((touch, shape, place), at)| Told::new(&disk, at, (touch, shape), place))
            .collect();
        let family = prepare(&asked, &disk, cell, &mut told).await;

        let words: BTreeMap<String, String> = family
            .iter()
            .map(|(session, number)| (session.clone(), told[*number].word.clone()))
            .collect();
        let mut wrong = Vec::new();
        for narrow in [false, true] {
            let seen = asked.seen(narrow, &words).await;
            for (session, number) in &family {
                let one = &told[*number];
                let expected = model::expected(cell.order, cell.after, one.place, one.touched());
                let (sees, titled) = if narrow {
                    (expected.narrow, expected.narrow_title)
                } else {
                    (expected.words, expected.title)
                };
                let mut wrongly = String::new();
                for (door, found) in seen.of(session) {
                    let expected = if door == "title" { titled } else { sees };
                    if found != expected {
                        let _ = write!(wrongly, " {door} {found}");
                    }
                }
                let elsewhere = if narrow { expected.narrow_elsewhere } else { expected.elsewhere };
                // What a reader keeps nothing of is not there to be seen.
                let is_known = |expected: &bool| !*expected || seen.is_kept(&one.word);
                if let Some(expected) = elsewhere.filter(is_known) {
                    for (door, found) in seen.of_elsewhere(&one.word) {
                        if found != expected {
                            let _ = write!(wrongly, " {door} {found} of what it read elsewhere");
                        }
                    }
                }
                if !sees && seen.says(&one.word) {
                    wrongly.push_str(" its word stands in an answer");
                }
                if !wrongly.is_empty() {
                    wrong.push(format!(
                        "{:?}, {:?}: {:?} by {:?} in {:?} ({}{}):{wrongly}",
                        cell.order,
                        cell.after,
                        one.touch,
                        one.shape,
                        one.place,
                        if narrow { "narrow" } else { "teammate" },
                        if session == one.id() { "" } else { ", the other session" },
                    ));
                }
            }
        }
        wrong
    }

    /// Writes, reads, shares and does what comes afterwards. Returns all sessions, each with its number.
    async fn prepare(
        asked: &Asked,
        disk: &Disk,
        cell: &Cell,
        told: &mut [Told],
    ) -> Vec<(String, usize)> {
        let folders = asked.folders();
        let places = || told.iter().filter_map(|told| told.place);
        let names: BTreeSet<String> = places().map(|place| disk.name(place)).collect();
        if cell.order == Order::UnshareUnknown {
            unshare(asked, &names).await;
        }
        if cell.after == After::Ignore {
            for path in places().map(|place| disk.path(place)).filter(|path| path.is_dir()) {
                std::fs::write(path.join(".camilleignore"), "*\n").expect("writes");
            }
        }
        for one in told.iter() {
            one.write(&folders, disk);
        }
        asked.index().await;
        share(asked, cell.order, &names).await;
        let mut family: Vec<(String, usize)> =
            told.iter().enumerate().map(|(number, one)| (one.id().to_owned(), number)).collect();
        match cell.after {
            After::Nothing | After::Ignore => {}
            After::ForgetDocument => {
                for (id, _) in asked.found("salary").await {
                    asked.forget_document(id).await;
                }
            }
            After::ForgetPlace => {
                let projects = told.iter().filter_map(|told| told.place);
                let projects = projects.filter(|place| *place != Place::Inside);
                let projects: BTreeSet<String> = projects.map(|place| disk.name(place)).collect();
                for name in &projects {
                    asked.forget_project(name).await;
                }
            }
            After::Fork => {
                for (number, one) in told.iter().enumerate() {
                    family.push((one.fork(&folders, disk), number));
                }
            }
            After::Continue => {
                for (number, one) in told.iter_mut().enumerate() {
                    family.push((one.follow(&folders, disk), number));
                }
            }
            After::Compact => told.iter().for_each(|one| one.compact(&folders, disk)),
            After::Release => asked.release_all().await,
            After::ReleaseAndMore => {
                asked.release_all().await;
                told.iter_mut().for_each(|one| one.go_on(&folders, disk));
            }
            After::ReleaseAndUnshare => {
                asked.release_all().await;
                unshare(asked, &names).await;
            }
        }
        asked.index().await;
        family.sort();
        family.dedup();
        family
    }

    async fn share(asked: &Asked, order: Order, names: &BTreeSet<String>) {
        match order {
            Order::ShareOne => asked.share(SHARED).await,
            Order::ShareAll | Order::UnshareUnknown => asked.share("*").await,
            Order::UnshareFirst => {
                unshare(asked, names).await;
                asked.share("*").await;
            }
            Order::UnshareLast | Order::Undone => {
                asked.share("*").await;
                unshare(asked, names).await;
                if order == Order::Undone {
                    for name in names {
                        asked.undo(name).await;
                    }
                }
            }
            Order::UnshareBetween => {
                for name in names {
                    asked.share(name).await;
                }
                unshare(asked, names).await;
                for name in names {
                    // Only undoing takes a deny back.
                    assert!(!asked.may_share(name).await, "{name}");
                }
                asked.share("*").await;
            }
            Order::UnshareAll => {
                asked.unshare("*").await;
                asked.share(SHARED).await;
            }
        }
    }

    async fn unshare(asked: &Asked, names: &BTreeSet<String>) {
        for name in names {
            asked.unshare(name).await;
        }
    }

    async fn all_of(cells: Vec<Cell>) {
        let mut wrong = Vec::new();
        for (number, cell) in cells.iter().enumerate() {
            wrong.extend(play(number, cell).await);
        }
        assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    }

    /// One of four parts of what is to be tried, so that they run beside each other.
    async fn part(number: usize) {
        let is_all = option_env!("CAMILLE_WAYS_OUT") == Some("all");
        let cells = if is_all { sample::all() } else { sample::sample() };
        all_of(cells.into_iter().skip(number).step_by(4).collect()).await;
    }

    #[test]
    fn any_two_values_go_together_in_the_sample() {
        let missing = sample::missing(&sample::sample());
        assert!(missing.is_empty(), "{missing:?}");
        assert_eq!(sample::all().iter().map(|cell| cell.ways.len()).sum::<usize>(), 95_040);
    }

    #[tokio::test]
    async fn nothing_private_gets_out_by_any_way_1() {
        part(0).await;
    }

    #[tokio::test]
    async fn nothing_private_gets_out_by_any_way_2() {
        part(1).await;
    }

    #[tokio::test]
    async fn nothing_private_gets_out_by_any_way_3() {
        part(2).await;
    }

    #[tokio::test]
    async fn nothing_private_gets_out_by_any_way_4() {
        part(3).await;
    }
}
