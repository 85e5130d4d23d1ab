//! Thousands of random networks in virtual time: the decisions that a node takes about questions that travel
//! (`camille_federation`), with delays, losses, partitions, revocations and relays that do not obey.
//! Every run follows from its seed; a failure names it, and `CAMILLE_SIMULATION_SEED` plays it again.

#[cfg(test)]
mod call;
#[cfg(test)]
mod check;
#[cfg(test)]
mod counted;
#[cfg(test)]
mod disobey;
#[cfg(test)]
mod network;
#[cfg(test)]
mod node;
#[cfg(test)]
mod origin;
#[cfg(test)]
mod random;
#[cfg(test)]
mod run;

#[cfg(test)]
mod tests {
    use super::counted::Counted;
    use super::run::run;

    /// Enough for CI; `CAMILLE_SIMULATION_SEEDS` asks for more.
    const SEEDS: u64 = 1_000;

    #[test]
    fn whatever_the_network_nobody_is_asked_twice_and_nothing_leaks() {
        let number = |name: &str| {
            #[expect(clippy::disallowed_methods, reason = "a test reads which seed to play")]
            std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok())
        };
        if let Some(seed) = number("CAMILLE_SIMULATION_SEED") {
            run(seed).unwrap_or_else(|fault| panic!("seed {seed}: {fault}"));
            return;
        }
        let mut all = Counted::default();
        for seed in 0..number("CAMILLE_SIMULATION_SEEDS").unwrap_or(SEEDS) {
            let counted = run(seed).unwrap_or_else(|fault| {
                panic!("seed {seed}: {fault}\nplay it again: CAMILLE_SIMULATION_SEED={seed}")
            });
            all.add(&counted);
        }
        println!("{all:?}");
        // A simulation in which nothing happens would prove nothing.
        assert!(all.relayed_hits > 1_000 && all.timed_out > 100 && all.skipped > 100, "{all:?}");
        assert!(
            all.refused > 100 && all.repeated > 10 && all.duplicates > 10 && all.disobeyed > 100,
            "{all:?}"
        );
    }

    #[test]
    fn a_seed_plays_the_same_again() {
        let of = |seed| format!("{:?}", run(seed).expect("runs"));
        assert_eq!(of(7), of(7));
    }
}
