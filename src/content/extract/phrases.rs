//! What lines say that are no part of an article.

/// Beginnings of lines that lead to other stories, in lower case.
const OTHER_STORIES: &[&str] = &[
    "related:",
    "related coverage",
    "related articles",
    "related stories",
    "related news",
    "related posts",
    "related topics",
    "related content",
    "related reading",
    "related links",
    "read more:",
    "read more on",
    "read also",
    "top stories",
    "in other news",
    "explore more on",
    "editor's picks",
    "editor’s picks",
    "also read",
    "read next",
    "up next",
    "see also:",
    "more:",
    "you may also like",
    "you might also like",
    "you may also be interested",
    "more from ",
    "more articles from",
    "more on this",
    "more stories",
    "recommended for you",
    "recommended stories",
    "popular posts",
    "most popular",
    "most read",
    "trending",
    "dig deeper",
    "don't miss",
    "don’t miss",
    "lesen sie auch",
    "mehr zum thema",
    "das könnte sie auch interessieren",
    "à lire aussi",
    "lire aussi",
    "sur le même sujet",
    "lee también",
    "más información:",
    "noticias relacionadas",
    "artículos relacionados",
    "artigos relacionados",
    "articles similaires",
    "ähnliche artikel",
    "weitere artikel",
    "auch interessant",
    "potrebbe interessarti",
    "gerelateerde artikelen",
    "läs också",
    "läs mer:",
    "les også",
    "læs også",
    "lue myös",
    "czytaj też",
    "czytaj także",
    "zobacz też",
    "přečtěte si také",
    "čtěte také",
    "ilgili haberler",
    "baca juga",
    "xem thêm",
    "διαβάστε επίσης",
    "te puede interesar",
    "leia também",
    "leia mais",
    "veja também",
    "leggi anche",
    "lees ook",
    "читайте также",
    "читать также",
    "похожие статьи",
    "материалы по теме",
    "читайте також",
    "اقرأ أيضا",
    "اقرأ أيضًا",
    "اقرأ المزيد",
    "مواضيع ذات صلة",
    "مقالات ذات صلة",
    "أخبار ذات صلة",
    "כתבות נוספות",
    "כתבות קשורות",
    "קראו גם",
    "קראו עוד",
    "עוד בנושא",
    "بیشتر بخوانید",
    "مطالب مرتبط",
    "اخبار مرتبط",
    "همچنین بخوانید",
    "ข่าวที่เกี่ยวข้อง",
    "บทความที่เกี่ยวข้อง",
    "อ่านเพิ่มเติม",
    "也读：",
    "往期推荐",
    "精彩推荐",
    "相关阅读",
    "相关新闻",
    "相关文章",
    "相关推荐",
    "相关报道",
    "延伸阅读",
    "推荐阅读",
    "热门推荐",
    "猜你喜欢",
    "更多推荐",
    "往期回顾",
    "往期精选",
    "相關新聞",
    "相關文章",
    "延伸閱讀",
    "推薦閱讀",
    "更多新聞",
    "関連記事",
    "あわせて読みたい",
    "こちらもおすすめ",
    "관련기사",
    "관련 기사",
];

/// Beginnings of lines that ask for something or are the small print, in lower case.
const PROMOTIONS: &[&str] = &[
    "click here to ",
    "click here for ",
    "sign up for",
    "sign up to",
    "sign up here",
    "subscribe to ",
    "subscribe now",
    "subscribe today",
    "follow us on",
    "follow us @",
    "like us on",
    "join our ",
    "share this",
    "share on ",
    "share via ",
    "continue reading below",
    "story continues below",
    "article continues below",
    "scroll to continue",
    "skip advertisement",
    "after newsletter promotion",
    "il vous reste ",
    "temps de lecture",
    "no spam. unsubscribe",
    "type your email",
    "click to share on",
    "advertisement",
    "tell us what you think",
    "post comment",
    "post a comment",
    "leave a comment",
    "loading content",
    "copyright ©",
    "copyright 20",
    "© 20",
    "© copyright",
    "all rights reserved",
    "this document is subject to copyright",
    "get the latest",
    "get breaking news",
    "breaking news emails",
    "let our news meet",
    "download our app",
    "thank you for reading",
    "thanks for reading",
    "have a tip",
    "have a news tip",
    "got a tip",
    "first published:",
    "the contents of this site are",
    "report a typo",
    "support our journalism",
    "atenção: comentários",
    "责任编辑",
    "（责任编辑",
    "(责任编辑",
    "【责任编辑",
    "[责任编辑",
    "责编：",
    "（责编",
    "(责编",
    "编辑：",
    "（编辑",
    "(编辑",
    "审核：",
    "免责声明",
    "版权声明",
    "特别声明",
    "郑重声明",
    "声明：",
    "版权归",
    "未经授权",
    "未经许可",
    "扫一扫",
    "点击上方",
    "喜欢就点个",
    "点个“在看”",
    "点个在看",
    "扫描二维码",
    "长按二维码",
    "更多精彩",
    "欢迎关注",
    "关注我们",
    "分享到",
    "分享：",
    "点击进入专题",
    "返回搜狐",
    "返回顶部",
    "打开app",
    "打开网易新闻",
    "責任編輯",
    "版權聲明",
    "免責聲明",
    "分享至",
    "追蹤我們",
    "この記事をシェア",
    "シェアする",
    "무단전재",
    "저작권자",
];

