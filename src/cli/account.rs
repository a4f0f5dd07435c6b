//! Whose articles a command works on.

use crate::store::{Account, Db, StoreError};

/// `--user NAME`, as several commands take it.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct UserArg {
    /// Whose articles [default: the only account, or the first administrator].
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
}

/// Why no account could be chosen.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// There is none at all.
    #[error("there is no account yet; make one with `gleaner user add NAME --admin`, or open the web page")]
    None,
    /// There is none of this name.
    #[error("there is no account called “{name}”; there are: {}", known.join(", "))]
    Unknown {
        /// The name that was given.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// Several accounts, and none is an administrator's.
    #[error("several accounts and no administrator; name one with --user: {}", .0.join(", "))]
    Unclear(Vec<String>),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The account that `given` names; without a name the only account, else the first administrator.
pub async fn choose(db: &Db, given: Option<&str>) -> Result<Account, AccountError> {
    let mut accounts = db.accounts().await?;
    let names = |accounts: &[Account]| accounts.iter().map(|account| account.name.clone()).collect();
    if let Some(name) = given {
        if let Some(account) = db.account_by_name(name).await? {
            return Ok(account);
        }
        if accounts.is_empty() {
            return Err(AccountError::None);
        }
        return Err(AccountError::Unknown { name: name.to_owned(), known: names(&accounts) });
    }
    match accounts.len() {
        0 => Err(AccountError::None),
        1 => Ok(accounts.remove(0)),
        // Accounts come in the order in which they were made.
        _ => match accounts.iter().position(|account| account.is_admin) {
            Some(at) => Ok(accounts.remove(at)),
            None => Err(AccountError::Unclear(names(&accounts))),
        },
    }
}
