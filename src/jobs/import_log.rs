//! What an import brings, noted while it goes on, so that it can be taken back as a whole.

use crate::app::App;
use crate::domain::{AccountId, ArticleId};
use crate::store::{Holdings, Imported, Marks, StoreError};

/// The notes of one import of one account.
#[derive(Debug)]
pub struct ImportLog<'a> {
    app: &'a App,
    account: AccountId,
    before: Holdings,
    imported: Imported,
}

impl<'a> ImportLog<'a> {
    /// Begins an import, by looking at what the account has.
    pub async fn begin(app: &'a App, account: AccountId) -> Result<Self, StoreError> {
        let before = app.db.holdings(account).await?;
        Ok(Self { app, account, before, imported: Imported::default() })
    }

    /// Notes articles that were added just now, and every mark on them: nobody else can have set one.
    pub(super) async fn added(&mut self, articles: &[ArticleId]) -> Result<(), StoreError> {
        if !articles.is_empty() {
            let marks = self.app.db.marks_of(self.account, articles).await?;
            self.imported.marks.append(marks);
            self.imported.articles.extend_from_slice(articles);
        }
        Ok(())
    }

    /// Notes marks on articles that were there, by what was marked before.
    pub(super) async fn marked(&mut self, articles: &[ArticleId], before: &Marks) -> Result<(), StoreError> {
        if !articles.is_empty() {
            let marks = self.app.db.marks_of(self.account, articles).await?;
            self.imported.marks.append(marks.since(before));
        }
        Ok(())
    }

    /// Notes that articles which were there got a version.
    pub fn changed(&mut self, count: usize) {
        self.imported.changed += count;
    }

    /// Notes the name by which the database knows a whole account.
    pub(super) fn account_file(&mut self, name: String) {
        self.imported.account_file = Some(name);
    }

    /// Ends the import. The number that takes it back; `None` if it brought nothing.
    pub async fn close(mut self, name: String) -> Result<Option<i64>, StoreError> {
        self.imported.new = self.app.db.holdings(self.account).await?.since(&self.before);
        self.imported.name = name;
        if self.imported.is_nothing() {
            return Ok(None);
        }
        let now = self.app.clock.now();
        self.app.db.note_import(self.account, &self.imported, now).await.map(Some)
    }
}
