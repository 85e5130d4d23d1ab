//! The sessions whose part in the statistics is told one by one, so that an origin can count once what
//! several banks hold. Only what the grant sees is sampled.

use super::tree::Traits;
use camille_proto::id::SessionKey;
use camille_proto::statistics::{PerField, SAMPLE_MAX, SessionSample, SessionShare};

/// No place in the sample.
const NONE: u32 = u32::MAX;

/// The visible sessions with the smallest keys.
#[derive(Debug, Default)]
pub(crate) struct Sample {
    complete: bool,
    sessions: Vec<Sampled>,
    /// For each session of the bank its place in `sessions`.
    places: Vec<u32>,
}

/// What a sampled session contributes, whatever the question.
#[derive(Debug)]
pub(crate) struct Sampled {
    key: SessionKey,
    pub(crate) documents: u64,
    pub(crate) length: PerField<u64>,
}

impl Sample {
    /// Chooses among the visible sessions. `count`: how many sessions the bank has.
    pub(crate) fn of(
        visible: impl Iterator<Item = usize>,
        traits: &[Traits],
        count: usize,
    ) -> Self {
        let mut chosen: Vec<(SessionKey, usize)> =
            visible.filter_map(|session| Some((traits.get(session)?.key, session))).collect();
        chosen.sort_unstable();
        let complete = chosen.len() <= SAMPLE_MAX;
        chosen.truncate(SAMPLE_MAX);
        let mut places = vec![NONE; count];
        for (place, (_, session)) in (0..).zip(&chosen) {
            places[*session] = place;
        }
        let sampled = |(key, _)| Sampled { key, documents: 0, length: PerField::default() };
        Self { complete, sessions: chosen.into_iter().map(sampled).collect(), places }
    }

    /// The session's entry, if it was chosen.
    pub(crate) fn session_mut(&mut self, session: usize) -> Option<&mut Sampled> {
        let place = *self.places.get(session)?;
        self.sessions.get_mut(place as usize)
    }

    /// Where the session stands in the sample, if it was chosen.
    pub(crate) fn place(&self, session: usize) -> Option<usize> {
        self.places.get(session).filter(|place| **place != NONE).map(|place| *place as usize)
    }

    /// What travels, before any term was counted.
    pub(crate) fn told(&self) -> SessionSample {
        let share = |sampled: &Sampled| SessionShare {
            key: sampled.key,
            documents: sampled.documents,
            length: sampled.length,
            df: PerField::default(),
        };
        SessionSample {
            complete: self.complete,
            sessions: self.sessions.iter().map(share).collect(),
        }
    }
}
