//! Invented transcripts of any size in a realistic shape, the same on every run: words of a made-up
//! language, as frequent as words are, besides function words, identifiers, numbers and hashes. It must
//! never hold a word of a real transcript.

use camille_testkit::session::Session;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashSet;
use xtask::eval::random::Random;

/// Documents of one session.
pub(super) const DOCUMENTS: usize = 100;
/// The share of tool calls.
const TOOL_SHARE: f64 = 0.6;
/// Mean lengths, in characters; a text has from a quarter to seven quarters of it.
const INPUT_CHARS: usize = 200;
const OUTPUT_CHARS: usize = 600;
const MESSAGE_CHARS: usize = 300;
/// Sessions are dealt out to so many projects.
const PROJECTS: usize = 40;

const WORDS: usize = 60_000;
/// Zipf's law with Mandelbrot's shift: the word of rank r is as frequent as 1 / (r + SHIFT). Without it
/// the first word would be 9 % of all, as only function words are, and those come on top.
const SHIFT: f64 = 10.0;
/// Sessions are about something: so large a share of their words comes from so few, and of their
/// identifiers from fewer.
const TOPIC_SHARE: f64 = 0.6;
const TOPIC_WORDS: usize = 150;
const TOPIC_IDENTIFIERS: usize = 40;

const SEED: u64 = 0x00ca_3111_e0be_4c41;

const FUNCTION_WORDS: &[&str] = &[
    "the", "a", "to", "of", "and", "is", "in", "it", "that", "for", "on", "with", "not", "be",
    "this", "we", "as", "are", "by", "if",
];
const ONSETS: &[&str] = &[
    "b", "br", "d", "f", "g", "k", "kr", "l", "m", "n", "p", "pl", "r", "s", "st", "t", "tr", "v",
    "w", "z",
];
const VOWELS: &[&str] = &["a", "e", "i", "o", "u"];
const CODAS: &[&str] = &["", "", "", "", "", "k", "l", "m", "n", "r", "t"];

/// The words of the language, the most frequent first.
pub(super) struct Vocabulary {
    words: Vec<String>,
    /// For each word how frequent it and those before it are together.
    cumulative: Vec<f64>,
}

/// A session, and its documents' texts in order.
pub(super) struct Invented {
    pub(super) session: Session,
    pub(super) texts: Vec<String>,
}

/// What a session is about.
struct Topic<'a> {
    words: Vec<&'a str>,
    identifiers: Vec<String>,
}

/// What a text is like.
#[derive(Debug, Clone, Copy)]
struct Style {
    function_words: f64,
    identifiers: f64,
    numbers: f64,
}

const PROSE: Style = Style { function_words: 0.3, identifiers: 0.06, numbers: 0.01 };
const COMMAND: Style = Style { function_words: 0.0, identifiers: 0.4, numbers: 0.03 };
const OUTPUT: Style = Style { function_words: 0.1, identifiers: 0.25, numbers: 0.1 };

impl Vocabulary {
    pub(super) fn new() -> Self {
        let mut random = Random::named(SEED, "vocabulary");
        let (mut words, mut known) = (Vec::with_capacity(WORDS), HashSet::new());
        while words.len() < WORDS {
            // Frequent words are short.
            let least = if words.len() < 1_000 { 1 } else { 2 };
            let syllables = least + random.below(3);
            let word: String = (0..syllables).map(|_| syllable(&mut random)).collect();
            if known.insert(word.clone()) {
                words.push(word);
            }
        }
        let mut sum = 0.0;
        let cumulative = (0..WORDS)
            .map(|rank| {
                sum += 1.0 / (rank as f64 + 1.0 + SHIFT);
                sum
            })
            .collect();
        Self { words, cumulative }
    }

