//! A peer's text with something else between any few of its words: a frame around each line, around each word, around
//! each few letters, one's own words in between, a call of its own for each line. Written before the rules.

use super::{known, said};
use camille_ingest::echo::{Sifted, Trail, Voice, follow, named, without};
use std::collections::{BTreeMap, HashSet};

const THEIRS: &str = "After the harvest the walrus register was carried by Ines to the ocelot drawer in the cellar of \
    the Braga branch, where nobody but the tapir council may open it with a numbat ring. The quokka tenant lowered his \
    rent twice in winter, so the pangolin lease runs out in April and the axolotl crew shall not hear of it before the \
    okapi hearing is done. Whoever enquires about the gharial fund gets the caracal reply, which Rita dictated to the \
    dugong examiners in Evora on a lemming sheet. The marmot cupboard holds doubles of the narwhal deeds, and the \
    puffin notaries count them each Tuesday until the serval quarrel is settled.";

const WORDS: [&str; 16] = [
    "walrus", "ocelot", "tapir", "numbat", "quokka", "pangolin", "axolotl", "okapi", "gharial",
    "caracal", "dugong", "lemming", "marmot", "narwhal", "puffin", "serval",
];

/// Lines that are short by themselves.
const RUNBOOK: [&str; 16] = [
    "vault: walrus.braga.internal",
    "quorum of ocelot is 3 of 5",
    "owner: tapir council",
    "numbat ring in the cellar",
    "quokka pays on the 4th",
    "pangolin lease ends in April",
    "axolotl crew is not told",
    "okapi hearing by Rita",
    "gharial fund: 40,000",
    "caracal replies to all",
    "dugong keeps the doubles",
    "lemming sheet is signed",
    "marmot cupboard on floor 3",
    "narwhal deeds are sealed",
    "puffin counts on Tuesday",
    "serval quarrel is open",
];

/// `@` is the line, `#` its number, `~` some letters that differ in each line, `%` own words that differ in each.
const AROUND_LINES: [&str; 46] = [
    "2026-11-30 10:#:01,013 INFO [worker-#] c.a.b.~Service : @\n",
    "level=info ts=2026-11-30T10:#:02Z caller=main.go:# trace=~ msg=\"@\"\n",
    "<134>1 2026-11-30T10:#:00Z braga notes 47# ID~ - @\n",
    "11-30 10:#:00.123  471  488 D NotesManager~: @\n",
    "I1130 10:#:00.1234 4711 server.cc:#] @\n",
    "npm notice @\n",
    "remote: @        \n",
    "::notice file=src/~.rs,line=#::@\n",
    "##[debug]Evaluating ~: '@'\n",
    "ok # - % @ # time=1#.3ms\n",
    "  ✓ % (@) (3 ms)\n",
    "{\"ts\":17000#,\"id\":\"~\",\"level\":\"info\",\"fields\":{\"message\":\"@\",\"target\":\"notes::~\"}}\n",
    "  \"line_~\": { \"text\": \"@\", \"lang\": \"en\", \"score\": 0.# },\n",
    "INSERT INTO notes (id, owner, body) VALUES (#, '~', '@');\n",
    "<string name=\"line_~\">@</string>\n",
    "msgid \"%\"\nmsgstr \"@\"\n\n",
    "- task: %\n  note: @\n",
    "redis-cli SET note:~ \"@\"; ",
    "curl -s -d '{\"text\":\"@\"}' http://localhost:80#/~; ",
    "git commit --allow-empty -m '@' && ",
    "gh issue comment # --body \"@\" --repo acme/~; ",
    "say '@' && sleep #; ",
    "tmux send-keys -t notes '@' Enter; ",
    "sed -i '$a @' notes.txt; ",
    "echo '@' >> notes.txt; ",
    "printf '%s\\n' '@' | tee -a notes.txt; ",
    "assert \"@\" in output  # case #\n",
    "expect(screen.getByText('@')).toBeVisible();\n",
    "document.write(\"@\"); // %\n",
    "    writeln!(out, \"@\")?;\n",
    "On point # I must say: %. @\n\n",
    "Ana, [30.11.26 10:#]\n@\n\n",
    "30/11/26, 10:# - Ana: @\n",
    "anabot  10:# AM\n@\n",
    "anabot — Today at 10:#\n@\n\n",
    "<anabot> @\n",
    "10:# -anabot- @\n",
    "<text x=\"10\" y=\"#\" class=\"~\">@</text>\n",
    "<w:p w14:paraId=\"00A#\"><w:r><w:rPr><w:b/></w:rPr><w:t xml:space=\"preserve\">@</w:t></w:r></w:p>",
    "Dialogue: 0,0:00:#.00,0:00:#.50,Default,,0,0,0,,@\n",
    "#\n00:00:#,000 --> 00:00:#,500\n@\n\n",
    "| # | % | @ | ~ |\n",
    "build (~)\tRun notes\t2026-11-30T10:#:00.1234567Z @\n",
    "[pod/notes-6d4cf56db6-~/app] @\n",
    "[#/96] Compiling ~ v0.#.1 (@)\n",
    "diff --git a/~ b/~\n@@ -#,0 +#,1 @@\n+@\n",
];

