//! `gleaner add`: follow a feed or a site, or keep a page.

use std::process::ExitCode;

use super::account::{UserArg, choose};
use super::{CliError, count, in_words, open};
use crate::app::App;
use crate::config::Settings;
use crate::domain::{AccountId, CategoryId, WebUrl};
use crate::feed::discovery::known_feeds;
use crate::jobs::refresh::Ended;
use crate::jobs::save::save_page;
use crate::jobs::subscribe::{AddError, Found, FoundFeed, FoundPage, follow, look};

/// What to add, and for whom.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  gleaner add example.org                    find the site's feed and follow it
  gleaner add https://example.org/feed.xml   follow this feed
  gleaner add https://example.org/2026/tea   keep this page")]
pub struct AddArgs {
    /// The address of a feed, a site or a page.
    url: String,
    /// Follow the site's feed, even if the address is that of an article.
    #[arg(long, conflicts_with = "save")]
    follow: bool,
    /// Keep the page, even if its site has feeds.
    #[arg(long)]
    save: bool,
    /// The category for the feed; made if it is not there.
    #[arg(long, value_name = "NAME")]
    category: Option<String>,
    #[command(flatten)]
    user: UserArg,
}

/// What is done with an address.
#[derive(Debug, PartialEq)]
enum Choice<'a> {
    Follow(&'a FoundFeed),
    Keep(&'a FoundPage),
}

/// Runs the command.
pub async fn run(settings: Settings, args: AddArgs) -> Result<ExitCode, CliError> {
    let app = open(settings).await?;
    let done = add(&app, &args).await;
    app.close().await;
    done
}

async fn add(app: &App, args: &AddArgs) -> Result<ExitCode, CliError> {
    let account = choose(&app.db, args.user.user.as_deref()).await?.id;
    let found = look(app, account, &args.url).await.map_err(|error| in_the_terminal(&args.url, error))?;
    let typed = WebUrl::from_typed(&args.url).map_err(AddError::from)?;
    match choose_between(&found, &typed, args) {
        Some(Choice::Follow(feed)) => {
            let category = match &args.category {
                Some(title) => Some(app.db.category_by_title_or_create(account, title).await?),
                None => None,
            };
            follow_and_tell(app, account, feed, category).await?;
            let others: Vec<_> = found.feeds.iter().filter(|other| other.url != feed.url).collect();
            if !others.is_empty() {
                println!("\nThe site has more; follow one with `gleaner add ADDRESS`:");
            }
            for other in others {
                println!("  {}  {}", other.url.masked(), other.title);
            }
        }
        Some(Choice::Keep(page)) => {
            let known = page.kept.is_some();
            let id = save_page(app, account, &page.url).await.map_err(|error| in_the_terminal(&args.url, error))?;
            let title = if page.title.is_empty() { page.url.masked() } else { page.title.clone() };
            println!("{} “{title}” (article {id}).", if known { "Already kept:" } else { "Kept" });
            if page.excerpt.is_empty() {
                println!("There was nothing to read on it, so only its address is kept.");
            }
            if let Some(feed) = found.feeds.first() {
                println!("Its site has a feed; `gleaner add {}` follows it.", feed.url.masked());
            }
        }
        None => {
            return Err(CliError::Failed(format!(
                "no feed was found at {}; leave --follow out to keep the page",
                typed.masked()
            )));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A failure with the address that was typed, in words.
fn in_the_terminal(typed: &str, error: AddError) -> CliError {
    match error {
        AddError::Fetch(failure) => {
            let address = WebUrl::from_typed(typed).map_or_else(|_| typed.to_owned(), |url| url.masked());
            CliError::Failed(format!("{address}: {}", in_words(failure)))
        }
        other => other.into(),
    }
}

/// Follows where the address is a feed or a site's front page, and keeps where it is one of the site's pages.
fn choose_between<'a>(found: &'a Found, typed: &WebUrl, args: &AddArgs) -> Option<Choice<'a>> {
    let keep = found.page.as_ref().map(Choice::Keep);
    let Some(feed) = found.feeds.first() else { return keep.filter(|_| !args.follow) };
    let Some(page) = &found.page else { return Some(Choice::Follow(feed)) };
    let same = |a: &WebUrl, b: &WebUrl| a.host() == b.host() && path_of(a) == path_of(b);
    let front_page = path_of(typed).is_empty()
        || feed.site_url.as_ref().is_some_and(|site| same(site, &page.url) || same(site, typed))
        || !known_feeds(typed).is_empty()
        || page.excerpt.is_empty();
    if args.follow || front_page && !args.save { Some(Choice::Follow(feed)) } else { keep }
}

fn path_of(url: &WebUrl) -> &str {
    url.as_url().path().trim_end_matches('/')
}

async fn follow_and_tell(
    app: &App,
    account: AccountId,
    feed: &FoundFeed,
    category: Option<CategoryId>,
) -> Result<(), CliError> {
    let title = if feed.title.is_empty() { feed.url.masked() } else { feed.title.clone() };
    if feed.followed.is_some() {
        println!("Already followed: {title}");
        return Ok(());
    }
    let (_, report) = follow(app, account, &feed.url, category).await?;
    println!("Followed “{title}” ({}).", feed.url.masked());
    match report.ended {
        Ended::Failed(failure) => println!("It could not be read yet ({}); it will be tried again.", in_words(failure)),
        _ => println!("{}, {} new.", count(report.entries, "entry"), report.added),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> WebUrl {
        WebUrl::parse(text).expect("an address")
    }

    fn args(url: &str) -> AddArgs {
        AddArgs { url: url.to_owned(), follow: false, save: false, category: None, user: UserArg::default() }
    }

    fn site(page: &str, excerpt: &str) -> Found {
        let feed = FoundFeed {
            url: url("https://e.org/feed"),
            title: "E".to_owned(),
            site_url: Some(url("https://e.org/blog/")),
            description: None,
            entries: 1,
            newest: None,
            per_week: None,
            samples: Vec::new(),
            followed: None,
        };
        let page = FoundPage {
            url: url(page),
            title: "P".to_owned(),
            excerpt: excerpt.to_owned(),
            site_name: None,
            kept: None,
        };
        Found { feeds: vec![feed], page: Some(page) }
    }

    #[test]
    fn a_front_page_is_followed_and_an_article_is_kept() {
        for (address, excerpt, follows) in [
            ("https://e.org/", "text", true),
            ("https://e.org/blog", "text", true),
            ("https://e.org/blog/tea", "text", false),
            ("https://e.org/app", "", true),
        ] {
            let found = site(address, excerpt);
            let choice = choose_between(&found, &url(address), &args(address));
            assert_eq!(matches!(choice, Some(Choice::Follow(_))), follows, "{address}");
        }
    }

    #[test]
    fn flags_decide_where_both_are_possible() {
        let found = site("https://e.org/", "text");
        let keep = AddArgs { save: true, ..args("https://e.org/") };
        assert!(matches!(choose_between(&found, &url("https://e.org/"), &keep), Some(Choice::Keep(_))));

        let found = site("https://e.org/tea", "text");
        let follow = AddArgs { follow: true, ..args("https://e.org/tea") };
        assert!(matches!(choose_between(&found, &url("https://e.org/tea"), &follow), Some(Choice::Follow(_))));
        assert_eq!(choose_between(&Found { feeds: Vec::new(), ..found }, &url("https://e.org/tea"), &follow), None);
    }
}
