//! The statements of lists. `$1` is the account, `($2, $3)` the cursor, `$4` the limit, `$5` a category, a feed or a tag.

use super::Plan;
use crate::store::access::may_read;
use crate::store::dialect::Either;
use crate::store::repeat::{is_no_repeat, is_unread};
use crate::store::trash::{is_kept, is_listed};

/// Whether an article is no repeat of one that is in the same category, and not in the trash.
macro_rules! is_no_repeat_here {
    ($article:literal) => {
        concat!(
            "(SELECT 1 FROM repeated r JOIN subscription q ON q.account_id = r.account_id AND q.feed_id = r.first_feed_id \
              AND q.category_id = $5 WHERE r.account_id = $1 AND r.article_id = ",
            $article,
            ") IS NULL AND ",
            is_kept!("$1", $article)
        )
    };
}

/// The columns of a list around the ids of a page.
macro_rules! columns_of {
    ($page:expr, $direction:literal) => {
        concat!(
            "WITH page AS (",
            $page,
            " ORDER BY at ",
            $direction,
            ", id ",
            $direction,
            " LIMIT $4 + 0) ",
            "SELECT p.at, a.id, a.feed_id, COALESCE(s.title, f.title) AS feed_title, \
             COALESCE(s.plain_tile, FALSE) AS plain_tile, COALESCE(v.title, a.title) AS title, \
             a.url, a.author, COALESCE(v.excerpt, a.excerpt) AS excerpt, a.language, a.lead_image, \
             COALESCE(v.words, a.words) AS words, COALESCE(v.cjk_chars, a.cjk_chars) AS cjk_chars, \
             a.published_at, a.sort_at, \
             a.partial, ",
            is_unread!(),
            " AS unread, \
             EXISTS (SELECT 1 FROM starred t WHERE t.account_id = $1 AND t.article_id = a.id) AS starred, \
             EXISTS (SELECT 1 FROM later l WHERE l.account_id = $1 AND l.article_id = a.id) AS later \
             FROM page p CROSS JOIN article a CROSS JOIN feed f \
             LEFT JOIN subscription s ON s.account_id = $1 AND s.feed_id = f.id \
             LEFT JOIN pinned v ON v.account_id = $1 AND v.article_id = a.id \
             WHERE a.id = p.id AND f.id = a.feed_id ORDER BY p.at ",
            $direction,
            ", p.id ",
            $direction
        )
    };
}

/// A list with one text for both databases: what comes before the cursor's comparison, the columns that it compares,
/// and what comes after.
macro_rules! list {
    ($before:literal, $columns:literal, $after:expr) => {
        Plan {
            newest_first: same(columns_of!(concat!($before, " ", $columns, " < ($2, $3)", $after), "DESC")),
            oldest_first: same(columns_of!(concat!($before, " ", $columns, " > ($2, $3)", $after), "ASC")),
        }
    };
}

/// A list that merges the newest (or oldest) articles of each feed. SQLite looks rows up by a list of ids for each
/// feed; PostgreSQL cannot plan that and has LATERAL, which SQLite lacks.
macro_rules! merged {
    ($feeds:literal, $no_repeat:expr) => {
        Plan {
            newest_first: merged!($feeds, $no_repeat, "<", "DESC"),
            oldest_first: merged!($feeds, $no_repeat, ">", "ASC"),
        }
    };
    ($feeds:literal, $no_repeat:expr, $compare:literal, $direction:literal) => {
        Either {
            sqlite: columns_of!(
                concat!(
                    "SELECT m.sort_at AS at, m.id AS id FROM subscription o CROSS JOIN article m WHERE ",
                    $feeds,
                    " AND m.id IN (SELECT x.id FROM article x WHERE x.feed_id = o.feed_id AND (x.sort_at, x.id) ",
                    $compare,
                    " ($2, $3) AND ",
                    $no_repeat,
                    " ORDER BY x.sort_at ",
                    $direction,
                    ", x.id ",
                    $direction,
                    " LIMIT $4 + 0)"
                ),
                $direction
            ),
            postgres: columns_of!(
                concat!(
                    "SELECT m.sort_at AS at, m.id AS id FROM subscription o CROSS JOIN LATERAL \
                     (SELECT x.sort_at, x.id FROM article x WHERE x.feed_id = o.feed_id AND (x.sort_at, x.id) ",
                    $compare,
                    " ($2, $3) AND ",
                    $no_repeat,
                    " ORDER BY x.sort_at ",
                    $direction,
                    ", x.id ",
                    $direction,
                    " LIMIT $4 + 0) m WHERE ",
                    $feeds
                ),
                $direction
            ),
        }
    };
}

