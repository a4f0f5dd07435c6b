//! Taking tracking parameters out of addresses.

use super::WebUrl;

/// Beginnings of parameter names that only follow readers.
const PREFIXES: &[&str] = &["utm_", "mtm_", "matomo_", "hsa_", "oly_", "pk_", "piwik_", "stm_", "vero_", "_hs", "itm_"];

/// Whole names of such parameters. `ref` and `source` are not among them: for many sites they decide what is shown.
const NAMES: &[&str] = &[
    "__hsfp",
    "__hssc",
    "__hstc",
    "__s",
    "_branch_match_id",
    "_ga",
    "_gl",
    "_ke",
    "_openstat",
    "cmpid",
    "dclid",
    "dm_i",
    "efid",
    "epik",
    "fb_action_ids",
    "fb_action_types",
    "fb_comment_id",
    "fb_ref",
    "fb_source",
    "fbclid",
    "gad_campaignid",
    "gad_source",
    "gbraid",
    "gclid",
    "gclsrc",
    "guce_referrer",
    "guce_referrer_sig",
    "guccounter",
    "hmb_campaign",
    "hmb_medium",
    "hmb_source",
    "hsctatracking",
    "igsh",
    "igshid",
    "li_fat_id",
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "ml_subscriber",
    "ml_subscriber_hash",
    "msclkid",
    "ncid",
    "s_cid",
    "s_kwcid",
    "sc_channel",
    "share_from",
    "spm_id_from",
    "srsltid",
    "ttclid",
    "twclid",
    "tw_campaign",
    "tw_term",
    "wbraid",
    "wickedid",
    "wt_mc",
    "xtor",
    "yclid",
    "ysclid",
];

/// `at_` begins honest names too; these are the ones that Piano (AT Internet) uses.
fn is_piano(name: &str) -> bool {
    matches!(
        name,
        "at_campaign"
            | "at_medium"
            | "at_link_id"
            | "at_link_origin"
            | "at_link_type"
            | "at_format"
            | "at_bbc_team"
            | "at_ptr_name"
            | "at_recipient_id"
            | "at_recipient_list"
    )
}

fn is_tracking(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
    // Of an ampersand that was escaped once too often.
    let name = name.strip_prefix("amp;").unwrap_or(&name);
    if name.starts_with("at_") {
        return is_piano(name);
    }
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

impl WebUrl {
    /// This address without the parameters by which campaigns and social networks follow readers.
    ///
    /// The others keep their order and spelling, so that the address still means the same to its server.
    pub fn without_tracking(&self) -> WebUrl {
        let query = self.as_url().query().unwrap_or_default();
        let fragment = self.as_url().fragment().unwrap_or_default();
        // Ghost writes the name of the linking site into `ref`; here it names the site itself.
        let own = |pair: &str| pair.strip_prefix("ref=").is_some_and(|host| host.eq_ignore_ascii_case(self.host()));
        let tracks = |pair: &str| is_tracking(pair) || own(pair);
        // Some put the parameters where only scripts see them.
        let fragment_tracks = fragment.contains('=') && fragment.split('&').all(is_tracking);
        if !fragment_tracks && !query.split('&').any(tracks) {
            return self.clone();
        }
        let kept: Vec<&str> = query.split('&').filter(|pair| !tracks(pair)).collect();
        let mut url = self.as_url().clone();
        url.set_query((!kept.is_empty()).then(|| kept.join("&")).as_deref().filter(|query| !query.is_empty()));
        if fragment_tracks {
            url.set_fragment(None);
        }
        // Shorter than before and with the same scheme and host, so it stays an address of the web.
        WebUrl::try_from(url).unwrap_or_else(|_| self.clone())
    }

    /// This address in a form that survives a move to https or to another spelling of the host: without tracking, scheme,
    /// `www.` and a slash at its end. To be compared, not to be fetched.
    pub fn bare(&self) -> String {
        let clean = self.without_tracking();
        let rest = clean.as_str().split_once("://").map_or("", |(_, rest)| rest);
        rest.strip_prefix("www.").unwrap_or(rest).trim_end_matches('/').to_owned()
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::WebUrl;

    #[test]
    fn only_tracking_parameters_are_taken_out() {
        for (before, after) in [
            ("https://a.example/x?utm_source=feed&UTM_Medium=rss", "https://a.example/x"),
            ("https://a.example/x?id=1&fbclid=abc&b=%20c", "https://a.example/x?id=1&b=%20c"),
            ("https://a.example/x?ref=home&source=2", "https://a.example/x?ref=home&source=2"),
            ("https://a.example/x?at_campaign=rss&at_home=1#part", "https://a.example/x?at_home=1#part"),
            ("https://a.example/x#utm_source=feed&utm_medium=rss", "https://a.example/x"),
            ("https://a.example/x?utm_source=feed&amp;utm_medium=rss&amp;id=1", "https://a.example/x?amp;id=1"),
            ("https://a.example/x?b&a=&a=2", "https://a.example/x?b&a=&a=2"),
        ] {
            let url = WebUrl::parse(before).map(|url| url.without_tracking().to_string());
            assert_eq!(url.as_deref(), Ok(after));
        }
    }
}