    /// The session of this number.
    pub(super) fn session(&self, number: usize) -> Invented {
        let mut random = Random::named(SEED, &format!("session {number}"));
        let minutes = i64::try_from(number).unwrap_or(0) * 37;
        let start = SignedDuration::from_secs(1_709_280_000) + SignedDuration::from_mins(minutes);
        let mut session = Session::new(format!("invented {number}"))
            .cwd(format!("/home/ana/acme/project{:02}", number % PROJECTS))
            .start(Timestamp::UNIX_EPOCH + start);
        let topic = self.topic(&mut random);
        let mut texts = Vec::with_capacity(DOCUMENTS);
        let mut is_person = true;
        for _ in 0..DOCUMENTS {
            if random.fraction() < TOOL_SHARE {
                let command = topic.text(self, &mut random, COMMAND, INPUT_CHARS);
                let output = topic.text(self, &mut random, OUTPUT, OUTPUT_CHARS);
                session = session.tool(&command, &output);
                texts.push(format!("{command}\n\n{output}"));
            } else {
                let text = topic.text(self, &mut random, PROSE, MESSAGE_CHARS);
                session = if is_person { session.person(&text) } else { session.agent(&text) };
                texts.push(text);
                is_person = !is_person;
            }
        }
        Invented { session, texts }
    }

    /// Questions of two to six words, as frequent in them as in texts.
    pub(super) fn questions(&self, count: usize) -> Vec<String> {
        let mut random = Random::named(SEED, "questions");
        (0..count)
            .map(|_| {
                let words: Vec<&str> =
                    (0..2 + random.below(5)).map(|_| self.word(&mut random)).collect();
                words.join(" ")
            })
            .collect()
    }

    /// Prose of about so many characters, about one thing.
    pub(super) fn prose(&self, name: &str, chars: usize) -> String {
        let mut random = Random::named(SEED, name);
        let topic = self.topic(&mut random);
        let mut text = String::with_capacity(chars + 64);
        while text.len() < chars {
            topic.push_word(self, &mut random, PROSE, &mut text);
        }
        text
    }

    /// All words, the most frequent first.
    pub(super) fn words(&self) -> &[String] {
        &self.words
    }

    fn topic(&self, random: &mut Random) -> Topic<'_> {
        Topic {
            words: (0..TOPIC_WORDS).map(|_| self.word(random)).collect(),
            identifiers: (0..TOPIC_IDENTIFIERS).map(|_| self.identifier(random)).collect(),
        }
    }

    fn identifier(&self, random: &mut Random) -> String {
        let (a, b) = (self.word(random), self.word(random));
        match random.below(4) {
            0 => format!("{a}_{b}"),
            1 => format!("{a}{}{}", b[..1].to_uppercase(), &b[1..]),
            2 => format!("src/{a}/{b}.rs"),
            _ => format!("--{a}-{b}"),
        }
    }

    fn word(&self, random: &mut Random) -> &str {
        let all = self.cumulative.last().copied().unwrap_or(0.0);
        let draw = random.fraction() * all;
        let rank = self.cumulative.partition_point(|sum| *sum <= draw);
        &self.words[rank.min(WORDS - 1)]
    }
}

impl Topic<'_> {
    fn text(
        &self,
        vocabulary: &Vocabulary,
        random: &mut Random,
        style: Style,
        mean_chars: usize,
    ) -> String {
        let chars = mean_chars / 4 + random.below(mean_chars * 3 / 2);
        let mut text = String::with_capacity(chars + 64);
        while text.len() < chars {
            self.push_word(vocabulary, random, style, &mut text);
        }
        text
    }

    fn push_word(
        &self,
        vocabulary: &Vocabulary,
        random: &mut Random,
        style: Style,
        text: &mut String,
    ) {
        if !text.is_empty() {
            text.push(if random.below(12) == 0 { '\n' } else { ' ' });
        }
        let draw = random.fraction();
        let on_topic = random.fraction() < TOPIC_SHARE;
        if draw < style.function_words {
            text.push_str(FUNCTION_WORDS[random.below(FUNCTION_WORDS.len())]);
        } else if draw < style.function_words + style.identifiers {
            if on_topic {
                text.push_str(&self.identifiers[random.below(TOPIC_IDENTIFIERS)]);
            } else {
                text.push_str(&vocabulary.identifier(random));
            }
        } else if draw < style.function_words + style.identifiers + style.numbers {
            match random.below(3) {
                0 => text.push_str(&format!("{:08x}", random.draw() >> 32)),
                _ => text.push_str(&random.below(10_000).to_string()),
            }
        } else if on_topic {
            text.push_str(self.words[random.below(TOPIC_WORDS)]);
        } else {
            text.push_str(vocabulary.word(random));
        }
    }
}

fn syllable(random: &mut Random) -> String {
    let mut pick = |from: &[&'static str]| from[random.below(from.len())];
    [pick(ONSETS), pick(VOWELS), pick(CODAS)].concat()
}