/// `@` is the word.
const AROUND_WORDS: [&str; 20] = [
    "<00:00:#.00><c>@</c> ",
    "00:00:#.000 --> 00:00:#.400\n@\n\n",
    "{\"token\": \" @\", \"logprob\": -0.#, \"top\": [{\"token\": \" the\"}, {\"token\": \" an\"}]} ",
    "{\"word\": \"@\", \"start\": #.1, \"end\": #.3, \"probability\": 0.9#}, ",
    "<span class='ocrx_word' id='word_1_#' title='bbox # 10 # 30; x_wconf 96'>@</span> ",
    "5\t1\t1\t#\t20\t96\t@\n",
    "#\t@\t@\tNOUN\tNN\tNumber=Sing\t#\tnsubj\t_\t_\n",
    "@/NN ",
    "@_VBD ",
    "<String ID=\"~\" CONTENT=\"@\" HPOS=\"#\" VPOS=\"20\" WC=\"0.9\"/><SP/>",
    "<w id=\"w#\" pos=\"NN\">@</w>\n",
    "<tspan x=\"#\" dy=\"1.2em\">@</tspan>",
    "[@](#w#) ",
    "@ O\n",
    "utterance # 0.#1 0.#4 @ 0.98\n",
    "w[#] = \"@\";\n",
    "data: {\"id\":\"~\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" @\"}}]}\n\n",
    "<a:r><a:rPr lang=\"en-GB\" dirty=\"0\"/><a:t>@ </a:t></a:r>",
    "\"@\" => #,\n",
    "@ badger ",
];

/// `@` are the letters.
const AROUND_LETTERS: [&str; 6] = [
    "<w:r w:rsidR=\"00A1#\"><w:rPr><w:b/></w:rPr><w:t xml:space=\"preserve\">@</w:t></w:r>",
    "<a:r><a:rPr lang=\"en-GB\" dirty=\"0\"/><a:t>@</a:t></a:r>",
    "data: {\"choices\":[{\"delta\":{\"content\":\"@\"},\"index\":0}]}\n\n",
    "1 0 0 1 72 7# Tm (@) Tj\n",
    "<text:span text:style-name=\"T#\">@</text:span>",
    "<Run Foreground=\"#FF0000\" xml:lang=\"en\">@</Run>",
];

/// A call or a message of its own for each line.
const APART: [(&str, Voice); 12] = [
    ("echo '@' >> notes.txt", Voice::Shown),
    ("{\"subject\":\"@\",\"description\":\"see notes\"}", Voice::Shown),
    ("src/notes.md\n-~\n+@", Voice::Shown),
    ("     #→@", Voice::Shown),
    ("@", Voice::Shown),
    ("git commit -am '@'", Voice::Shown),
    ("*** Begin Patch\n*** Update File: notes.md\n@@\n+@\n*** End Patch", Voice::Shown),
    ("curl -d text='@' localhost:80#", Voice::Shown),
    ("notes.md:#:@", Voice::Shown),
    ("write down: @", Voice::Said),
    ("@", Voice::Said),
    ("Next I add the line: @", Voice::Said),
];

pub(super) const OWN: [&str; 24] = [
    "badger", "hedgehog", "meadow", "lantern", "violet", "cobble", "thimble", "saddle", "velvet",
    "parsley", "gravel", "button", "kettle", "ribbon", "pepper", "window", "candle", "barrel",
    "copper", "turnip", "basket", "feather", "marble", "saffron",
];

fn own(at: usize) -> String {
    let word = |add: usize| OWN[(at * 7 + add * 5) % OWN.len()];
    format!("{} {} {}", word(0), word(1), word(2))
}

