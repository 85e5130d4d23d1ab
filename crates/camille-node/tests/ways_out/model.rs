//! What the rules say, in words, about a session of a shared repository that did something in another place. It
//! knows nothing of how it is done:
//!
//! - What no rule shares is private. What was unshared is private, whatever was shared before or is shared
//!   afterwards, until that is undone.
//! - A session is seen only if its project is shared and everything that it, or another session of its
//!   conversation, touched is.
//! - Its owner may release it, for what it had touched by then. What is unshared afterwards is private again.
//! - Of a session that was released the talk is seen: no call, no title, nothing of an agent that it began.
//! - Whatever is forgotten, ignored, copied, continued or compacted: no more is seen than before.
//! - A directory of the shared repository is shared with it, unless it is denied by itself.
//! - What an agent keeps of another project's sessions is that project's.
//! - A title is shown to those who may see all places that the conversation was recorded in, for it may tell of
//!   what was said there. Nor is it shown where a prompt is hidden that gives a file of such a place along: it may be
//!   made from that.

/// Where something was done besides the shared repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A repository beside it.
    Repository,
    /// A directory of its person's.
    Directory,
    /// The same, by a link in the shared repository.
    Link,
    /// A directory that is gone.
    Vanished,
    /// A repository in the shared one.
    Nested,
    /// A checkout of another version control in the shared one.
    OtherVcs,
    /// A directory below a home that is a repository, which does not track it.
    HomeRepository,
    /// A directory of the shared repository itself.
    Inside,
    /// A directory of its person's, by a link in a cache of tools.
    CacheLink,
    /// What an agent keeps of the sessions of the repository beside it.
    Agents,
    /// On a disk that is not there any more.
    Unmounted,
}

pub(crate) const PLACES: [Place; 11] = [
    Place::Repository,
    Place::Directory,
    Place::Link,
    Place::Vanished,
    Place::Nested,
    Place::OtherVcs,
    Place::HomeRepository,
    Place::Inside,
    Place::CacheLink,
    Place::Agents,
    Place::Unmounted,
];

/// What the owner said, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// The repository is shared, and nothing else.
    ShareOne,
    /// Everything is.
    ShareAll,
    /// The place is unshared, then everything shared.
    UnshareFirst,
    /// The other way round.
    UnshareLast,
    /// The place is shared, unshared and to be shared again, and then everything is shared.
    UnshareBetween,
    /// Everything is unshared, and then the repository shared.
    UnshareAll,
    /// The place is unshared before anything was ever read, then everything shared.
    UnshareUnknown,
    /// Everything is shared, the place unshared, and that undone.
    Undone,
}

pub(crate) const ORDERS: [Order; 8] = [
    Order::ShareOne,
    Order::ShareAll,
    Order::UnshareFirst,
    Order::UnshareLast,
    Order::UnshareBetween,
    Order::UnshareAll,
    Order::UnshareUnknown,
    Order::Undone,
];

/// What happens then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    Nothing,
    /// What was done in the place is forgotten, document by document.
    ForgetDocument,
    /// The place is forgotten.
    ForgetPlace,
    /// A `.camilleignore` kept the place out from the beginning.
    Ignore,
    /// Another session begins with the same records, or says that it was forked.
    Fork,
    /// Another session goes on from it, or the same one at another time.
    Continue,
    /// The session's file is written anew without what was done in the place.
    Compact,
    /// The owner releases all that is held.
    Release,
    /// And then the session goes to yet another place that is not shared by itself.
    ReleaseAndMore,
    /// And then the place is unshared.
    ReleaseAndUnshare,
}

pub(crate) const AFTERS: [After; 10] = [
    After::Nothing,
    After::ForgetDocument,
    After::ForgetPlace,
    After::Ignore,
    After::Fork,
    After::Continue,
    After::Compact,
    After::Release,
    After::ReleaseAndMore,
    After::ReleaseAndUnshare,
];

/// Whether the rules share a place that they name themselves, and one that only `*` matches.
const fn is_shared(order: Order, named: bool) -> bool {
    match order {
        Order::ShareOne | Order::UnshareAll => false,
        Order::ShareAll | Order::Undone => true,
        Order::UnshareFirst
        | Order::UnshareLast
        | Order::UnshareBetween
        | Order::UnshareUnknown => !named,
    }
}

/// What is seen of a session of the shared repository, and with it of all of its conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expected {
    /// By a teammate.
    pub(crate) words: bool,
    pub(crate) title: bool,
    /// By one who may see the shared repository alone.
    pub(crate) narrow: bool,
    pub(crate) narrow_title: bool,
    /// What was read in the place, by the one and by the other. `None`: it may be forgotten or left out, or not.
    pub(crate) elsewhere: Option<bool>,
    pub(crate) narrow_elsewhere: Option<bool>,
}

/// What a session had to do with the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    /// None.
    Nothing,
    /// It did something there.
    Touched,
    /// A prompt gave something of it along.
    Given,
    /// Some of it was recorded there.
    There,
}

/// What the rules say of one.
pub(crate) fn expected(
    order: Order,
    after: After,
    place: Option<Place>,
    touched: Relation,
) -> Expected {
    let is_inside = place == Some(Place::Inside);
    let is_there = touched == Relation::There;
    let is_given = touched == Relation::Given;
    let touched = touched != Relation::Nothing;
    let is_home_shared = !matches!(order, Order::UnshareAll);
    let is_released =
        matches!(after, After::Release | After::ReleaseAndMore | After::ReleaseAndUnshare);
    let is_place_shared = match after {
        After::ReleaseAndUnshare => false,
        _ if is_inside && order == Order::ShareOne => true,
        // A forgotten place cannot be told to be shared any more.
        After::ForgetPlace if !is_inside => false,
        _ => is_shared(order, true),
    };
    // It goes on to another place, which the owner never named.
    let goes_on = after == After::ReleaseAndMore;
    let is_other_shared = is_shared(order, false);
    // The release was for what was private at the time, and the owner's last word counts.
    let is_place_open = is_place_shared || (is_released && after != After::ReleaseAndUnshare);
    let words = is_home_shared && (!touched || is_place_open) && (!goes_on || is_other_shared);
    let is_told = is_given && !is_place_shared;
    let all = (!is_there || is_place_shared) && !is_told && (!goes_on || is_other_shared);
    // What was not, or not only, read is forgotten, left out, or in another session.
    let is_kept = matches!(after, After::Nothing | After::Continue) || is_released;
    // A title may be made from what is hidden.
    let is_talk_only = touched && is_released && !is_place_shared;
    let elsewhere = words && is_place_shared;
    let narrow_elsewhere = elsewhere && !is_there;
    Expected {
        words,
        title: words && all && !is_talk_only,
        narrow: words,
        narrow_title: words && !is_there && !is_told && !goes_on && !is_talk_only,
        elsewhere: (is_kept || !elsewhere).then_some(elsewhere),
        narrow_elsewhere: (is_kept || !narrow_elsewhere).then_some(narrow_elsewhere),
    }
}
