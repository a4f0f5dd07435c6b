//! In which time zone what a reader wrote about dates is read, where no page is there to know it.

use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::app::App;
use crate::domain::{AccountId, zone_named};
use crate::store::StoreError;

/// What is looked at here of the settings that `web` keeps of an account.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Chosen {
    time_zone: Option<String>,
}

/// The time zone of an account: the one that it chose, else the server's.
pub async fn zone_of(app: &App, account: AccountId) -> Result<TimeZone, StoreError> {
    let settings = app.db.account_settings(account).await?;
    let chosen: Chosen = serde_json::from_str(&settings).unwrap_or_default();
    Ok(zone_named(chosen.time_zone.as_deref()))
}
