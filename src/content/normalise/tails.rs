//! What feeds and sites put under a text about themselves.
//!
//! Only the very end is looked at, line by line, and only lines that are clearly no part of the text are cut: such that
//! say so in the words that programs use, are short, and leave most of the text standing.

use ego_tree::NodeId;

use super::titles::{essence, is_essence};
use crate::content::tree::{Fragment, collapse};
use crate::domain::WebUrl;

/// The longest tail, in characters.
const MAX_TAIL: usize = 300;

/// The longest text of a link in a relay's note, in characters: a name or an address.
const MAX_LINK: usize = 40;

/// How many lines are looked at.
const MAX_LINES: usize = 8;

/// Cuts promotional tails.
pub(super) fn cut_tails(fragment: &mut Fragment, url: Option<&WebUrl>) {
    for _ in 0..MAX_LINES {
        if !cut_relay_note(fragment) && !cut_last_line(fragment, url) {
            break;
        }
        drop_trailing_rules(fragment);
    }
    cut_notice_above_links(fragment);
}

/// A fenced notice counts as the end too where nothing but links to other articles follows it.
fn cut_notice_above_links(fragment: &mut Fragment) {
    let holder = innermost_holder(fragment);
    let shown: Vec<NodeId> = fragment.children(holder).into_iter().filter(|child| !fragment.is_blank(*child)).collect();
    let after = shown.iter().rev().take(MAX_LINES).take_while(|id| is_all_link(fragment, **id)).count();
    let Some(notice) = shown.len().checked_sub(after + 1).map(|at| shown[at]) else { return };
    if after > 0 && is_fenced_notice(fragment, &[notice]) && leaves_enough(fragment, &[notice]) {
        fragment.detach(notice);
    }
}

fn is_all_link(fragment: &Fragment, id: NodeId) -> bool {
    let links = links_inside(fragment, id);
    let linked: usize = links.iter().map(|link| fragment.text(*link).chars().count()).sum();
    !links.is_empty() && !fragment.shows_something(id) && linked >= fragment.text(id).chars().count()
}

/// “获取更多RSS：” and the links after it, which relays of feeds add behind a rule.
fn cut_relay_note(fragment: &mut Fragment) -> bool {
    let holder = innermost_holder(fragment);
    let children = fragment.children(holder);
    let Some(start) = children.iter().rposition(|child| is_relay_note(&fragment.text(*child))) else { return false };
    let text = collapse(&children[start..].iter().map(|id| fragment.text(*id)).collect::<Vec<_>>().join(" "));
    let links: Vec<usize> = children[start..]
        .iter()
        .flat_map(|id| links_inside(fragment, *id))
        .map(|link| fragment.text(link).chars().count())
        .collect();
    // A link that was never closed holds the text after it.
    if links.is_empty() || links.iter().any(|length| *length > MAX_LINK) {
        return false;
    }
    let links: usize = links.iter().sum();
    // The note is its own words and addresses; a sentence that only begins like one says more.
    let said = text.chars().count().saturating_sub(links);
    if text.chars().count() > MAX_TAIL || said > 40 || !leaves_enough(fragment, &children[start..]) {
        return false;
    }
    for id in &children[start..] {
        fragment.detach(*id);
    }
    true
}

fn is_relay_note(text: &str) -> bool {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).take(12).collect::<String>().to_lowercase();
    ["获取更多rss", "獲取更多rss", "更多rss订阅", "更多rss：", "getmorerss"].iter().any(|start| text.starts_with(start))
}

fn links_inside(fragment: &Fragment, id: NodeId) -> Vec<NodeId> {
    fragment
        .node(id)
        .map(|node| node.descendants().map(|inner| inner.id()).filter(|inner| fragment.name(*inner) == "a").collect())
        .unwrap_or_default()
}

/// The element in whose children the end of the text lies: wrappers around everything are looked through.
fn innermost_holder(fragment: &Fragment) -> NodeId {
    let mut current = fragment.body();
    loop {
        let shown: Vec<NodeId> =
            fragment.children(current).into_iter().filter(|child| !fragment.is_blank(*child)).collect();
        match shown.as_slice() {
            [only] if matches!(fragment.name(*only), "div" | "article" | "section" | "main") => current = *only,
            _ => return current,
        }
    }
}