fn filled(frame: &str, at: usize, what: &str) -> String {
    let letters: String = (0..6)
        .map(|place| char::from(b'a' + ((at * 31 + place * 17 + at * place) % 26) as u8))
        .collect();
    let frame = frame.replace("@@", "\u{1}").replace('@', "\u{2}").replace('\u{1}', "@@");
    let frame =
        frame.replace('%', &own(at)).replace('~', &letters).replace('#', &(at + 10).to_string());
    frame.replace('\u{2}', what)
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= width => *line = format!("{line} {word}"),
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

const BEFORE: &str =
    "running the checks of the badger crate in all three of its profiles on both machines today";
const AFTER: &str = "done with the badger crate, and nothing has to be repeated before the evening of that long day";

/// Each way: what it is called, and its parts.
fn ways() -> Vec<(String, Vec<(Voice, String)>)> {
    let mut ways = Vec::new();
    let alone = |text: String| vec![(Voice::Shown, format!("{BEFORE}\n{text}\n{AFTER}"))];
    let framed = |frame: &str, pieces: &[String]| -> String {
        pieces.iter().enumerate().map(|(at, piece)| filled(frame, at, piece)).collect()
    };
    let runbook: Vec<String> = RUNBOOK.iter().map(|line| (*line).to_owned()).collect();
    let lines = [
        ("20", wrapped(THEIRS, 20)),
        ("27", wrapped(THEIRS, 27)),
        ("36", wrapped(THEIRS, 36)),
        ("runbook", runbook),
    ];
    for (width, lines) in &lines {
        for frame in AROUND_LINES {
            ways.push((format!("{width} {frame:?}"), alone(framed(frame, lines))));
        }
        for (frame, voice) in APART {
            let parts = lines.iter().enumerate().map(|(at, line)| (voice, filled(frame, at, line)));
            ways.push((format!("{width} apart {frame:?} {voice:?}"), parts.collect()));
            let parts = lines.iter().enumerate().flat_map(|(at, line)| {
                let ok = (Voice::Shown, "ok".to_owned());
                [
                    (voice, filled(frame, at, line)),
                    ok,
                    (Voice::Said, format!("Now the next: {}.", own(at))),
                ]
            });
            ways.push((format!("{width} apart in turn {frame:?} {voice:?}"), parts.collect()));
        }
    }
    let words: Vec<String> = THEIRS.split_whitespace().map(str::to_owned).collect();
    for frame in AROUND_WORDS {
        ways.push((format!("words {frame:?}"), alone(framed(frame, &words))));
    }
    for size in [7, 9, 13] {
        let letters: Vec<char> = THEIRS.chars().collect();
        let pieces: Vec<String> =
            letters.chunks(size).map(|piece| piece.iter().collect()).collect();
        for frame in AROUND_LETTERS {
            ways.push((format!("{size} letters {frame:?}"), alone(framed(frame, &pieces))));
        }
    }
    for count in [3, 4, 5, 6, 8] {
        for frame in ["@ badger ", "@ ~ ", "@ (%) ", "@, says the badger, ", "@ @ "] {
            let pieces: Vec<String> = words.chunks(count).map(|piece| piece.join(" ")).collect();
            let mut own_at = 0;
            let text: String = pieces
                .iter()
                .enumerate()
                .map(|(at, piece)| {
                    own_at += 1;
                    match frame {
                        "@ @ " => format!("{piece} {} ", OWN[at % OWN.len()]),
                        frame => filled(frame, at, piece),
                    }
                })
                .collect();
            ways.push((format!("own after {count} {frame:?}"), alone(text.clone())));
            ways.push((
                format!("own after {count} {frame:?}, said"),
                vec![(Voice::Said, format!("{BEFORE}. {text}. {AFTER}"))],
            ));
        }
    }
    ways
}

/// What is left of the parts of a session, as their reader cuts them.
fn left(parts: &[(Voice, String)], known: &HashSet<u64>) -> Vec<String> {
    let mut trail = Trail::default();
    let mut kept: Vec<String> = Vec::new();
    for (number, (voice, text)) in parts.iter().enumerate() {
        let found = follow(text, *voice, number as u64, &mut trail, |print| {
            known.contains(&print).then_some(0)
        });
        let cut = |text: &str, parts: &[std::ops::Range<usize>]| match without(text, parts) {
            Sifted::Own => text.to_owned(),
            Sifted::Cut(kept) => kept,
            Sifted::Nothing => String::new(),
        };
        let mut earlier: BTreeMap<u64, HashSet<u64>> = BTreeMap::new();
        for word in found.through {
            earlier.entry(word.part.expect("not taken")).or_default().insert(word.print);
        }
        for (part, words) in earlier {
            let part = usize::try_from(part).expect("a number");
            let parts = named(&kept[part], &words, |print| known.contains(&print));
            kept[part] = cut(&kept[part], &parts);
        }
        kept.push(cut(text, &found.parts));
    }
    kept
}

#[test]
fn whatever_stands_between_its_words_nothing_of_it_is_left() {
    let runbook = RUNBOOK.join("\n");
    let known = known(&[THEIRS, &runbook]);
    let ways = ways();
    assert!(ways.len() > 120, "{} ways", ways.len());
    let mut failed: BTreeMap<String, String> = BTreeMap::new();
    for (name, parts) in &ways {
        let kept = left(parts, &known).join("\n");
        let words: Vec<&str> =
            WORDS.into_iter().filter(|word| said(&kept).contains(word)).collect();
        if !words.is_empty() {
            let lines: Vec<&str> = kept
                .lines()
                .filter(|line| words.iter().any(|w| said(line).contains(w)))
                .take(3)
                .collect();
            failed.insert(
                name.clone(),
                format!("{} left: {} in {lines:?}", words.len(), words.join(" ")),
            );
        }
        if parts.len() == 1 {
            // Up to three words beside a quotation may go with it.
            let before = BEFORE.rsplitn(4, ' ').last().expect("words");
            let after = AFTER.splitn(4, ' ').last().expect("words");
            for own in [before, after].into_iter().filter(|own| !kept.contains(own)) {
                failed.insert(format!("{name} OWN"), format!("lost: {own}"));
            }
        }
    }
    let told: Vec<String> = failed.iter().map(|(name, why)| format!("{name}: {why}")).collect();
    assert!(failed.is_empty(), "{} of {} ways:\n{}", failed.len(), ways.len(), told.join("\n"));
}