/// Whole lines that are labels of a page's furniture, in lower case.
const LABELS: &[&str] = &[
    "advert",
    "advertisement",
    "ad",
    "ads",
    "comments",
    "comment",
    "share",
    "share this",
    "tags",
    "tag",
    "more",
    "subscribe",
    "sign up",
    "follow",
    "print",
    "email",
    "save",
    "home",
    "facebook",
    "twitter",
    "whatsapp",
    "pinterest",
    "linkedin",
    "reddit",
    "popular",
    "latest",
    "广告",
    "分享",
    "收藏",
    "打印",
    "评论",
    "举报",
    "点赞",
    "字号",
    "关注",
    "转发",
    "微信",
    "微博",
    "廣告",
    "留言",
    "広告",
    "シェア",
    "ツイート",
    "コメント",
    "공유",
    "댓글",
    "partager",
    "compartir",
    "compartilhar",
    "condividi",
    "teilen",
    "delen",
    "dela",
    "paylaş",
    "поделиться",
    "شارك",
    "مشاركة",
    "שתפו",
    "اشتراک‌گذاری",
    "แชร์",
    "إعلان",
    "פרסומת",
    "โฆษณา",
    "광고",
    "anzeige",
    "werbung",
    "publicidade",
    "publicidad",
    "реклама",
];

/// Whether a line announces other stories.
pub(super) fn leads_to_other_stories(line: &str) -> bool {
    begins_with(line, OTHER_STORIES)
}

/// Whether a line asks for something, is small print or a label of the page's furniture.
pub(super) fn is_promotion(line: &str) -> bool {
    begins_with(line, PROMOTIONS) || {
        let bare = line.trim_matches(|c: char| !c.is_alphanumeric());
        bare.len() < 40 && (LABELS.contains(&bare.to_lowercase().as_str()) || is_reading_time(bare))
    }
}

/// “6 min read”, “阅读4分钟”: how long a page thinks that it takes.
fn is_reading_time(line: &str) -> bool {
    let line = line.to_lowercase();
    let words = line.trim_matches(|c: char| c.is_ascii_digit() || c.is_whitespace());
    words.len() < line.len()
        && matches!(
            words,
            "min read"
                | "mins read"
                | "minute read"
                | "minutes read"
                | "min. read"
                | "min de lecture"
                | "min lesezeit"
                | "minuten lesezeit"
                | "min de lectura"
                | "мин чтения"
                | "分钟阅读"
                | "分で読めます"
                | "分で読了"
        )
}

fn begins_with(line: &str, phrases: &[&str]) -> bool {
    let line = line.trim_start_matches(|c: char| !c.is_alphanumeric() && !"（([【©".contains(c));
    let start: String = line.chars().take(48).flat_map(char::to_lowercase).collect();
    phrases.iter().any(|phrase| start.starts_with(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn furniture_is_told_from_sentences() {
        for line in [
            "Advertisement",
            "Click here to get the app",
            "© 2019 Example Corp.",
            "（责任编辑：王小明）",
            "Share",
            "分享到：",
        ] {
            assert!(is_promotion(line), "{line}");
        }
        for line in ["You may also like...", "RELATED: Ten other things", "相关阅读：另一篇文章"] {
            assert!(leads_to_other_stories(line), "{line}");
        }
        for line in
            ["Share prices fell sharply.", "Home is where the heart is.", "编辑部的故事", "Related work is scarce."]
        {
            assert!(!is_promotion(line) && !leads_to_other_stories(line), "{line}");
        }
    }
}