const fn same(text: &'static str) -> Either {
    Either { sqlite: text, postgres: text }
}

pub(super) const UNREAD: Plan =
    list!("SELECT sort_at AS at, article_id AS id FROM unread WHERE account_id = $1 AND", "(sort_at, article_id)", "");

pub(super) const UNREAD_FEED: Plan = list!(
    "SELECT sort_at AS at, article_id AS id FROM unread WHERE account_id = $1 AND feed_id = $5 AND",
    "(sort_at, article_id)",
    ""
);

/// For categories with much that is unread: by date, passing over other categories. A scalar subquery and no EXISTS
/// here and below, because SQLite may turn an EXISTS into a join and then begin at its far end.
pub(super) const UNREAD_CATEGORY_WALKED: Plan = list!(
    "SELECT n.sort_at AS at, n.article_id AS id FROM unread n WHERE n.account_id = $1 AND",
    "(n.sort_at, n.article_id)",
    " AND (SELECT o.category_id FROM subscription o WHERE o.account_id = $1 AND o.feed_id = n.feed_id) = $5"
);

/// For categories with little that is unread: all of it, sorted.
pub(super) const UNREAD_CATEGORY_SORTED: Plan = list!(
    "SELECT n.sort_at AS at, n.article_id AS id FROM subscription o CROSS JOIN unread n \
     WHERE o.account_id = $1 AND o.category_id = $5 AND n.account_id = $1 AND n.feed_id = o.feed_id AND",
    "(n.sort_at, n.article_id)",
    ""
);

/// For many feeds: by date, passing over what is not followed.
pub(super) const ALL_WALKED: Plan = list!(
    "SELECT m.sort_at AS at, m.id AS id FROM article m WHERE",
    "(m.sort_at, m.id)",
    concat!(
        " AND (SELECT 1 FROM subscription o WHERE o.account_id = $1 AND o.feed_id = m.feed_id) = 1 AND ",
        is_listed!("$1", "m.id")
    )
);

pub(super) const ALL_MERGED: Plan = merged!("o.account_id = $1", is_listed!("$1", "x.id"));

pub(super) const CATEGORY_WALKED: Plan = list!(
    "SELECT m.sort_at AS at, m.id AS id FROM article m WHERE",
    "(m.sort_at, m.id)",
    concat!(
        " AND (SELECT o.category_id FROM subscription o WHERE o.account_id = $1 AND o.feed_id = m.feed_id) = $5 AND ",
        is_no_repeat_here!("m.id")
    )
);

pub(super) const CATEGORY_MERGED: Plan =
    merged!("o.account_id = $1 AND o.category_id = $5", is_no_repeat_here!("x.id"));

pub(super) const FEED: Plan = list!(
    "SELECT m.sort_at AS at, m.id AS id FROM article m \
     WHERE m.feed_id = $5 AND EXISTS (SELECT 1 FROM subscription o WHERE o.account_id = $1 AND o.feed_id = $5) AND",
    "(m.sort_at, m.id)",
    concat!(" AND ", is_kept!("$1", "m.id"))
);

pub(super) const STARRED: Plan = list!(
    "SELECT marked_at AS at, article_id AS id FROM starred WHERE account_id = $1 AND",
    "(marked_at, article_id)",
    ""
);

