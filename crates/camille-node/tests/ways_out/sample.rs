//! Which combinations are tried. All of them are 8 orders × 10 ends × 1,122 ways of touching a place.

use crate::model::{AFTERS, After, ORDERS, Order, PLACES, Place};
use crate::shape::{SHAPES, Shape};
use crate::touch::{TOUCHES, Touch};

/// What one session did, and how it is told.
pub(crate) type Way = (Touch, Shape, Place);

/// What happens to one bank.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub(crate) order: Order,
    pub(crate) after: After,
    /// Whether the person's home is a repository.
    pub(crate) is_home_repository: bool,
    pub(crate) ways: Vec<Way>,
}

/// Ways of one bank, besides those to a place below a home that is a repository.
const WAYS: usize = 13;
/// Those.
const HOME_WAYS: usize = 5;

/// A sample: every way of touching by every shape in every place is there, every place with every order and end,
/// and each two of all five go together at least once. The same on every run.
pub(crate) fn sample() -> Vec<Cell> {
    let ways = interleaved();
    let (at_home, elsewhere): (Vec<Way>, Vec<Way>) =
        ways.into_iter().partition(|way| way.2 == Place::HomeRepository);
    let (mut at_home, mut elsewhere) = (at_home.iter().cycle(), elsewhere.iter().cycle());
    let mut cells = Vec::new();
    for (number, order) in ORDERS.into_iter().enumerate() {
        for (turn, after) in AFTERS.into_iter().enumerate() {
            let is_home_repository = (number + turn) % 2 == 1;
            let mut ways: Vec<Way> = elsewhere.by_ref().take(WAYS).copied().collect();
            if is_home_repository {
                ways.extend(at_home.by_ref().take(HOME_WAYS));
            }
            cells.push(Cell { order, after, is_home_repository, ways });
        }
    }
    cells
}

/// Everything.
pub(crate) fn all() -> Vec<Cell> {
    let mut cells = Vec::new();
    for order in ORDERS {
        for after in AFTERS {
            for is_home_repository in [false, true] {
                let ways: Vec<Way> = interleaved()
                    .into_iter()
                    .filter(|way| (way.2 == Place::HomeRepository) == is_home_repository)
                    .collect();
                cells.extend(ways.chunks(40).map(|ways| {
                    let ways = ways.to_vec();
                    Cell { order, after, is_home_repository, ways }
                }));
            }
        }
    }
    cells
}

/// All ways in an order that no rule follows, but that places go round.
fn interleaved() -> Vec<Way> {
    let mut seed: u64 = 14;
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).expect("small") % below
    };
    let mut by_place = Vec::new();
    for place in PLACES {
        let mut ways: Vec<Way> = TOUCHES
            .into_iter()
            .flat_map(|touch| SHAPES.into_iter().map(move |shape| (touch, shape, place)))
            .collect();
        for at in (1..ways.len()).rev() {
            ways.swap(at, next(at + 1));
        }
        by_place.push(ways);
    }
    let count = by_place[0].len();
    (0..count)
        .flat_map(|at| by_place.iter().map(move |ways| ways[at]).collect::<Vec<_>>())
        .collect()
}

/// How many pairs of values of two of the five there are that no cell has.
pub(crate) fn missing(cells: &[Cell]) -> Vec<String> {
    let told = |cell: &Cell, way: &Way| {
        [
            format!("{:?}", cell.order),
            format!("{:?}", cell.after),
            format!("{:?}", way.0),
            format!("{:?}", way.1),
            format!("{:?}", way.2),
        ]
    };
    let mut there = std::collections::BTreeSet::new();
    for cell in cells {
        for way in &cell.ways {
            let told = told(cell, way);
            for one in 0..told.len() {
                for two in 0..one {
                    there.insert((told[two].clone(), told[one].clone()));
                }
            }
        }
    }
    let names: [Vec<String>; 5] = [
        ORDERS.iter().map(|x| format!("{x:?}")).collect(),
        AFTERS.iter().map(|x| format!("{x:?}")).collect(),
        TOUCHES.iter().map(|x| format!("{x:?}")).collect(),
        SHAPES.iter().map(|x| format!("{x:?}")).collect(),
        PLACES.iter().map(|x| format!("{x:?}")).collect(),
    ];
    let mut missing = Vec::new();
    for one in 0..names.len() {
        for two in 0..one {
            for a in &names[two] {
                for b in &names[one] {
                    if !there.contains(&(a.clone(), b.clone())) {
                        missing.push(format!("{a} with {b}"));
                    }
                }
            }
        }
    }
    missing
}