/// Cuts the last line if it is no part of the text.
fn cut_last_line(fragment: &mut Fragment, url: Option<&WebUrl>) -> bool {
    let Some(line) = last_line(fragment) else { return false };
    let text = collapse(&line.iter().map(|id| fragment.text(*id)).collect::<Vec<_>>().join(" "));
    let has_link = line.iter().any(|id| fragment.name(*id) == "a" || !links_inside(fragment, *id).is_empty());
    let shows = line.iter().any(|id| fragment.shows_something(*id));
    let tail = is_separator(&text)
        || is_end(&text)
        || is_follow_box(&text)
        || (!shows
            && (is_first_appeared(&text) && has_link
                || (is_pointer_to_page(&text) || is_count_of_comments(&text))
                    && links_to_host_of(fragment, &line, url)
                || is_invitation(&text) && (has_link || !text.is_ascii())
                || is_row_of_buttons(fragment, &line, &text)
                || is_small_print(&text)
                || is_fenced_notice(fragment, &line)));
    if !tail || !leaves_enough(fragment, &line) {
        return false;
    }
    // A follow box often stands under its picture of a code to scan.
    let before = line.first().and_then(|id| fragment.prev_shown(*id));
    for id in line {
        let parent = fragment.parent(id);
        fragment.detach(id);
        drop_empty(fragment, parent);
    }
    if let Some(before) = before
        && is_follow_box(&text)
        && is_code_picture(fragment, before)
    {
        fragment.detach(before);
    }
    true
}

/// The nodes of the last line that shows something.
fn last_line(fragment: &Fragment) -> Option<Vec<NodeId>> {
    let mut current = fragment.body();
    for _ in 0..12 {
        let children = fragment.children(current);
        let end = children.iter().rposition(|child| !fragment.is_blank(*child))?;
        let last = children[end];
        if !fragment.is_block(last) {
            let start = children[..end]
                .iter()
                .rposition(|child| fragment.is_block(*child) || fragment.name(*child) == "br")
                .map_or(0, |start| start + 1);
            let line = children[start..=end].to_vec();
            // A paragraph of one line goes as a whole.
            let only = start == 0 || children[..start].iter().all(|child| fragment.is_blank(*child));
            return Some(if only && current != fragment.body() { vec![current] } else { line });
        }
        if matches!(
            fragment.name(last),
            "hr" | "table" | "pre" | "figure" | "blockquote" | "ul" | "ol" | "dl" | "details"
        ) {
            return None;
        }
        // A notice between two lines of dashes is looked at as a whole.
        if fragment.name(last) == "p" && is_fenced_notice(fragment, &[last]) {
            return Some(vec![last]);
        }
        current = last;
    }
    None
}

/// “— END —”, “（完）”: nothing follows.
fn is_end(text: &str) -> bool {
    text.chars().count() <= 12 && ["end", "theend", "完", "全文完", "本文完"].iter().any(|word| is_essence(text, word))
}

/// A line of nothing but dashes.
fn is_separator(text: &str) -> bool {
    text.chars().count() >= 3
        && text.chars().all(|c| {
            matches!(c, '=' | '-' | '_' | '*' | '—' | '–' | '~' | '·' | '•' | '＝' | '#' | '+') || c.is_whitespace()
        })
}

/// A short paragraph whose first and last lines are dashes.
fn is_fenced_notice(fragment: &Fragment, line: &[NodeId]) -> bool {
    let [only] = line else { return false };
    let text = fragment.text(*only);
    let parts: Vec<&str> = text.split(' ').collect();
    parts.len() >= 3
        && is_separator(parts[0])
        && is_separator(parts[parts.len() - 1])
        && text.chars().filter(|c| c.is_alphanumeric()).count() <= 80
}

/// “The post … appeared first on …” and its kin, which publishing programs add, in their languages: how the line begins,
/// and what it says then.
const FIRST_APPEARED: &[(&str, &str)] = &[
    ("the post ", " appeared first on "),
    ("the post ", " first appeared on "),
    ("the article ", " appeared first on "),
    ("the article ", " first appeared on "),
    ("l’article ", " est apparu en premier sur "),
    ("l'article ", " est apparu en premier sur "),
    ("der beitrag ", " erschien zuerst auf "),
    ("la entrada ", " aparece primero en "),
    ("la entrada ", " se publicó primero en "),
    ("o post ", " apareceu primeiro em "),
    ("o conteúdo ", " apareceu primeiro em "),
    ("l'articolo ", " proviene da "),
    ("l’articolo ", " proviene da "),
    ("l'articolo ", " sembra essere il primo su "),
    ("het bericht ", " verscheen eerst op "),
    ("inlägget ", " dök först upp på "),
    ("indlægget ", " blev først udgivet på "),
    ("innlegget ", " dukket først opp på "),
    ("artykuł ", " pochodzi z serwisu "),
    ("příspěvek ", " pochází z "),
    ("сообщение ", " появились сначала на "),
    ("запись ", " впервые появилась "),
    ("допис ", "явився спочатку на "),
    ("投稿 ", " に最初に表示されました"),
    ("", " yazısı ilk önce "),
    ("", " 에 처음 등장했습니다"),
    ("", " was originally published in "),
];

