//! 500 messages of the owner and their agent about the very things that the peer wrote of, in words of their own.

/// What it is about, with the names that the peer used.
const THINGS: [&str; 20] = [
    "the lapwing gateway",
    "the dunlin request",
    "the whimbrel table",
    "the godwit job",
    "the avocet alarm",
    "the turnstone ledger",
    "the sanderling switch",
    "the Kiebitz-Dienst",
    "the Rotmilan-Abgleich",
    "the Zaunkönig-Schrank",
    "`settle_bittern`",
    "Account::Smew",
    "the garganey sum",
    "gannet.porto.internal",
    "the fulmar five",
    "guillemot rent",
    "the razorbill lease",
    "the skua drawer",
    "the petrel ring",
    "SettleError::Ledger",
];

/// What is said of it.
const SAYINGS: [&str; 25] = [
    "What is {t}? I have not heard of it.",
    "Is {t} ours, or does it belong to the Lisbon office?",
    "Look whether {t} is still used anywhere, and tell me where.",
    "I asked Teresa about {t} yesterday; she will come back to me on Friday.",
    "No. Leave {t} alone, and write a test first.",
    "{t} again! That is the third time this week that it wakes me.",
    "I found {t} in two places. Both are dead code as far as I can tell.",
    "Fixed, but I am not sure that {t} had anything to do with it.",
    "Let us call it something else than {t}, nobody will know what that means.",
    "The charge was written twice after all, and {t} is why, says Rui.",
    "Add {t} to the list of what we look at on call.",
    "- {t}\n- the retry of the checkout\n- invoices that were sent twice",
    "Three tests fail since {t} was changed: two of them wait too long, one compares euros with cents.",
    "Why do we keep {t} for nine days rather than thirty?",
    "Off means off: with {t} nothing should be charged at all.",
    "I would rather drop {t} and let the database decide.",
    "Please rename the column, then run the job by hand and see what becomes of {t}.",
    "Who has the key? Jörg, or is that about {t} only?",
    "```rust\nlet total = ledger.book(account, sum)?; // {t}\n```\nThis does not compile.",
    "Done. 14 files changed; {t} is in the last commit, alone.",
    "The alarm came at four in the morning. It was {t}. I pressed the button.",
    "Can you explain in two sentences what {t} is for and who needs it?",
    "Nach dem Neustart war {t} weg. Ist das gewollt?",
    "> {t}\n\nis all that the page says.",
    "Before we ship: {t}, the migration, and somebody must answer the mail from Porto.",
];

/// The messages, all different.
pub(super) fn messages() -> Vec<String> {
    let all =
        THINGS.iter().flat_map(|thing| SAYINGS.iter().map(|saying| saying.replace("{t}", thing)));
    all.collect()
}
