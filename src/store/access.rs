//! Who may read what: the one condition that every statement about an article of an account contains.

/// Whether account `$1` may read the article `a` of the statement around it: it follows its feed, or has opened,
/// starred, kept, tagged, highlighted or shared it, and has not thrown it away. What somebody has read stays theirs,
/// whatever they follow later.
macro_rules! may_read {
    () => {
        concat!(
            "(",
            $crate::store::trash::is_kept!("$1", "a.id"),
            " AND (EXISTS (SELECT 1 FROM subscription my WHERE my.account_id = $1 AND my.feed_id = a.feed_id) \
         OR EXISTS (SELECT 1 FROM opened my WHERE my.account_id = $1 AND my.article_id = a.id) \
         OR EXISTS (SELECT 1 FROM starred my WHERE my.account_id = $1 AND my.article_id = a.id) \
         OR EXISTS (SELECT 1 FROM later my WHERE my.account_id = $1 AND my.article_id = a.id) \
         OR EXISTS (SELECT 1 FROM tagged my WHERE my.article_id = a.id AND my.account_id = $1) \
         OR EXISTS (SELECT 1 FROM highlight my WHERE my.article_id = a.id AND my.account_id = $1) \
         OR EXISTS (SELECT 1 FROM share my WHERE my.article_id = a.id AND my.account_id = $1)))"
        )
    };
}

pub(super) use may_read;