fn is_first_appeared(text: &str) -> bool {
    let lower = text.to_lowercase();
    let says = |(start, then): &(&str, &str)| lower.starts_with(start) && lower.contains(then);
    FIRST_APPEARED.iter().filter(|(start, _)| !start.is_empty()).any(says)
        || (lower.starts_with("this post first appeared on ") || lower.starts_with("this article first appeared on "))
            && text.chars().count() <= 120
        || (lower.contains(" was originally published in ") && lower.contains("continuing the conversation"))
        || FIRST_APPEARED[FIRST_APPEARED.len() - 3..][..2].iter().any(|(_, then)| lower.contains(then))
            && text.chars().count() <= 200
        || (text.contains("最先出现在") || text.contains("最早出现在") || text.contains("最先出現在"))
            && text.chars().count() <= 200
}

/// Addresses behind the buttons by which a text is shared.
const SHARING: &[&str] = &[
    "twitter.com/intent",
    "twitter.com/share",
    "x.com/intent",
    "facebook.com/sharer",
    "facebook.com/share.php",
    "linkedin.com/share",
    "pinterest.com/pin/create",
    "reddit.com/submit",
    "t.me/share",
    "telegram.me/share",
    "api.whatsapp.com/send",
    "wa.me/?text",
    "service.weibo.com/share",
    "line.me/lineit",
    "b.hatena.ne.jp/entry",
    "getpocket.com/save",
    "tumblr.com/share",
    "mailto:?",
];

/// A row of buttons that share the text, in whatever language they say so.
fn is_row_of_buttons(fragment: &Fragment, line: &[NodeId], text: &str) -> bool {
    let links: Vec<NodeId> = line.iter().flat_map(|id| links_inside(fragment, *id)).collect();
    let shares = |link: &NodeId| {
        fragment.attr(*link, "href").is_some_and(|href| SHARING.iter().any(|address| href.contains(address)))
    };
    !links.is_empty() && links.iter().all(shares) && text.chars().count() <= 160
}

/// “3 comments”, as a link to them.
fn is_count_of_comments(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "comment",
        "comments",
        "kommentar",
        "kommentare",
        "commentaire",
        "commentaires",
        "comentario",
        "comentarios",
        "comentários",
        "commenti",
        "reacties",
        "комментария",
        "комментариев",
        "条评论",
        "則留言",
        "件のコメント",
        "개의댓글",
    ];
    let word: String = text.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect();
    text.chars().count() <= 30 && text.chars().any(|c| c.is_ascii_digit()) && WORDS.contains(&word.as_str())
}

/// A line that only asks for a subscription.
fn is_invitation(text: &str) -> bool {
    const STARTS: &[&str] = &[
        "follow us on ",
        "follow me on ",
        "subscribe now",
        "subscribe to our newsletter",
        "sign up for our newsletter",
        "join our newsletter",
        "更多精彩内容",
        "更多精彩內容",
    ];
    let lower = text.to_lowercase();
    text.chars().count() <= 60 && STARTS.iter().any(|start| lower.starts_with(start))
}

/// The small print of Chinese sites: who may print the text again.
fn is_small_print(text: &str) -> bool {
    let asks = ["未经授权", "未经许可", "未經授權", "未經許可", "请注明出处", "請註明出處", "请注明来源"];
    let again = ["转载", "轉載"].iter().any(|word| text.contains(word));
    again && text.chars().count() <= 50 && asks.iter().any(|word| text.contains(word))
}

/// Whether there is a link and every link leads to the article's own site.
fn links_to_host_of(fragment: &Fragment, line: &[NodeId], url: Option<&WebUrl>) -> bool {
    let links: Vec<NodeId> = line.iter().flat_map(|id| links_inside(fragment, *id)).collect();
    !links.is_empty()
        && links.iter().all(|link| {
            let target = fragment.attr(*link, "href").and_then(|href| WebUrl::parse(href.trim()).ok());
            target.is_some_and(|target| url.is_none_or(|url| url.host() == target.host()))
        })
}

