//! Stories of two real nodes, random from a seed, against a simple reference. A story that fails is cut down and
//! saved as lines: `CAMILLE_STORY=<file> cargo test -p camille-node --test story` plays it again, and lines can be
//! taken out of it by hand. `CAMILLE_STORIES=100` plays more of them.

#[cfg(test)]
mod plan;
#[cfg(test)]
mod world;

#[cfg(test)]
mod tests {
    use crate::plan::{self, Step};
    use crate::world::World;
    use proptest::test_runner::{
        Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner,
    };
    use std::path::Path;

    const STEPS: usize = 80;
    /// Each try plays a whole story.
    const TRIES: u32 = 60;

    fn play(story: &[Step]) -> Result<(), String> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let mut world = World::new().await;
            for step in story {
                world.play(*step).await?;
            }
            world.ask_everything().await
        })
    }

    #[expect(clippy::disallowed_methods, reason = "who plays a story says which")]
    #[test]
    fn stories_end_as_their_reference_says() {
        if let Ok(file) = std::env::var("CAMILLE_STORY") {
            let lines = std::fs::read_to_string(file).expect("the story");
            return play(&plan::told(&lines).expect("a story")).expect("it plays");
        }
        let number = std::env::var("CAMILLE_STORIES").ok().and_then(|number| number.parse().ok());
        let config = Config {
            cases: number.unwrap_or(6),
            max_shrink_iters: TRIES,
            failure_persistence: None,
            ..Config::default()
        };
        // The same stories each time, but for those who ask for more.
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[19; 32]);
        let outcome = TestRunner::new_with_rng(config, rng)
            .run(&plan::stories(STEPS), |story| play(&story).map_err(TestCaseError::fail));
        if let Err(TestError::Fail(why, story)) = outcome {
            let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("story");
            std::fs::write(&file, plan::lines(&story)).expect("saves the story");
            panic!("{why}\nthe story is in {}:\n{}", file.display(), plan::lines(&story));
        }
    }

    #[test]
    fn a_story_is_read_as_it_is_written() {
        let mut runner = TestRunner::deterministic();
        let read = |story: Vec<Step>| {
            let again = plan::told(&format!("# cut down\n\n{}", plan::lines(&story)));
            (again == Ok(story)).then_some(()).ok_or_else(|| TestCaseError::fail("another story"))
        };
        runner.run(&plan::stories(20), read).expect("the same story");
        assert!(plan::told("ana sings s1").is_err());
    }
}