pub(super) const STARRED_UNREAD: Plan = list!(
    "SELECT k.marked_at AS at, k.article_id AS id FROM starred k WHERE k.account_id = $1 AND",
    "(k.marked_at, k.article_id)",
    " AND EXISTS (SELECT 1 FROM unread n WHERE n.article_id = k.article_id AND n.account_id = $1)"
);

pub(super) const LATER: Plan = list!(
    "SELECT marked_at AS at, article_id AS id FROM later WHERE account_id = $1 AND",
    "(marked_at, article_id)",
    ""
);

pub(super) const LATER_UNREAD: Plan = list!(
    "SELECT k.marked_at AS at, k.article_id AS id FROM later k WHERE k.account_id = $1 AND",
    "(k.marked_at, k.article_id)",
    " AND EXISTS (SELECT 1 FROM unread n WHERE n.article_id = k.article_id AND n.account_id = $1)"
);

pub(super) const HISTORY: Plan = list!(
    "SELECT opened_at AS at, article_id AS id FROM opened WHERE account_id = $1 AND",
    "(opened_at, article_id)",
    concat!(" AND ", is_kept!("$1", "opened.article_id"))
);

pub(super) const HISTORY_UNREAD: Plan = list!(
    "SELECT k.opened_at AS at, k.article_id AS id FROM opened k WHERE k.account_id = $1 AND",
    "(k.opened_at, k.article_id)",
    " AND EXISTS (SELECT 1 FROM unread n WHERE n.article_id = k.article_id AND n.account_id = $1)"
);

pub(super) const TAG: Plan = list!(
    "SELECT marked_at AS at, article_id AS id FROM tagged WHERE account_id = $1 AND tag_id = $5 AND",
    "(marked_at, article_id)",
    ""
);

pub(super) const TAG_UNREAD: Plan = list!(
    "SELECT k.marked_at AS at, k.article_id AS id FROM tagged k WHERE k.account_id = $1 AND k.tag_id = $5 AND",
    "(k.marked_at, k.article_id)",
    " AND EXISTS (SELECT 1 FROM unread n WHERE n.article_id = k.article_id AND n.account_id = $1)"
);

/// Everything that may be read, in whatever way.
pub(super) const WHOLE: Plan = list!(
    "SELECT a.sort_at AS at, a.id AS id FROM article a WHERE",
    "(a.sort_at, a.id)",
    concat!(" AND ", is_no_repeat!("$1", "a.id"), " AND ", may_read!())
);

/// The articles of a list of ids, `$5`, that are known to be the account's to read.
pub(super) const THESE: Plan = list!(
    // A cross join is walked in this order by SQLite: from the list, and not through all articles by date.
    "SELECT m.sort_at AS at, m.id AS id FROM json_each($5) j CROSS JOIN article m WHERE m.id = j.value AND",
    "(m.sort_at, m.id)",
    ""
);

/// Names each list in both orders.
macro_rules! named {
    ($($plan:ident),+ $(,)?) => {
        &[$(
            (concat!("list::", stringify!($plan), " newest first"), $plan.newest_first),
            (concat!("list::", stringify!($plan), " oldest first"), $plan.oldest_first),
        )+]
    };
}

/// The statements of this file.
pub(in crate::store) const ALL: &[(&str, Either)] = named![
    UNREAD,
    UNREAD_FEED,
    UNREAD_CATEGORY_WALKED,
    UNREAD_CATEGORY_SORTED,
    ALL_WALKED,
    ALL_MERGED,
    CATEGORY_WALKED,
    CATEGORY_MERGED,
    FEED,
    STARRED,
    STARRED_UNREAD,
    LATER,
    LATER_UNREAD,
    HISTORY,
    HISTORY_UNREAD,
    TAG,
    TAG_UNREAD,
    WHOLE,
    THESE,
];