/// A link that only leads to the page the article is from.
fn is_pointer_to_page(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "阅读全文",
        "閱讀全文",
        "阅读原文",
        "閱讀原文",
        "查看原文",
        "查看全文",
        "点击查看原文",
        "点击阅读原文",
        "点此阅读原文",
        "原文链接",
        "原文連結",
        "继续阅读",
        "繼續閱讀",
        "read more",
        "weiterlesen",
        "lire la suite",
        "leer más",
        "leia mais",
        "continua a leggere",
        "lees verder",
        "czytaj dalej",
        "читать далее",
        "続きを読む",
        "더 보기",
        "read the full article",
        "read full article",
        "continue reading",
        "read the rest of this entry",
        "read on",
        "view original",
        "read original",
    ];
    let lower = text.to_lowercase();
    let names_site = ["read more at ", "read more on ", "weiterlesen bei ", "lire la suite sur "];
    WORDS.iter().any(|word| is_essence(text, &essence(word)))
        || text.chars().count() <= 50 && names_site.iter().any(|start| lower.starts_with(start))
}

/// “Follow our account”, with a code to scan or a name to search for.
fn is_follow_box(text: &str) -> bool {
    let ask = [
        "扫码",
        "扫一扫",
        "扫描",
        "长按",
        "長按",
        "掃描",
        "掃碼",
        "搜索",
        "欢迎关注",
        "歡迎關注",
        "请关注",
        "關注",
        "关注我们",
        "敬请关注",
        "点击关注",
        "关注公众号",
        "关注微信",
    ];
    let what = ["公众号", "公眾號", "微信号", "二维码", "二維碼", "微信公众", "视频号", "关注我们", "關注我們"];
    ask.iter().any(|word| text.contains(word))
        && what.iter().any(|word| text.contains(word))
        && text.chars().count() <= 80
}

/// A picture alone, square as codes to scan are, or named so.
fn is_code_picture(fragment: &Fragment, id: NodeId) -> bool {
    let images: Vec<NodeId> = fragment
        .node(id)
        .map(|node| node.descendants().map(|inner| inner.id()).filter(|inner| fragment.name(*inner) == "img").collect())
        .unwrap_or_default();
    let [image] = images.as_slice() else { return false };
    let said = [fragment.attr(*image, "alt"), fragment.attr(*image, "src"), fragment.attr(*image, "title")];
    let named = said.into_iter().flatten().any(|text| {
        let text = text.to_lowercase();
        ["qrcode", "qr_code", "qr-code", "erweima", "二维码", "二維碼"].iter().any(|word| text.contains(word))
    });
    named && fragment.text(id).is_empty()
}

/// Whether what remains is longer than what goes, or shows a picture.
fn leaves_enough(fragment: &Fragment, cut: &[NodeId]) -> bool {
    let all = fragment.text(fragment.body()).chars().count();
    let gone: usize = cut.iter().map(|id| fragment.text(*id).chars().count()).sum();
    all.saturating_sub(gone) > gone.min(MAX_TAIL) || {
        let pictures = |id| {
            fragment.node(id).map_or(0, |node| {
                node.descendants()
                    .filter(|inner| inner.value().as_element().is_some_and(|e| matches!(e.name(), "img" | "video")))
                    .count()
            })
        };
        pictures(fragment.body()) > cut.iter().map(|id| pictures(*id)).sum()
    }
}

fn drop_empty(fragment: &mut Fragment, mut parent: Option<NodeId>) {
    while let Some(id) = parent {
        if !fragment.is_blank(id) {
            break;
        }
        parent = fragment.parent(id);
        fragment.detach(id);
    }
}

/// Rules, breaks and empty blocks at the end, after something was cut there.
fn drop_trailing_rules(fragment: &mut Fragment) {
    let mut current = fragment.body();
    loop {
        let mut next = None;
        for child in fragment.children(current).into_iter().rev() {
            if fragment.is_blank(child) || fragment.name(child) == "hr" {
                fragment.detach(child);
            } else {
                next = Some(child).filter(|child| {
                    fragment.is_block(*child)
                        && matches!(fragment.name(*child), "div" | "section" | "article" | "main" | "p")
                });
                break;
            }
        }
        match next {
            Some(child) => current = child,
            None => return,
        }
    }
}
